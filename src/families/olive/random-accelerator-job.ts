import { concatenate } from '../../numeric/index.ts';
import type { Rng } from '../../numeric/index.ts';
import { packBeats } from '../../testbench/beats.ts';
import type { Job } from '../../testbench/job.ts';
import { acceleratorJob, imageBeats, scalingBeatsOf } from './accelerator-job.ts';
import { lanesOf, sideFormat } from './array-job.ts';
import type { SideFormat } from './array-job.ts';
import {
  activationBeats,
  markLast,
  weightBeatBytes,
  wordBeats,
} from './format/accelerator-streams.ts';
import { normalTypes } from './format/number-types.ts';
import type { Scaling } from './golden-encoder.ts';
import { byteColumns, drawFormats, pairDraws, pick, repeat, signed32 } from './random-job.ts';
import type { Draw } from './random-job.ts';
import type { AcceleratorParameters } from './params.ts';

/** Longest dot product of a random job, in pairs: long enough that rows leave behind it. */
const longest = 40;

/** How a row is scaled: by anything, hardly, or so that sums of a few thousand become some half units. */
function randomScaling(random: Rng): Scaling {
  switch (random.below(4)) {
    case 0:
      return {
        bias: signed32(random),
        multiplier: pick(random, [0, 1, 2 ** 15, 2 ** 16 - 1]),
        shift: random.below(64),
      };
    case 1:
      return {
        bias: random.below(21) - 10,
        multiplier: 1 + random.below(3),
        shift: random.below(4),
      };
    default:
      return {
        bias: random.below(401) - 200,
        multiplier: 1 + random.below(2 ** 16 - 1),
        shift: 12 + random.below(16),
      };
  }
}

/** The beats of an image; scalings before, behind or among its words. */
function randomImage(
  p: AcceleratorParameters,
  words: Uint8Array,
  scalings: readonly Scaling[],
  random: Rng,
): Uint8Array {
  const stride = weightBeatBytes(p);
  const at = stride * pick(random, [0, random.below(1 + words.length / stride)]);
  if (random.below(2) === 0) return imageBeats(p, words, scalings);
  const parts = [words.subarray(0, at), scalingBeatsOf(p, scalings), words.subarray(at)];
  const bytes = concatenate(parts);
  markLast(p, bytes);
  return bytes;
}

/** A job of one run: one to four images, each with one to three tiles; results are sums or pairs. */
export function randomAcceleratorJob(p: AcceleratorParameters, random: Rng): Job {
  const formats = drawFormats(random);
  const { type } = formats.left;
  const { bits } = normalTypes[type];
  const inUse = (elements: number): number => {
    const all = lanesOf(elements, type);
    return pick(random, [all, all, 1, 1 + random.below(all)]);
  };
  const shape = { rows: inUse(p.rows), columns: inUse(p.columns) };
  const outputs: readonly SideFormat[] =
    bits === 8
      ? [sideFormat('int8')]
      : [sideFormat('int4'), sideFormat('flint4'), { type: 'int4', bias: 3 }];
  const output = random.below(3) > 0 ? pick(random, outputs) : undefined;
  const tiles = 1 + random.below(3);
  const leaving = (p.rows + p.columns) / 4 + shape.rows;
  const lengths = repeat(1 + random.below(4), () => {
    const length = pick(random, [1, 2, leaving / 2, leaving, leaving + 1, longest]);
    return Math.max(1, Math.min(longest, p.bankBeats, Math.floor(length)));
  });
  const [leftPair, rightPair] = pairDraws(random, bits);
  // Weights of rows, and activations of columns, that are not in use must not matter.
  const bytesOf = (draw: Draw, lanes: number, beats: number) =>
    byteColumns(draw, bits, lanes, beats);
  const { widths } = wordBeats(p);
  const weights = lengths.map((length) => {
    const zeros = new Uint8Array(length);
    const words = packBeats(widths, [
      ...bytesOf(leftPair, p.rows, length),
      ...widths.slice(p.rows).map(() => zeros),
    ]);
    const scaled = output ? pick(random, [shape.rows, p.rows]) : pick(random, [0, 0, p.rows]);
    const scalings = Array.from({ length: scaled }, () => randomScaling(random));
    return randomImage(p, words, scalings, random);
  });
  const beats = tiles * lengths.reduce((sum, length) => sum + length, 0);
  return acceleratorJob(p, {
    ...{ formats, shape, tiles, images: lengths.length },
    ...(output && { output }),
    weights: concatenate(weights),
    activations: packBeats(activationBeats(p).widths, bytesOf(rightPair, p.columns, beats)),
  });
}
