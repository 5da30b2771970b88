import { packBeats } from '../../testbench/beats.ts';
import { checkExpected, checkStreams, inputColumns } from '../../testbench/golden-input.ts';
import type { Job, Outcome } from '../../testbench/job.ts';
import { operationBeats, operationResultBeats } from './format/streams.ts';
import { decodeLanes } from './golden-array.ts';
import { setupOf } from './golden-setup.ts';
import {
  leftBiasAddress,
  leftTypeAddress,
  modeAddress,
  rightBiasAddress,
  rightTypeAddress,
} from './params.ts';
import type { TensorCoreParameters } from './params.ts';

const addresses = [
  modeAddress,
  leftTypeAddress,
  rightTypeAddress,
  leftBiasAddress,
  rightBiasAddress,
];

/** Cycles from accepted operands to the result: decode, multiply, add. */
const latency = 3;

/**
 * The tensor core as docs/olive.md specifies it: a dot product of pairs and an addend per operation, summed exactly and
 * then wrapped.
 *
 * @throws Error for a job that does not follow the protocol
 */
export function goldenTensorCore(
  p: TensorCoreParameters,
  job: Job,
  blobs: ReadonlyMap<string, Uint8Array>,
): Outcome {
  checkStreams(job, ['operands'], 'results');
  const { bits, left, right } = setupOf(job, addresses);
  const columns = inputColumns(job, 'operands', operationBeats(p), blobs);
  const bytes = p.elements / 2;
  const [addend, last] = columns.slice(2 * bytes);
  const operations = last!.length;
  checkExpected(job, 'results', operations);
  const lanes = bits === 8 ? bytes / 2 : bytes;
  const a = decodeLanes({ bits, ...left }, columns.slice(0, bytes), lanes, operations);
  const b = decodeLanes({ bits, ...right }, columns.slice(bytes, 2 * bytes), lanes, operations);
  const exact = Array.from(addend!, (start, operation) => {
    let sum = start;
    for (let lane = 0; lane < lanes; lane++) {
      for (const k of [2 * operation, 2 * operation + 1]) {
        sum += a.lanes[lane]![k]! * b.lanes[lane]![k]!;
      }
    }
    return sum;
  });
  return {
    outputs: {
      results: packBeats(operationResultBeats.widths, [
        exact.map((sum) => sum | 0),
        exact.map((sum) => (sum === (sum | 0) ? 0 : 1)),
        exact.map((_, operation) => a.illegal[operation]! + b.illegal[operation]!),
        last!,
      ]),
    },
    cycles: operations + latency,
    counters: {},
  };
}
