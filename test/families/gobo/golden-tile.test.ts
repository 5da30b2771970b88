import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { resultBeats } from '../../../src/families/gobo/format/streams.ts';
import { goldenTile } from '../../../src/families/gobo/golden-tile.ts';
import type { TileParameters } from '../../../src/families/gobo/params.ts';
import { randomTileJob } from '../../../src/families/gobo/random-job.ts';
import { tileJob } from '../../../src/families/gobo/tile-job.ts';
import { rng } from '../../../src/numeric/index.ts';
import { unpackBeats } from '../../../src/testbench/beats.ts';
import type { Job } from '../../../src/testbench/job.ts';
import { defaultTile, tilePoint } from './arbitraries.ts';
import { centroidsOf, columnsOf } from './columns.ts';
import { naiveTile } from './naive-tile.ts';

const small: TileParameters = {
  pes: 2,
  bits: 2,
  activationBits: 8,
  weightBits: 8,
  maxLength: 16,
  buffers: 2,
  queueDepth: 2,
};

function run(p: TileParameters, job: Job): { values: number[]; lasts: number[]; cycles: number } {
  const { outputs, cycles, counters } = goldenTile(p, job, new Map());
  expect(counters).toEqual({});
  const { widths, signed } = resultBeats(p);
  const [values, lasts] = unpackBeats(widths, outputs['results']!, signed);
  return { values: [...values!], lasts: [...lasts!], cycles };
}

/** `dots` dot products of `length` columns; every `spacing`-th column has one outlier, in row 0. */
function regular(p: TileParameters, dots: number, length: number, rows: number, spacing = 0): Job {
  const columns = Array.from({ length }, (_, i) => ({
    activation: 1,
    indexes: Array.from({ length: p.pes }, () => 0),
    outliers: spacing > 0 && i % spacing === 0 ? [{ row: 0, value: 1 }] : [],
  }));
  return tileJob(
    p,
    rows,
    Array.from({ length: 2 ** p.bits }, () => 1),
    Array.from({ length: dots }, () => columns),
  );
}

describe('golden model of the GOBO tile', () => {
  it('works an example that can be checked by hand', () => {
    // cycle  columns                       queue  issued             result
    //   0    column 0 (3; indexes 1, 2)      0    -
    //   1    record row 0                    0    -
    //   2    record row 1, column 1 (-2)     1    -2 x 50 (row 0)
    //   3    -                               1    -2 x -7 (row 1)
    //   4-7  -                               0    row 0, bins 0 .. 3
    //   8-11 -                               0    row 1, bins 0 .. 3   10: row 0
    //  14                                                              row 1
    // Row 0: 3 x -1 - 100 = -103. Row 1: 3 x 4 + 14 = 26.
    const job = tileJob(
      small,
      2,
      [-10, -1, 4, 20],
      [
        [
          { activation: 3, indexes: [1, 2], outliers: [] },
          {
            activation: -2,
            indexes: [3, 3],
            outliers: [
              { row: 0, value: 50 },
              { row: 1, value: -7 },
            ],
          },
        ],
      ],
    );
    expect(run(small, job)).toEqual({ values: [-103, 26], lasts: [0, 1], cycles: 15 });
  });

  it('takes the same results and cycles as a machine of parts, on random jobs of all parameters', () => {
    fc.assert(
      fc.property(tilePoint, fc.integer(), (p, seed) => {
        const job = randomTileJob(p, rng(seed));
        const dots = columnsOf(p, job);
        const rows = job.writes.at(-1)![1];
        fc.pre(dots.length * rows * 2 ** p.bits < 8000);
        const expected = naiveTile(p, rows, centroidsOf(p, job), dots);
        const { values, lasts, cycles } = run(p, job);
        expect(values.map(BigInt)).toEqual(expected.results.map((result) => result.value));
        expect(lasts.map(Boolean)).toEqual(expected.results.map((result) => result.last));
        expect(cycles).toBe(expected.cycles);
        expect(cycles).toBeLessThan(job.maxCycles);
      }),
      { numRuns: 120 },
    );
  });

  it('reaches the largest result of the widest tile', () => {
    const p = { ...defaultTile, pes: 1, bits: 2, maxLength: 65536 };
    const column = { activation: -32768, indexes: [1], outliers: [] };
    const job = tileJob(p, 1, [0, -32768, 0, 0], [Array.from({ length: 65536 }, () => column)]);
    expect(run(p, job).values).toEqual([2 ** 46]);
  });

  it('needs the cycles of a closed form where there are no outliers', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 1, max: 90 }),
        fc.integer({ min: 1, max: 6 }),
        (dots, length, rows) => {
          const p = { ...small, pes: 6, bits: 3, maxLength: 128 };
          const bins = rows * 8;
          const job = regular(p, dots, length, rows);
          expect(run(p, job).cycles).toBe(length + bins + (dots - 1) * Math.max(length, bins) + 3);
          expect(run({ ...p, buffers: 1 }, job).cycles).toBe(dots * (length + bins) + 3);
        },
      ),
    );
  });

  it('does not stall as long as outliers leave the shared unit time for all bins', () => {
    // Each dot product gives n slots, its outliers take their part, the bins rows x K.
    const p = { ...defaultTile, maxLength: 4096 };
    const bins = p.pes * 8;
    const cyclesPerDot = (length: number, spacing: number): number =>
      (run(p, regular(p, 12, length, p.pes, spacing)).cycles -
        run(p, regular(p, 2, length, p.pes, spacing)).cycles) /
      10;
    for (const length of [bins, bins + 1, 130, 133, 160, 200]) {
      for (const spacing of [0, 64, 40, 10, 4]) {
        const outliers = spacing === 0 ? 0 : Math.ceil(length / spacing);
        const free = length - outliers >= bins;
        const perDot = cyclesPerDot(length, spacing);
        if (free) expect(perDot, `${length} columns, ${outliers} outliers`).toBe(length);
        else expect(perDot, `${length} columns, ${outliers} outliers`).toBeGreaterThan(length);
      }
    }
  });

  it('takes one record per cycle, so that outliers everywhere are slow and right', () => {
    const p = { ...defaultTile, pes: 4 };
    const columns = Array.from({ length: 50 }, (_, i) => ({
      activation: i + 1,
      indexes: [0, 1, 2, 3],
      outliers: [0, 1, 2, 3].map((row) => ({ row, value: row - 2 })),
    }));
    const job = tileJob(
      p,
      4,
      Array.from({ length: 8 }, () => 99),
      [columns],
    );
    const { values, cycles } = run(p, job);
    expect(values).toEqual([-2, -1, 0, 1].map((weight) => weight * 1275));
    // 200 records, the last product one cycle later, 32 bins, 3 stages.
    expect(cycles).toBe(200 + 1 + 32 + 3);
  });

  it('reads its beats from blobs and means all PEs where no rows are written', () => {
    const job = regular(small, 2, 5, 2);
    const blobs = new Map([['w', job.inputs['weights'] as Uint8Array]]);
    const same = {
      ...job,
      writes: job.writes.slice(0, -1),
      inputs: { ...job.inputs, weights: { blob: 'w' } },
    };
    expect(goldenTile(small, same, blobs)).toEqual(goldenTile(small, job, new Map()));
  });

  it('refuses malformed jobs', () => {
    const good = tileJob(
      small,
      2,
      [1, 2, 3, 4],
      [[{ activation: 1, indexes: [0, 0], outliers: [{ row: 1, value: 5 }] }]],
    );
    const bad =
      (change: Partial<Job>): (() => unknown) =>
      () =>
        goldenTile(small, { ...good, ...change }, new Map());
    const withWrites = (...writes: [number, number][]): Partial<Job> => ({
      writes: [...good.writes, ...writes],
    });
    const withInputs = (inputs: Job['inputs']): Partial<Job> => ({
      inputs: { ...good.inputs, ...inputs },
    });
    const record = (row: number, last: number): number[] => [
      row | (5 << 1) | (last << 9),
      last << 1,
    ];
    expect(bad({})).not.toThrow();
    expect(bad({ writes: [[0, 1]] })).toThrow('does not write centroid 1');
    expect(bad(withWrites([4, 3]))).toThrow('rows = 3, but the tile has 1 to 2');
    expect(bad(withWrites([4, 0]))).toThrow('rows = 0');
    expect(bad(withWrites([5, 0]))).toThrow('address 5');
    expect(bad(withWrites([0, 256]))).toThrow('256 to address 0 does not fit 8 bits');
    expect(bad({ ...withWrites([4, 1]), expect: { results: 1 } })).toThrow('is for row 1');
    expect(bad({ expect: { results: 1 } })).toThrow('expects 1 beats');
    expect(bad({ expect: { results: 2, bins: 1 } })).toThrow("expects beats on 'bins'");
    expect(bad(withInputs({ setup: new Uint8Array(0) }))).toThrow("offers beats on 'setup'");
    expect(bad(withInputs({ weights: new Uint8Array(0) }))).toThrow(
      '1 beats of activations but 0 of weights',
    );
    expect(bad(withInputs({ activations: new Uint8Array([1, 0]) }))).toThrow('lacks `last`');
    expect(bad(withInputs({ records: new Uint8Array(0) }))).toThrow('records end before');
    expect(bad(withInputs({ records: Uint8Array.from(record(1, 0)) }))).toThrow(
      'records end before',
    );
    expect(
      bad(withInputs({ records: Uint8Array.from([...record(1, 0), ...record(0, 1)]) })),
    ).toThrow('Record 1 of column 0 is for row 0');
    expect(
      bad(withInputs({ records: Uint8Array.from([...record(1, 0), ...record(1, 1)]) })),
    ).toThrow('Record 1 of column 0 is for row 1');
    expect(
      bad(withInputs({ records: Uint8Array.from([...record(1, 1), ...record(1, 1)]) })),
    ).toThrow('has 2 records, but its columns take only 1');
  });
});

describe('random jobs of the tile', () => {
  it('reach the corners: extremes, all outlier shares, few rows, short and long dot products', () => {
    const seen = { rowsBelowPes: 0, full: 0, none: 0, some: 0, one: 0, long: 0, low: 0, high: 0 };
    for (let seed = 0; seed < 200; seed++) {
      const job = randomTileJob(defaultTile, rng(seed));
      const rows = job.writes.at(-1)![1];
      const dots = columnsOf(defaultTile, job);
      const columns = dots.flat();
      const share =
        columns.reduce((sum, column) => sum + column.outliers.length, 0) / columns.length / rows;
      if (rows < 16) seen.rowsBelowPes++;
      if (share === 1) seen.full++;
      else if (share === 0) seen.none++;
      else seen.some++;
      if (dots.some((dot) => dot.length === 1)) seen.one++;
      if (dots.some((dot) => dot.length === 200)) seen.long++;
      if (columns.some((column) => column.activation === -32768)) seen.low++;
      if (columns.some((column) => column.activation === 32767)) seen.high++;
    }
    for (const [corner, times] of Object.entries(seen)) expect(times, corner).toBeGreaterThan(15);
  });
});
