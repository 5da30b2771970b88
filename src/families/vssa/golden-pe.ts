import { packBeats } from '../../testbench/beats.ts';
import { checkExpected, inputColumns } from '../../testbench/golden-input.ts';
import type { Job, Outcome } from '../../testbench/job.ts';
import { peLeftBeats, peResultBeats, peRightBeats } from './format/streams.ts';
import { codeOf } from './format/words.ts';
import { writtenOf } from './golden-setup.ts';
import { highWeight, leftSignedAddress, rightSignedAddress } from './params.ts';
import type { PeParameters } from './params.ts';

/** Cycles from the last digit product to the sum, and from the first words to theirs. */
const latency = 2;

/**
 * The processing element on its own, as docs/vssa-array.md specifies it: it hands every word on, sums products, and
 * takes a cycle for each pair of digits.
 *
 * @throws Error for a job that does not follow the protocol
 */
export function goldenPe(
  _p: PeParameters,
  job: Job,
  blobs: ReadonlyMap<string, Uint8Array>,
): Outcome {
  const sign = { usual: 1, min: 0, max: 1 };
  const written = writtenOf(
    job,
    new Map([
      [leftSignedAddress, { name: 'the sign of left words', ...sign }],
      [rightSignedAddress, { name: 'the sign of right words', ...sign }],
    ]),
  );
  const left = inputColumns(job, 'left', peLeftBeats, blobs);
  const right = inputColumns(job, 'right', peRightBeats, blobs);
  const [leftHigh, leftLow, leftEight, first, last] = left;
  const [rightHigh, rightLow, rightEight] = right;
  const beats = last!.length;
  if (rightHigh!.length !== beats) {
    throw new Error(
      `The job has ${beats} left words but ${rightHigh!.length} right ones; every product needs one of each.`,
    );
  }
  if (beats === 0 || first![0] !== 1 || last![beats - 1] !== 1) {
    throw new Error('The first word of a job needs `first`, the final one `last`.');
  }
  const word = (high: number, low: number, eight: number): number =>
    eight * highWeight ** 2 + high * highWeight + low;
  const sums: number[] = [];
  let sum = 0;
  let steps = 0;
  for (let k = 0; k < beats; k++) {
    const a = word(leftHigh![k]!, leftLow![k]!, leftEight![k]!);
    const b = word(rightHigh![k]!, rightLow![k]!, rightEight![k]!);
    const product =
      codeOf(a, written(leftSignedAddress) === 1) * codeOf(b, written(rightSignedAddress) === 1);
    sum = ((first![k] === 1 ? 0 : sum) + product) | 0;
    steps += (1 + leftEight![k]!) * (1 + rightEight![k]!);
    if (last![k] === 1) sums.push(sum);
  }
  checkExpected(job, 'left_out', beats);
  checkExpected(job, 'right_out', beats);
  checkExpected(job, 'results', sums.length);
  return {
    outputs: {
      left_out: packBeats(peLeftBeats.widths, left),
      right_out: packBeats(peRightBeats.widths, right),
      results: packBeats(peResultBeats.widths, [sums]),
    },
    cycles: steps + latency,
    counters: {},
  };
}
