import type { Rng } from '../../numeric/index.ts';
import { packBeats } from '../../testbench/beats.ts';
import type { Job } from '../../testbench/job.ts';
import { noStalls } from '../../testbench/job.ts';
import { arrayJob, formatWrites, lanesOf } from './array-job.ts';
import type { Formats } from './array-job.ts';
import { normalTypes } from './format/number-types.ts';
import type { NormalType } from './format/number-types.ts';
import { mostBias, ovpCode, usualFormat } from './format/ovp-code.ts';
import {
  codeBeats,
  leftBeats,
  operandBeats,
  operationBeats,
  rightBeats,
  scalingBeats,
  sumBeats,
} from './format/streams.ts';
import { leftBiasAddress, leftTypeAddress } from './params.ts';
import type {
  ArrayParameters,
  DecoderParameters,
  EncoderParameters,
  PeParameters,
  TensorCoreParameters,
} from './params.ts';

export type Draw = () => number;

/** Cycles that a job may take for each beat, so that heavy stalls still end. */
const stallAllowance = 64;

const cycleLimit = (beats: number): number => stallAllowance * (beats + 64);

export function pick<T>(random: Rng, choices: readonly T[]): T {
  return choices[random.below(choices.length)]!;
}

export const repeat = (count: number, draw: Draw): number[] => Array.from({ length: count }, draw);

/** A signed value of 32 bits: any, a small one, or at a corner. */
export function signed32(random: Rng): number {
  return pick(random, [
    random.uint32() | 0,
    random.below(2001) - 1000,
    pick(random, [-(2 ** 31), 2 ** 31 - 1, 0, 1, -1]),
  ]);
}

/** Biases: usually those that belong to the type. */
const drawBias = (random: Rng, type: NormalType): number =>
  random.below(3) > 0 ? normalTypes[type].bias : random.below(1 + mostBias[normalTypes[type].bits]);

/** A pair of codes, the first in the low half. */
function pairDraw(random: Rng, bits: 4 | 8): Draw {
  const span = 2 ** bits;
  const identifier = span / 2;
  const code: Draw = () => random.below(span);
  const normal: Draw = () => pick(random, [1, identifier + 1, identifier - 1, 0, code()]);
  const joined = (first: number, second: number): number => first + span * second;
  const withOutlier: Draw = () =>
    random.below(2) === 0 ? joined(code(), identifier) : joined(identifier, code());
  const constant = withOutlier();
  return pick<Draw>(random, [
    () => joined(code(), code()),
    () => joined(normal(), normal()),
    () => (random.below(8) === 0 ? withOutlier() : joined(normal(), normal())),
    withOutlier,
    () => constant,
    () => pick(random, [0, identifier, span * identifier, joined(identifier, identifier)]),
  ]);
}

/** The largest outliers, in the second place: products of two of them let sums overflow. */
function extremeDraw(random: Rng, bits: 4 | 8): Draw {
  const [identifier, top] = bits === 8 ? [0x80, 0x40] : [0x8, 0x7];
  const outliers = pick(random, [[top], [top, top, top + identifier]]);
  return () => identifier + 2 ** bits * pick(random, outliers);
}

/** How pairs of both sides are drawn: each in its way, or both so that sums overflow. */
export function pairDraws(random: Rng, bits: 4 | 8): readonly [left: Draw, right: Draw] {
  const make = random.below(5) === 0 ? extremeDraw : pairDraw;
  return [make(random, bits), make(random, bits)];
}

/** Columns of bytes that hold pairs: one for each pair of 4-bit codes, two for each pair of 8-bit codes. */
export function byteColumns(draw: Draw, bits: 4 | 8, bytes: number, beats: number): number[][] {
  if (bits === 4) return Array.from({ length: bytes }, () => repeat(beats, draw));
  const columns = Array.from({ length: bytes / 2 }, () => repeat(beats, draw));
  return columns.flatMap((pairs) => [
    pairs.map((pair) => pair % 256),
    pairs.map((pair) => Math.floor(pair / 256)),
  ]);
}

/** Types and biases of both sides, independent of each other. */
export function drawFormats(random: Rng): Formats {
  const side = (types: readonly NormalType[]): Formats['left'] => {
    const type = pick(random, types);
    return { type, bias: drawBias(random, type) };
  };
  const types: readonly NormalType[] = random.below(2) === 0 ? ['int8'] : ['int4', 'flint4'];
  return { left: side(types), right: side(types) };
}

/** 1 here and there, and at the last of `beats`. */
const randomLasts = (random: Rng, beats: number): number[] =>
  Array.from({ length: beats }, (_, beat) =>
    beat === beats - 1 || random.below(10) === 0 ? 1 : 0,
  );

/** A job for the decoder: any pairs, illegal ones often. */
export function randomDecoderJob(p: DecoderParameters, random: Rng): Job {
  const bits = p.bits === 8 ? 8 : 4;
  const type = bits === 8 ? 'int8' : pick<NormalType>(random, ['int4', 'flint4']);
  const beats = 1 + random.below(300);
  const pairs = repeat(beats, pairDraw(random, bits));
  return {
    writes: [
      [leftTypeAddress, type === 'flint4' ? 1 : 0],
      [leftBiasAddress, drawBias(random, type)],
    ],
    inputs: {
      pairs: packBeats(codeBeats(p).widths, [
        pairs.map((pair) => pair % 2 ** bits),
        pairs.map((pair) => Math.floor(pair / 2 ** bits)),
        randomLasts(random, beats),
      ]),
    },
    expect: { values: beats },
    stalls: noStalls,
    maxCycles: cycleLimit(beats),
  };
}

/** Types of 4-bit codes that the encoder gives, with the biases it has for them. */
const encoderFormats: readonly (readonly [type: NormalType, bias: number])[] = [
  ['int4', 2],
  ['int4', 3],
  ['flint4', 3],
];

const knownSteps = new WeakMap<Uint16Array, readonly number[]>();

/** Half units from which on the nearest value is another; found once for a table, which may be long. */
function stepsOf(nearest: Uint16Array): readonly number[] {
  const known = knownSteps.get(nearest);
  if (known) return known;
  const steps = Array.from(nearest.keys()).filter((half) => nearest[half] !== nearest[half - 1]);
  knownSteps.set(nearest, steps);
  return steps;
}

/** A job for the requantizer and encoder: sums at the points where the code changes, and any. */
export function randomEncoderJob(p: EncoderParameters, random: Rng): Job {
  const [type, bias] = p.bits === 8 ? (['int8', 4] as const) : pick(random, encoderFormats);
  const { threshold, mostHalves, nearest } = ovpCode({ ...usualFormat(type), bias });
  const steps = stepsOf(nearest);
  const beats = 1 + random.below(200);
  const halves: Draw = () => {
    const point = pick(random, [threshold, mostHalves, pick(random, steps), pick(random, steps)]);
    return pick(random, [point, point - 1, point + 1, random.below(mostHalves + 1), threshold]);
  };
  const clamp = (value: number): number => Math.min(Math.max(value, -(2 ** 31)), 2 ** 31 - 1);
  const multipliers = [0, 1, 2, 2 ** 15, 2 ** 16 - 1];
  const side = (): { sum: number; bias: number; multiplier: number; shift: number }[] =>
    Array.from({ length: beats }, () => {
      const offset = signed32(random);
      const any = random.below(4) === 0;
      const multiplier = any ? pick(random, multipliers) : 1 + random.below(2 ** 16 - 1);
      const shift = any ? random.below(64) : random.below(24);
      // The least magnitude that gives so many half units, or one that falls just short of it.
      const magnitude = multiplier === 0 ? 0 : Math.ceil((halves() * 2 ** shift) / multiplier);
      const target = (magnitude - random.below(2)) * (random.below(2) === 0 ? 1 : -1);
      const aimed = clamp(clamp(target) - offset);
      return { sum: any ? signed32(random) : aimed, bias: offset, multiplier, shift };
    });
  const first = side();
  // Equal magnitudes often, since the pair rule turns on them.
  const second = side().map((one, i) => (random.below(4) === 0 ? first[i]! : one));
  return {
    writes: [
      [leftTypeAddress, type === 'flint4' ? 1 : 0],
      [leftBiasAddress, bias],
    ],
    inputs: {
      sums: packBeats(sumBeats.widths, [
        first.map(({ sum }) => sum),
        second.map(({ sum }) => sum),
        randomLasts(random, beats),
      ]),
      scaling: packBeats(
        scalingBeats.widths,
        [first, second].flatMap((one) => [
          one.map(({ bias: offset }) => offset),
          one.map(({ multiplier }) => multiplier),
          one.map(({ shift }) => shift),
        ]),
      ),
    },
    expect: { pairs: beats },
    stalls: noStalls,
    maxCycles: cycleLimit(beats),
  };
}

/** A job for the processing element: dot products of any operands, of legal ones, and of such that overflow. */
export function randomPeJob(_p: PeParameters, random: Rng): Job {
  const beats = 1 + random.below(200);
  const exponent = pick<Draw>(random, [
    () => 0,
    () => random.below(6),
    () => random.below(13),
    () => random.below(16),
    () => 12,
  ]);
  const integer = pick<Draw>(random, [
    () => random.below(32) - 16,
    () => random.below(15) - 7,
    () => pick(random, [-16, 15, 0, 1, -1]),
    () => 15,
  ]);
  const last = randomLasts(random, beats);
  const side = (): number[][] => [repeat(beats, exponent), repeat(beats, integer)];
  return {
    writes: [],
    inputs: { operands: packBeats(operandBeats.widths, [...side(), ...side(), last]) },
    expect: { results: last.filter((flag) => flag === 1).length },
    stalls: noStalls,
    maxCycles: cycleLimit(beats),
  };
}

/** Longest dot product of a random job, in pairs: long enough that a tile leaves while the next is summed. */
const longest = 80;

/** A job for the array: one to four tiles on some or all of its rows and columns, in either mode. */
export function randomArrayJob(p: ArrayParameters, random: Rng): Job {
  const formats = drawFormats(random);
  const { type } = formats.left;
  const inUse = (elements: number): number => {
    const all = lanesOf(elements, type);
    return pick(random, [all, all, 1, 1 + random.below(all)]);
  };
  const shape = { rows: inUse(p.rows), columns: inUse(p.columns) };
  const leaving = (p.rows + p.columns) / 4 + shape.rows;
  const lengths = repeat(1 + random.below(4), () =>
    Math.max(
      1,
      Math.min(
        longest,
        Math.floor(
          pick(random, [
            1,
            2,
            leaving / 2,
            leaving,
            leaving + 1,
            longest,
            1 + random.below(longest),
          ]),
        ),
      ),
    ),
  );
  const beats = lengths.reduce((sum, length) => sum + length, 0);
  const { bits } = normalTypes[type];
  // Lanes that are not in use hold pairs too, which must not matter.
  const [leftPair, rightPair] = pairDraws(random, bits);
  const left = byteColumns(leftPair, bits, p.rows, beats);
  const right = byteColumns(rightPair, bits, p.columns, beats);
  const last = lengths.flatMap((length) => [...Array<number>(length - 1).fill(0), 1]);
  return arrayJob(p, formats, shape, {
    left: packBeats(leftBeats(p).widths, left),
    right: packBeats(rightBeats(p).widths, [...right, last]),
    tiles: lengths.length,
    beats,
  });
}

/** A job for the tensor core: any operations, in either mode. */
export function randomTensorCoreJob(p: TensorCoreParameters, random: Rng): Job {
  const formats = drawFormats(random);
  const { bits } = normalTypes[formats.left.type];
  const beats = 1 + random.below(100);
  const bytes = p.elements / 2;
  const [left, right] = pairDraws(random, bits);
  return {
    writes: formatWrites(formats),
    inputs: {
      operands: packBeats(operationBeats(p).widths, [
        ...byteColumns(left, bits, bytes, beats),
        ...byteColumns(right, bits, bytes, beats),
        repeat(beats, () => signed32(random)),
        randomLasts(random, beats),
      ]),
    },
    expect: { results: beats },
    stalls: noStalls,
    maxCycles: cycleLimit(beats),
  };
}
