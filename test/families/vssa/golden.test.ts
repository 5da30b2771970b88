import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import {
  arrayJob,
  arrayWrites,
  inOrder,
  joinedJob,
  orderOf,
  productJobs,
  productSums,
} from '../../../src/families/vssa/array-job.ts';
import { tileCycles, closedCycles, idealCycles } from '../../../src/families/vssa/closed-forms.ts';
import { planesOf } from '../../../src/families/vssa/format/codes.ts';
import {
  digitBeats,
  leftBeats,
  peLeftBeats,
  peResultBeats,
  peRightBeats,
  resultBeats,
  rightBeats,
  tokenBeats,
  valueBeats,
} from '../../../src/families/vssa/format/streams.ts';
import { codeOf, wordMatrix, wordOf } from '../../../src/families/vssa/format/words.ts';
import { goldenArray } from '../../../src/families/vssa/golden-array.ts';
import { goldenPe } from '../../../src/families/vssa/golden-pe.ts';
import { goldenRequantizer } from '../../../src/families/vssa/golden-requantizer.ts';
import { goldenTopKDesign } from '../../../src/families/vssa/golden-topk-design.ts';
import {
  randomArrayJob,
  randomPeJob,
  randomRequantizerJob,
  randomTopKJob,
} from '../../../src/families/vssa/random-job.ts';
import { rng } from '../../../src/numeric/index.ts';
import { packBeats, unpackBeats } from '../../../src/testbench/beats.ts';
import type { BeatFormat } from '../../../src/testbench/beats.ts';
import { noStalls } from '../../../src/testbench/job.ts';
import type { Job, Outcome } from '../../../src/testbench/job.ts';

const none = new Map<string, Uint8Array>();
const columns = (format: BeatFormat, bytes: unknown): number[][] =>
  unpackBeats(format.widths, bytes as Uint8Array, format.signed).map((column) => [...column]);
const written = (job: Job, address: number): number =>
  job.writes.find(([at]) => at === address)?.[1] ?? NaN;

/** What a word stands for, from its digits. */
function naiveValue(word: number, signed: number): number {
  const low = word % 16;
  const high = Math.floor(word / 16) % 16;
  const digit = signed === 1 && high > 7 ? high - 16 : high;
  return 16 * digit + (word >= 256 ? low : 0);
}
const naiveSum = (a: readonly number[], b: readonly number[]): number =>
  Number(
    BigInt.asIntN(
      32,
      a.reduce((sum, x, k) => sum + BigInt(x) * BigInt(b[k]!), 0n),
    ),
  );
const times = (word: number): number => (word >= 256 ? 2 : 1);

const arrays = fc.record({
  rows: fc.integer({ min: 1, max: 7 }),
  cols: fc.integer({ min: 1, max: 7 }),
  skid: fc.integer({ min: 0, max: 1 }),
});
const seeds = fc.integer({ min: 0, max: 2 ** 31 });

describe('words', () => {
  it('hold a code of 8 bits as it is, one of 4 as its high digit', () => {
    expect([-128, -1, 127, 255].map((code) => wordOf(code, 8))).toEqual([384, 511, 383, 511]);
    expect([-128, -16, 112, 240].map((code) => wordOf(code, 4))).toEqual([128, 240, 112, 240]);
    expect(codeOf(511, true)).toBe(-1);
    expect(codeOf(511, false)).toBe(255);
    expect(codeOf(0xff, true)).toBe(-16);
    expect(codeOf(0xff, false)).toBe(240);
  });
});

describe('golden processing element', () => {
  it('is exact for every pair of words, and takes a cycle for each pair of digits', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const job = randomPeJob({ skid: 0 }, rng(seed));
        const outcome = goldenPe({ skid: 0 }, job, none);
        const left = columns(peLeftBeats, job.inputs['left']);
        const right = columns(peRightBeats, job.inputs['right']);
        const word = (side: number[][], k: number): number =>
          256 * side[2]![k]! + 16 * side[0]![k]! + side[1]![k]!;
        const sums: number[] = [];
        let cycles = 2;
        let terms: [number[], number[]] = [[], []];
        for (let k = 0; k < left[0]!.length; k++) {
          if (left[3]![k] === 1) terms = [[], []];
          terms[0].push(naiveValue(word(left, k), written(job, 0)));
          terms[1].push(naiveValue(word(right, k), written(job, 1)));
          cycles += times(word(left, k)) * times(word(right, k));
          if (left[4]![k] === 1) sums.push(naiveSum(...terms));
        }
        expect(columns(peResultBeats, outcome.outputs['results'])[0]).toEqual(sums);
        expect(outcome.outputs['left_out']).toEqual(job.inputs['left']);
        expect(outcome.outputs['right_out']).toEqual(job.inputs['right']);
        expect(outcome.cycles).toBe(cycles);
      }),
      { numRuns: 60 },
    );
  });

  it('refuses a job whose first word starts no sum', () => {
    const job = randomPeJob({ skid: 0 }, rng(1));
    const left = columns(peLeftBeats, job.inputs['left']);
    left[3]![0] = 0;
    const inputs = { ...job.inputs, left: packBeats(peLeftBeats.widths, left) };
    expect(() => goldenPe({ skid: 0 }, { ...job, inputs }, none)).toThrow(/`first`/);
  });
});

describe('golden array', () => {
  it('gives the products of all lanes, and accounts for every cycle of every element', () => {
    fc.assert(
      fc.property(arrays, seeds, (p, seed) => {
        const job = randomArrayJob(p, rng(seed));
        const { outputs, cycles, counters } = goldenArray(p, job, none);
        const [rows, inUse] = [written(job, 2), written(job, 3)];
        const left = columns(leftBeats(p), job.inputs['left']);
        const right = columns(rightBeats(p), job.inputs['right']);
        const last = left.pop()!;
        const results = columns(resultBeats(p), outputs['results']);
        let beat = 0;
        for (let begin = 0; begin < last.length;) {
          const end = last.indexOf(1, begin) + 1;
          for (let i = 0; i < rows; i++, beat++) {
            for (let j = 0; j < p.cols; j++) {
              const value = (lane: number[], signed: number): number[] =>
                lane.slice(begin, end).map((word) => naiveValue(word, signed));
              const due =
                j < inUse
                  ? naiveSum(value(left[i]!, written(job, 0)), value(right[j]!, written(job, 1)))
                  : 0;
              expect(results[j]![beat]).toBe(due);
            }
            expect(results[p.cols]![beat]).toBe(i === rows - 1 ? 1 : 0);
          }
          begin = end;
        }
        expect(results[0]).toHaveLength(beat);

        const { busy, stalled, starved } = counters as Record<string, number>;
        expect(counters['cycles']).toBe(cycles);
        expect(busy! + stalled! + starved!).toBe(p.rows * p.cols * cycles);
        // Every element works on every pair of words, those that are not in use on words of one digit.
        let digits = 0;
        let slowest = 0;
        last.forEach((_, k) => {
          const of = (lanes: number[][], used: number): number[] =>
            lanes.map((lane, n) => (n < used ? times(lane[k]!) : 1));
          const [a, b] = [of(left, rows), of(right, inUse)];
          const sum = (all: number[]): number => all.reduce((x, y) => x + y, 0);
          digits += sum(a) * sum(b);
          slowest += Math.max(...a) * Math.max(...b);
        });
        // After the last result of the rows in use, the others may still be at work.
        if (rows === p.rows) expect(busy).toBe(digits);
        else expect(busy).toBeLessThanOrEqual(digits);
        expect(cycles).toBeGreaterThanOrEqual(Math.ceil(busy! / (p.rows * p.cols)));
        // Elastic links may hide some of it, but never slow the array below a tile after the other.
        const tiles = last.filter((flag) => flag === 1).length;
        expect(cycles).toBeLessThanOrEqual(slowest + (tiles + 1) * (p.rows + p.cols) + 2);
      }),
      { numRuns: 80 },
    );
  });

  it('takes the closed form and 2 cycles for tiles of one precision that are long enough', () => {
    fc.assert(
      fc.property(
        arrays,
        fc.array(fc.record({ left: fc.boolean(), right: fc.boolean() }), {
          minLength: 1,
          maxLength: 5,
        }),
        fc.integer({ min: 7, max: 40 }),
        (p, tiles, length) => {
          const lanes = (count: number, eight: boolean): Uint16Array[] =>
            Array.from({ length: count }, () => new Uint16Array(length).fill(eight ? 256 : 0));
          // In the order of the fetch no precision comes back, though the closed form would not mind.
          const left = tiles.map((tile) =>
            packBeats(leftBeats(p).widths, [
              ...lanes(p.rows, tile.left),
              Uint8Array.from({ length }, (_, k) => (k === length - 1 ? 1 : 0)),
            ]),
          );
          const right = tiles.map((tile) =>
            packBeats(rightBeats(p).widths, lanes(p.cols, tile.right)),
          );
          const bytes = (parts: Uint8Array[]): Uint8Array => Uint8Array.from(Buffer.concat(parts));
          const job = arrayJob(
            p,
            arrayWrites({ left: true, right: true }, { rows: p.rows, columns: p.cols }),
            { left: bytes(left), right: bytes(right) },
            { beats: length * tiles.length, results: tiles.length * p.rows },
          );
          const work = tiles.reduce(
            (sum, tile) => sum + length * (tile.left ? 2 : 1) * (tile.right ? 2 : 1),
            0,
          );
          const { cycles } = goldenArray(p, job, none);
          expect(cycles).toBe(work + p.rows + p.cols);
          expect(cycles).toBe(closedCycles(p, work) + 2);
        },
      ),
      { numRuns: 60 },
    );
  });

  it.each([
    // Element 0 takes its pairs in cycles 0, 2 and 5: in 4 it waits, since element 1 takes the second only in 5.
    [0, { busy: 12, stalled: 1, starved: 9 }],
    // With room for two words it takes them in 0, 2 and 3.
    [1, { busy: 12, stalled: 0, starved: 10 }],
  ])('counts what a small array does, worked out by hand, skid %d', (skid, counters) => {
    const p = { rows: 1, cols: 2, skid };
    const job = arrayJob(
      p,
      arrayWrites({ left: true, right: true }, { rows: 1, columns: 2 }),
      {
        left: packBeats(leftBeats(p).widths, [
          [256, 0, 0],
          [0, 0, 1],
        ]),
        right: packBeats(rightBeats(p).widths, [
          [0, 0, 0],
          [256, 256, 256],
        ]),
      },
      { beats: 3, results: 1 },
    );
    expect(goldenArray(p, job, none)).toMatchObject({ cycles: 11, counters });
  });

  it('gives permuted results for permuted tokens', () => {
    const p = { rows: 3, cols: 4, skid: 0 };
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(8, 4), { minLength: 1, maxLength: 9 }),
        fc.array(fc.constantFrom(8, 4), { minLength: 1, maxLength: 9 }),
        fc.integer({ min: 1, max: 6 }),
        seeds,
        (leftBits, rightBits, length, seed) => {
          const random = rng(seed);
          const side = (rowBits: readonly number[]) =>
            wordMatrix({
              ...{ rows: rowBits.length, columns: length, rowBits },
              data: Array.from({ length: rowBits.length * length }, () => random.below(256) - 128),
            });
          const signed = { left: true, right: true };
          const product = { left: side(leftBits), right: side(rightBits), signed };
          const [rows, cols] = [orderOf(leftBits, 'sorted'), orderOf(rightBits, 'sorted')];
          const sorted = {
            left: inOrder(product.left, rows),
            right: inOrder(product.right, cols),
            signed,
          };
          const sums = [product, sorted].map((each) =>
            productSums(
              p,
              each,
              productJobs(p, each).map((job) => goldenArray(p, job, none)),
            ),
          );
          rows.forEach((row, i) => {
            cols.forEach((col, j) => {
              expect(sums[1]![i * cols.length + j]).toBe(sums[0]![row * cols.length + col]);
            });
          });
        },
      ),
      { numRuns: 40 },
    );
  });

  it('multiplies the extremes, also with the largest unsigned words', () => {
    const p = { rows: 1, cols: 1, skid: 0 };
    const single = (left: number, right: number, signs: readonly [boolean, boolean]): Outcome =>
      goldenArray(
        p,
        arrayJob(
          p,
          arrayWrites({ left: signs[0], right: signs[1] }, { rows: 1, columns: 1 }),
          {
            left: packBeats(leftBeats(p).widths, [[left], [1]]),
            right: packBeats(rightBeats(p).widths, [[right]]),
          },
          { beats: 1, results: 1 },
        ),
        none,
      );
    const sumOf = (outcome: Outcome): number | undefined =>
      columns(resultBeats(p), outcome.outputs['results'])[0]![0];
    const least = wordOf(-128, 8);
    expect(sumOf(single(least, least, [true, true]))).toBe(16384);
    expect(single(least, least, [true, true]).cycles).toBe(6);
    expect(sumOf(single(wordOf(255, 8), wordOf(255, 8), [false, false]))).toBe(65025);
    expect(sumOf(single(wordOf(240, 4), wordOf(-128, 4), [false, true]))).toBe(-30720);
    expect(single(wordOf(240, 4), wordOf(-128, 4), [false, true]).cycles).toBe(3);
  });

  it('refuses jobs that do not follow the protocol', () => {
    const p = { rows: 2, cols: 2, skid: 0 };
    const job = randomArrayJob(p, rng(1));
    const results = job.expect['results']!;
    const refused =
      (change: Partial<Job>): (() => Outcome) =>
      () =>
        goldenArray(p, { ...job, ...change }, none);
    expect(refused({})).not.toThrow();
    expect(refused({ registers: { RESULTS: results + 1 } })).toThrow(/RESULTS/);
    expect(refused({ registers: { RESULTS: results, ROWS: 1 } })).toThrow(/ROWS/);
    expect(refused({ expect: { results: results + 1 } })).toThrow(/expects/);
    expect(refused({ writes: [[2, 3]] })).toThrow(/rows in use = 3/);
    expect(refused({ writes: [[5, 1]] })).toThrow(/address 5/);
    const short = (job.inputs['right'] as Uint8Array).subarray(3);
    expect(refused({ inputs: { ...job.inputs, right: short } })).toThrow(/right/);
  });

  it('runs jobs that are joined without the way through the array in between', () => {
    const p = { rows: 2, cols: 3, skid: 0 };
    const side = wordMatrix({ rows: 2, columns: 8, data: new Int8Array(16) });
    const product = { left: side, right: side, signed: { left: true, right: true } };
    const [job] = productJobs(p, product);
    const alone = goldenArray(p, job!, none);
    const both = goldenArray(p, joinedJob(p, [job!, job!]), none);
    expect(both.cycles).toBe(alone.cycles + 8 * 4);
    expect(tileCycles(p, product)).toBe(8 * 4);
    expect(idealCycles(p, product)).toBe((8 * 16) / 6);
  });
});

describe('golden requantizer', () => {
  it('writes the planes of every code', () => {
    const codes = Array.from({ length: 512 }, (_, i) => (i % 256) - 128);
    const eight = codes.map((_, i) => (i < 256 ? 1 : 0));
    const job: Job = {
      ...randomRequantizerJob({}, rng(1)),
      inputs: { values: packBeats(valueBeats.widths, [codes, eight, eight]) },
      expect: { digits: codes.length },
    };
    const { outputs, cycles } = goldenRequantizer({}, job, none);
    const [high, low, marks, last] = columns(digitBeats, outputs['digits']);
    const planes = ([8, 4] as const).map((bits) =>
      planesOf(Int8Array.from(codes.slice(0, 256)), bits),
    );
    expect(high).toEqual(planes.flatMap((plane) => [...plane.high].map((digit) => digit & 15)));
    expect(low).toEqual(planes.flatMap((plane) => [...plane.low]));
    expect(marks).toEqual(eight);
    expect(last).toEqual(eight);
    expect(cycles).toBe(513);
  });

  it('takes random jobs', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const job = randomRequantizerJob({}, rng(seed));
        expect(() => goldenRequantizer({}, job, none)).not.toThrow();
      }),
      { numRuns: 50 },
    );
  });
});

describe('golden engine that chooses tokens', () => {
  it('lists the tokens of 8 bits, then those of 4, for each sequence', () => {
    const p = { maxTokens: 64 };
    const job: Job = {
      writes: [
        [0, 3],
        [1, 1],
      ],
      inputs: {
        scores: packBeats(
          [40, 1, 1, 1],
          [
            [5, 9, 5, 5, 1, 2 ** 40 - 1],
            [0, 0, 0, 1, 1, 0],
            [1, 1, 1, 1, 0, 1],
            [0, 0, 0, 0, 1, 1],
          ],
        ),
      },
      expect: { tokens: 4 },
      stalls: noStalls,
      maxCycles: 1,
    };
    const { outputs, cycles } = goldenTopKDesign(p, job, none);
    expect(columns(tokenBeats, outputs['tokens'])).toEqual([
      [1, 0, 3, 0],
      [2, 1, 1, 2],
      [0, 0, 1, 1],
    ]);
    // 46 bits of a key on two levels; the first sequence walks both lists, the second only its list of 8 bits.
    expect(cycles).toBe(5 + 2 * 46 + (1 + 1 + 2 + 0 + 1) + 1 + 2 * 46 + (1 + 0 + 1));
  });

  it('takes random jobs, in which someone always survives', () => {
    fc.assert(
      fc.property(seeds, fc.constantFrom(16, 40, 1024), (seed, maxTokens) => {
        const job = randomTopKJob({ maxTokens }, rng(seed));
        const { outputs } = goldenTopKDesign({ maxTokens }, job, none);
        const [ids, bits, last] = columns(tokenBeats, outputs['tokens']);
        ids!.forEach((id, i) => {
          if (i === 0 || last![i - 1] === 1) return;
          const [before, now] = [bits![i - 1]!, bits![i]!];
          expect(before > now || (before === now && ids![i - 1]! < id)).toBe(true);
        });
        expect(last!.at(-1)).toBe(1);
      }),
      { numRuns: 60 },
    );
  });
});
