import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { binBeats, operandBeats, resultBeats } from '../../../src/families/gobo/format/streams.ts';
import { goldenPeFp16, goldenTileFp16 } from '../../../src/families/gobo/golden-fp16.ts';
import type { TileParameters } from '../../../src/families/gobo/params.ts';
import { randomPeJob, randomTileJob } from '../../../src/families/gobo/random-job.ts';
import { tileJob } from '../../../src/families/gobo/tile-job.ts';
import type { TileColumn } from '../../../src/families/gobo/tile-job.ts';
import { rng } from '../../../src/numeric/index.ts';
import { unpackBeats } from '../../../src/testbench/beats.ts';
import { defaultTile, fp16PePoint, fp16TilePoint } from './arbitraries.ts';
import { centroidsOf, columnsOf } from './columns.ts';
import { naiveBins, naiveDot } from './naive-fp16.ts';
import { naiveTile } from './naive-tile.ts';

const small: TileParameters = { ...defaultTile, pes: 1, bits: 2, numbers: 1 };

// Halves: sign, 5 bits of exponent, 10 of fraction.
const one = 0x3c00;
const two = 0x4000;
const minus = 0x8000;
const largest = 0x7bff; // 65504
const least = 0x0001; // 2^-24
const infinity = 0x7c00;
const signaling = 0xfd01;

/** Bits of the result of one row, whose columns are [activation, index] or [activation, index, outlier]. */
function resultOf(centroids: number[], ...columns: [number, number, number?][]): string {
  const dot = columns.map(([activation, index, outlier]): TileColumn => ({
    activation,
    indexes: [index],
    outliers: outlier === undefined ? [] : [{ row: 0, value: outlier }],
  }));
  const { outputs } = goldenTileFp16(small, tileJob(small, 1, centroids, [dot]), new Map());
  return unpackBeats(resultBeats(small).widths, outputs['results']!)[0]![0]!.toString(16);
}

describe('results of fp16 that can be worked by hand', () => {
  const ones = [one, one, one, one];

  it('come from bins in the order of columns', () => {
    // 65504 + 2^-24 rounds to 65504: in this order nothing is left of the smallest half ...
    expect(resultOf(ones, [largest, 0], [least, 0], [minus + largest, 0])).toBe('0');
    // ... and in this one 2^-24 is: 0x33800000.
    expect(resultOf(ones, [largest, 0], [minus + largest, 0], [least, 0])).toBe('33800000');
    // In bins of their own all three meet in the sum of products: from bin 0 up.
    expect(resultOf(ones, [minus + largest, 2], [least, 1], [largest, 0])).toBe('0');
    expect(resultOf(ones, [minus + largest, 1], [least, 2], [largest, 0])).toBe('33800000');
  });

  it('round the product of a bin, which has 24 bits, with its centroid', () => {
    // 65504 x 65504 = 0xffc00400, whose highest 24 bits are 0xffc004, and nothing is below.
    expect(resultOf([largest, 0, 0, 0], [largest, 0])).toBe('4f7fc004');
    // (65504 + 2^-7) (1 + 2^-10) = 65536 + 4093 x 2^-7 + 2^-17, and 2^-7 is the place of the last bit.
    expect(resultOf([one + 1, 0, 0, 0], [largest, 0], [0x2000, 0])).toBe('47800ffd');
  });

  it('sum outliers apart, in the order of columns, and add them last', () => {
    const columns: [number, number, number?][] = [
      [largest, 3],
      [one, 0, least],
      [minus + largest, 3],
    ];
    expect(resultOf(ones, ...columns)).toBe('33800000');
    // Largest + least - largest among outliers leaves nothing, whatever bins hold.
    const outliers: [number, number, number?][] = [
      [one, 0, largest],
      [one, 0, least],
      [minus + one, 0, largest],
      [two, 1],
    ];
    expect(resultOf(ones, ...outliers)).toBe('40000000');
  });

  it('are +0 where all is 0, whatever the signs', () => {
    expect(resultOf(ones, [minus, 0])).toBe('0');
    expect(resultOf([minus, minus, minus, minus], [one, 0])).toBe('0');
    expect(resultOf([minus, minus, minus, minus], [one, 0], [minus, 0, one])).toBe('0');
  });

  it('have infinities, and one NaN', () => {
    expect(resultOf(ones, [infinity, 0])).toBe('7f800000');
    expect(resultOf(ones, [infinity, 0, minus + one])).toBe('ff800000');
    // Infinity - infinity in a bin, across bins, and across both sums.
    expect(resultOf(ones, [infinity, 0], [minus + infinity, 0])).toBe('7fc00000');
    expect(resultOf(ones, [infinity, 0], [minus + infinity, 1])).toBe('7fc00000');
    expect(resultOf(ones, [infinity, 0], [minus + infinity, 1, one])).toBe('7fc00000');
    // Payload and sign of a NaN do not pass.
    expect(resultOf(ones, [signaling, 0])).toBe('7fc00000');
    // An empty bin is 0, and 0 x infinity is NaN.
    expect(resultOf([one, infinity, one, one], [one, 0])).toBe('7fc00000');
  });
});

describe('golden models of fp16', () => {
  it('take the same bins as whole numbers, on random jobs', () => {
    fc.assert(
      fc.property(fp16PePoint, fc.integer(), (p, seed) => {
        const job = randomPeJob(p, rng(seed));
        const { outputs, cycles } = goldenPeFp16(p, job, new Map());
        const beats = job.inputs['operands'] as Uint8Array;
        const [half, index, outlier, last] = unpackBeats(operandBeats(p).widths, beats);
        const expected: number[] = [];
        let operands: { half: number; index: number }[] = [];
        half!.forEach((value, i) => {
          if (outlier![i] === 0) operands.push({ half: value, index: index![i]! });
          if (last![i] === 0) return;
          expected.push(...naiveBins(2 ** p.bits, operands));
          operands = [];
        });
        const [values, lasts] = unpackBeats(binBeats(p).widths, outputs['bins']!);
        expect([...values!]).toEqual(expected);
        expect(lasts!.filter((flag) => flag === 1).length).toBe(expected.length / 2 ** p.bits);
        expect(cycles).toBeLessThan(job.maxCycles);
      }),
      { numRuns: 60 },
    );
  });

  it('take the same results as whole numbers, and the cycles of a machine of parts', () => {
    fc.assert(
      fc.property(fp16TilePoint, fc.integer(), (p, seed) => {
        const job = randomTileJob(p, rng(seed));
        const dots = columnsOf(p, job);
        const rows = job.writes.at(-1)![1];
        fc.pre(dots.length * rows * 2 ** p.bits < 4000);
        const { outputs, cycles } = goldenTileFp16(p, job, new Map());
        const [values, lasts] = unpackBeats(resultBeats(p).widths, outputs['results']!);
        const centroids = centroidsOf(p, job);
        const expected = dots.flatMap((dot) =>
          Array.from({ length: rows }, (_, row) => naiveDot(row, centroids, dot)),
        );
        expect([...values!]).toEqual(expected);
        expect([...lasts!]).toEqual(expected.map((_, i) => ((i + 1) % rows === 0 ? 1 : 0)));
        // The unit has two stages more than that of `fixed`.
        expect(cycles).toBe(naiveTile(p, rows, centroids, dots).cycles + 2);
        expect(cycles).toBeLessThan(job.maxCycles);
      }),
      { numRuns: 60 },
    );
  });
});
