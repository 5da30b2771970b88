import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { acceleratorJob } from '../../../src/families/vssa/accelerator-job.ts';
import type {
  AcceleratorRun,
  OperandRows,
  OperandSide,
} from '../../../src/families/vssa/accelerator-job.ts';
import { goldenAccelerator } from '../../../src/families/vssa/golden-accelerator.ts';
import { acceleratorTime } from '../../../src/families/vssa/golden-accelerator-cycles.ts';
import { goldenArray } from '../../../src/families/vssa/golden-array.ts';
import { arrayJob, arrayWrites } from '../../../src/families/vssa/array-job.ts';
import { tokenBeats } from '../../../src/families/vssa/format/streams.ts';
import { flagsAddress, newListAddress } from '../../../src/families/vssa/params.ts';
import { randomAcceleratorJob } from '../../../src/families/vssa/random-accelerator-job.ts';
import { rng } from '../../../src/numeric/index.ts';
import { packBeats } from '../../../src/testbench/beats.ts';
import type { Job } from '../../../src/testbench/job.ts';
import { naiveAccelerator, resultsOf } from './naive-accelerator.ts';

const none = new Map<string, Uint8Array>();
const usual = {
  ...{ rows: 2, cols: 2, skid: 0, maxTokens: 16, loadWords: 2 },
  ...{ leftBlocks: 8, rightBlocks: 8 },
};

const points = fc
  .record({
    rows: fc.integer({ min: 1, max: 5 }),
    beatsPerRow: fc.integer({ min: 1, max: 2 }),
    skid: fc.integer({ min: 0, max: 1 }),
    maxTokens: fc.integer({ min: 16, max: 40 }),
    loadWords: fc.constantFrom(1, 2, 4),
    leftBlocks: fc.integer({ min: 2, max: 50 }),
    rightBlocks: fc.integer({ min: 2, max: 50 }),
  })
  .map(({ beatsPerRow, ...p }) => ({ ...p, cols: p.loadWords * beatsPerRow }));

const rowsOf = (ids: number[], data: number[][]): OperandRows => ({
  ids,
  columns: data[0]!.length,
  data: data.flat(),
});

const side: Omit<OperandSide, 'matrices'> = {
  ...{ count: 1, signed: true, byList: false, requantizes: false, uses: 1 },
  tags: 'eight',
};

/** A product of matrices by arrival, all of 8 bits. */
const plain = (left: number[][], right: number[][]): AcceleratorRun => ({
  depth: left[0]!.length,
  left: {
    ...side,
    count: left.length,
    matrices: [
      rowsOf(
        left.map(() => 0),
        left,
      ),
    ],
  },
  right: {
    ...{ ...side, count: right.length, byIndex: false },
    matrices: [
      rowsOf(
        right.map(() => 0),
        right,
      ),
    ],
  },
  rowsByList: false,
});

describe('the results of the accelerator', () => {
  it('are what its memories make of any job', () => {
    fc.assert(
      fc.property(points, fc.nat(), (p, seed) => {
        const job = randomAcceleratorJob(p, rng(seed));
        expect(resultsOf(p, goldenAccelerator(p, job, none))).toEqual(naiveAccelerator(p, job));
      }),
      { numRuns: 150 },
    );
  });

  it('are those of a head by hand', () => {
    // Tokens 5 (8 bits), 2 and 7 (4 bits); token 3 is not in the list.
    const bits = [0, 0, 4, 0, 0, 8, 0, 4];
    const matrix = rowsOf(
      [2, 3, 5, 7],
      [
        [24, -128, 1],
        [9, 9, 9],
        [-128, 127, 1],
        [-9, -8, 127],
      ],
    );
    // As the array sees them: 24 and -9 are rounded to digits 2 and -1 (but -8 to 0), 127 to 7, 1 to 0.
    const tokens = new Map([
      [5, [-128, 127, 1]],
      [2, [32, -128, 0]],
      [7, [-16, 0, 112]],
    ]);
    const listed = { ...side, count: 3, byList: true, requantizes: true, tags: 'lanes' } as const;
    const run: AcceleratorRun = {
      depth: 3,
      left: { ...listed, matrices: [matrix] },
      right: { ...listed, byIndex: false, matrices: [matrix] },
      rowsByList: true,
      bits,
    };
    const dot = (a: number, b: number): number =>
      tokens.get(a)!.reduce((sum, x, k) => sum + x * tokens.get(b)![k]!, 0);
    const results = resultsOf(usual, goldenAccelerator(usual, acceleratorJob(usual, run), none));
    expect(results).toEqual([
      { row: 5, column: 0, sums: [dot(5, 5), dot(5, 2)], last: 0 },
      { row: 2, column: 0, sums: [dot(2, 5), dot(2, 2)], last: 0 },
      { row: 5, column: 2, sums: [dot(5, 7), 0], last: 0 },
      { row: 2, column: 2, sums: [dot(2, 7), 0], last: 0 },
      { row: 7, column: 0, sums: [dot(7, 5), dot(7, 2)], last: 0 },
      { row: 7, column: 2, sums: [dot(7, 7), 0], last: 1 },
    ]);
    expect(dot(5, 5)).toBe(32514);
    expect(dot(2, 7)).toBe(-512);
  });

  it('are those of probabilities and values by hand', () => {
    // Key 1 has 8 bits, key 0 4: values come by number of the key, probabilities in the order of the list.
    const run: AcceleratorRun = {
      depth: 2,
      left: {
        ...{ ...side, count: 2, signed: false, tags: 'lanes' },
        matrices: [
          rowsOf(
            [1, 0],
            [
              [255, 1],
              [0xf3, 0x2f],
            ],
          ),
        ],
      },
      right: {
        ...{ ...side, count: 3, byList: true, requantizes: true, tags: 'indexes', byIndex: true },
        matrices: [
          rowsOf(
            [0, 1],
            [
              [8, -128, 7],
              [-1, 5, 127],
            ],
          ),
        ],
      },
      rowsByList: true,
      bits: [4, 8],
    };
    const results = resultsOf(usual, goldenAccelerator(usual, acceleratorJob(usual, run), none));
    // Values in the order of the list: [-1, 5, 127] and, of 4 bits, [16, -128, 0]; the query of 4 bits has 15 and 2 times 16.
    expect(results).toEqual([
      { row: 1, column: 0, sums: [-255 + 16, 255 * 5 - 128], last: 0 },
      { row: 0, column: 0, sums: [-240 + 32 * 16, 240 * 5 - 32 * 128], last: 0 },
      { row: 1, column: 2, sums: [255 * 127, 0], last: 0 },
      { row: 0, column: 2, sums: [240 * 127, 0], last: 1 },
    ]);
  });

  it('have the largest product, and wrap', () => {
    const data = [Array.from({ length: 16 }, () => -128)];
    const p = { ...usual, rows: 1, cols: 2 };
    const [first] = resultsOf(p, goldenAccelerator(p, acceleratorJob(p, plain(data, data)), none));
    expect(first).toEqual({ row: 0, column: 0, sums: [16 * 16384, 0], last: 1 });
    const deep = { ...p, leftBlocks: 16550, rightBlocks: 16550 };
    const long = [Array.from({ length: 33100 }, () => 255)];
    const { left, right, ...others } = plain(long, long);
    const run = {
      ...others,
      left: { ...left, signed: false },
      right: { ...right, signed: false },
    };
    const [wrapped] = resultsOf(deep, goldenAccelerator(deep, acceleratorJob(deep, run), none));
    expect(wrapped!.sums[0]).toBe(33100 * 65025 - 2 ** 32);
  });

  it('go with the tokens, whatever their numbers and the order in which their rows come', () => {
    fc.assert(
      fc.property(
        fc.shuffledSubarray([...Array(16).keys()], { minLength: 1 }),
        fc.nat(),
        (tokens, seed) => {
          const random = rng(seed);
          const p = { ...usual, leftBlocks: 64, rightBlocks: 64 };
          const n = tokens.length;
          const eight = random.below(n + 1);
          const rows = tokens.map(() => [random.below(256) - 128, random.below(256) - 128]);
          const scores = (ids: readonly number[], sent: readonly number[]) => {
            const bits = Array.from({ length: 16 }, () => 0);
            ids.forEach((id, i) => (bits[id] = i < eight ? 8 : 4));
            const matrix = rowsOf(
              sent.map((i) => ids[i]!),
              sent.map((i) => rows[i]!),
            );
            const listed = { ...side, count: n, byList: true, requantizes: true } as const;
            const run: AcceleratorRun = {
              depth: 2,
              left: { ...listed, tags: 'lanes', matrices: [matrix] },
              right: { ...listed, tags: 'lanes', byIndex: false, matrices: [matrix] },
              rowsByList: true,
              bits,
            };
            const { outputs, counters } = goldenAccelerator(p, acceleratorJob(p, run), none);
            // Places of the list by token, so that sums can be told by pairs of tokens.
            const order = [...ids.keys()].sort(
              (a, b) => bits[ids[b]!]! - bits[ids[a]!]! || ids[a]! - ids[b]!,
            );
            const sums = new Map<string, number>();
            for (const result of resultsOf(p, { outputs, cycles: 0, counters })) {
              result.sums.forEach((sum, lane) => {
                const column = order[result.column + lane];
                if (column !== undefined) sums.set(`${ids.indexOf(result.row)} ${column}`, sum);
              });
            }
            return { sums: [...sums].sort(), busy: counters['busy'] };
          };
          const places = [...tokens.keys()];
          expect(scores(tokens, [...places].reverse())).toEqual(scores(places, places));
        },
      ),
      { numRuns: 30 },
    );
  });
});

describe('the cycles of the accelerator', () => {
  it('are those of one product by hand', () => {
    const p = { ...usual, rows: 1, cols: 1, loadWords: 1 };
    const { cycles, counters } = goldenAccelerator(
      p,
      acceleratorJob(p, plain([[-128]], [[-128]])),
      none,
    );
    // Taken in 0, in its bank from 3 on, offered in 4; four digits in 5 to 8, the sum leaves in 9.
    expect(cycles).toBe(10);
    expect(counters).toEqual({
      cycles: 10,
      stalls: 0,
      starves: 0,
      busy: 4,
      stalled: 0,
      starved: 2,
    });
    // A list of one token delays it by one cycle, and a word of 4 bits takes half of the digits.
    const listed = plain([[-128]], [[-128]]);
    const run: AcceleratorRun = {
      ...listed,
      left: { ...listed.left, byList: true, tags: 'lanes' },
      bits: [4],
    };
    expect(goldenAccelerator(p, acceleratorJob(p, run), none).cycles).toBe(10 + 1 - 2);
  });

  it('are those of the array, once the first matrices are there', () => {
    fc.assert(
      fc.property(
        fc.record({
          rows: fc.integer({ min: 1, max: 4 }),
          columns: fc.integer({ min: 1, max: 4 }),
          skid: fc.integer({ min: 0, max: 1 }),
        }),
        fc.integer({ min: 1, max: 20 }),
        fc.nat(),
        ({ rows, columns, skid }, depth, seed) => {
          const random = rng(seed);
          const p = { ...usual, rows, cols: columns, skid, loadWords: 1 };
          const wide = { ...p, leftBlocks: 20, rightBlocks: 20 };
          const draw = (count: number): number[][] =>
            Array.from({ length: count }, () =>
              Array.from({ length: depth }, () => random.below(256) - 128),
            );
          const [left, right] = [draw(rows), draw(columns)];
          const own = goldenAccelerator(wide, acceleratorJob(wide, plain(left, right)), none);
          // Words of 8 bits, each lane a field of 9 bits.
          const words = (lanes: number[][]) =>
            lanes.map((lane) => lane.map((x) => 256 + (x & 255)));
          const last = Array.from({ length: depth }, (_, k) => (k === depth - 1 ? 1 : 0));
          const job = arrayJob(
            p,
            arrayWrites({ left: true, right: true }, { rows, columns }),
            {
              left: packBeats([...left.map(() => 9), 1], [...words(left), last]),
              right: packBeats(
                right.map(() => 9),
                words(right),
              ),
            },
            { beats: depth, results: rows },
          );
          const bare = goldenArray(p, job, none);
          const { busy, stalled, starved } = bare.counters;
          // The longer side is there last: its row after row, and 4 cycles until it is offered.
          const late = Math.abs(rows - columns) * depth;
          const loaded = Math.max(rows, columns) * depth - 1 + 4;
          expect(own.cycles).toBe(loaded + bare.cycles);
          expect(own.counters['busy']).toBe(busy);
          // The side that is there first waits in the feeders: less is left to wait for, never more.
          const rest = own.counters['stalled']! + own.counters['starved']!;
          expect(rest).toBe(stalled! + starved!);
          if (late === 0) expect(own.counters['stalled']).toBe(stalled);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('account for every element from the first product on', () => {
    fc.assert(
      fc.property(points, fc.nat(), (p, seed) => {
        const { counters, cycles } = goldenAccelerator(p, randomAcceleratorJob(p, rng(seed)), none);
        const { busy, stalled, starved } = counters as Record<string, number>;
        const elements = p.rows * p.cols;
        expect((busy! + stalled! + starved!) % elements).toBe(0);
        // A matrix is 4 cycles on its way, and its first row is taken before.
        expect((busy! + stalled! + starved!) / elements).toBeLessThanOrEqual(cycles - 4);
        expect(counters['cycles']).toBe(cycles);
      }),
      { numRuns: 60 },
    );
  });

  it('are the closed form of tiles and one load, where loading is faster than work', () => {
    // 2 heads of 8 tokens of 4 bits: 4 x 4 tiles of 16 products of one cycle each; 8 rows of 8 beats.
    const p = { ...usual, leftBlocks: 32, rightBlocks: 32 };
    const listed = { ...side, count: 8, byList: true, tags: 'lanes' } as const;
    const ids = [...Array(8).keys()];
    const matrix = rowsOf(
      ids,
      ids.map(() => Array.from({ length: 16 }, () => 16)),
    );
    const run = (heads: number): AcceleratorRun => ({
      depth: 16,
      left: { ...listed, matrices: Array.from({ length: heads }, () => matrix) },
      right: { ...listed, byIndex: false, matrices: Array.from({ length: heads }, () => matrix) },
      rowsByList: true,
      bits: ids.map(() => 4),
    });
    const cycles = (heads: number): number =>
      goldenAccelerator(p, acceleratorJob(p, run(heads)), none).cycles;
    // List 8, rows 64, until the offer 3, tiles, way through the array 2 + 2.
    expect(cycles(1)).toBe(8 + 64 + 3 + 256 + 4);
    expect(cycles(5)).toBe(cycles(1) + 4 * 256);
    // With 2 right lanes work is as long as a load: the third load waits 3 cycles for a bank, as long as the first
    // matrix was on its way to the array.
    const short = { ...run(3), right: { ...run(3).right, count: 2 } };
    const { cycles: loads } = goldenAccelerator(p, acceleratorJob(p, short), none);
    expect(loads).toBe(8 + 2 * 64 + 3 + 64 + 3 + 64 + 4);
  });

  it('have at most two matrices on the way', () => {
    const array = { rows: 1, cols: 1, skid: 0 };
    const matrices = 5;
    const digits = (each: number) => [new Uint8Array(matrices * 3).fill(each)];
    const ends = Uint8Array.from({ length: matrices * 3 }, (_, k) => (k % 3 === 2 ? 1 : 0));
    const time = (beats: number): number =>
      acceleratorTime(array, {
        tokens: 0,
        left: {
          last: Uint8Array.from({ length: matrices * beats }, (_, k) => +((k + 1) % beats === 0)),
          waits: false,
          beats: 3,
        },
        right: { last: [1], waits: false, beats: matrices * 3 },
        array: { left: digits(2), right: digits(2), ends },
        results: matrices,
      }).cycles;
    // Work alone: 3 words of 4 cycles for each.
    expect(time(3)).toBe(2 + 4 + matrices * 12 + 2);
    // Loads alone: the last matrix comes after all others, and what is loaded third waits for the first to be given up.
    expect(time(40)).toBe(matrices * 40 - 1 + 4 + 12 + 2);
  });
});

describe('a job for the accelerator', () => {
  const job = (): Job =>
    acceleratorJob(
      usual,
      plain(
        [[1, 2]],
        [
          [3, 4],
          [5, 6],
        ],
      ),
    );
  const listed = (): Job => {
    const run = plain(
      [[1, 2]],
      [
        [3, 4],
        [5, 6],
      ],
    );
    return acceleratorJob(usual, { ...run, left: { ...run.left, byList: true }, bits: [8, 4] });
  };
  const golden =
    (broken: Job): (() => unknown) =>
    () =>
      goldenAccelerator(usual, broken, none);
  const writing = (own: Job, address: number, value: number): Job => ({
    ...own,
    writes: [...own.writes, [address, value]],
  });
  const tokens = (...beats: number[][]): Uint8Array =>
    packBeats(
      tokenBeats.widths,
      [0, 1, 2].map((field) => beats.map((beat) => beat[field]!)),
    );

  it('follows the protocol, or is refused', () => {
    expect(golden(job())).not.toThrow();
    expect(golden(listed())).not.toThrow();
    const [left, right] = ['left', 'right'].map((name) => job().inputs[name] as Uint8Array);
    const withInputs = (inputs: Job['inputs'], own = job()): Job => ({
      ...own,
      inputs: { ...own.inputs, ...inputs },
    });
    const refused: readonly (readonly [Job, string])[] = [
      [writing(job(), 9, 0), 'address 9'],
      [writing(job(), 0, 0), 'allowed are 1 to'],
      [writing(job(), 4, 3), 'allowed are 0 to 2'],
      [writing(job(), 6, 2), 'with 2 uses'],
      [writing(job(), 2, 1), 'has 2 rows instead of 1'],
      [writing(job(), 0, 3), 'ends within a row'],
      [writing(job(), 1, 1000), 'blocks'],
      [withInputs({ left: left!.subarray(0, 0) }), '0 left matrices'],
      [withInputs({ right: right!.subarray(0, right!.length / 2) }), 'is not ended'],
      [withInputs({ tokens: tokens([0, 2, 1]) }), '1 token lists'],
      [withInputs({ tokens: new Uint8Array(0) }, listed()), '0 token lists'],
      [withInputs({ tokens: tokens([0, 1, 0], [1, 2, 1]) }, listed()), 'precision 2'],
      [withInputs({ tokens: tokens([0, 1, 0], [0, 1, 1]) }, listed()), 'token 0'],
      [withInputs({ tokens: tokens([16, 1, 1]) }, listed()), '0 to 15'],
      [withInputs({ tokens: tokens([0, 3, 1]) }, listed()), 'precision 3'],
      [withInputs({ tokens: tokens([0, 2, 0]) }, listed()), 'list is not ended'],
      [withInputs({ tokens: tokens([5, 2, 1]) }, listed()), 'without a row'],
      [writing(job(), flagsAddress, 0b1000_0011), '0 token lists'],
      [{ ...job(), registers: { RESULTS: 2 } }, 'RESULTS = 2'],
      [{ ...job(), registers: { RESULTS: 1, ROWS: 1 } }, "register 'ROWS'"],
      [{ ...job(), expect: { results: 2 } }, 'expects 2 beats'],
      [
        {
          ...listed(),
          writes: listed().writes.filter(([address]) => address !== newListAddress),
        },
        'give up',
      ],
    ];
    for (const [broken, words] of refused) expect(golden(broken), words).toThrow(words);
  });
});
