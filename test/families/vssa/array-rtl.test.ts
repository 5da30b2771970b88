import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import {
  arrayJob,
  inOrder,
  orderOf,
  productJobs,
  productSums,
} from '../../../src/families/vssa/array-job.ts';
import type { ArrayProduct, TokenOrder } from '../../../src/families/vssa/array-job.ts';
import { vssaArray } from '../../../src/families/vssa/designs.ts';
import type { WordMatrix } from '../../../src/families/vssa/format/words.ts';
import type { ArrayParameters } from '../../../src/families/vssa/params.ts';
import { rng } from '../../../src/numeric/index.ts';
import type { Rng } from '../../../src/numeric/index.ts';
import { openSession, packBeats } from '../../../src/testbench/index.ts';
import type { Outcome } from '../../../src/testbench/index.ts';
import { arrayPoint } from './arbitraries.ts';
import { simulate } from './hardware.ts';

/** `SYSTOLE_REGRESS` looks at ten times as many random products. */
const products = process.env['SYSTOLE_REGRESS'] ? 300 : 6;

/** What a word stands for: of one digit, the low one is nothing. */
function valueOf(word: number, signed: boolean): number {
  const code = word >= 256 ? word - 256 : word - (word % 16);
  return signed && code >= 128 ? code - 256 : code;
}

/** Any words, by token, by place or each as it comes; the least codes often. */
function anyWords(random: Rng, rows: number, columns: number): WordMatrix {
  const eight = (count: number): number[] => Array.from({ length: count }, () => random.below(2));
  const [kind, byRow, byColumn] = [random.below(3), eight(rows), eight(columns)];
  const words = Uint16Array.from({ length: rows * columns }, (_, at) => {
    const [row, column] = [Math.floor(at / columns), at % columns];
    const isEight = [byRow[row]!, byColumn[column]!, random.below(2)][kind]!;
    return 256 * isEight + (random.below(3) === 0 ? 0x80 : random.below(256));
  });
  return { rows, columns, words };
}

function anyProduct(random: Rng): ArrayProduct {
  const depth = 1 + random.below(12);
  return {
    left: anyWords(random, 1 + random.below(9), depth),
    right: anyWords(random, 1 + random.below(9), depth),
    signed: { left: random.below(3) > 0, right: random.below(3) > 0 },
  };
}

function naiveSums({ left, right, signed }: ArrayProduct): number[] {
  const row = ({ words, columns }: WordMatrix, at: number, isSigned: boolean): number[] =>
    [...words.subarray(at * columns, (at + 1) * columns)].map((word) => valueOf(word, isSigned));
  return Array.from({ length: left.rows }, (_, i) =>
    Array.from({ length: right.rows }, (_, j) => {
      const other = row(right, j, signed.right);
      return row(left, i, signed.left).reduce((sum, x, k) => sum + x * other[k]!, 0);
    }),
  ).flat();
}

const countersAdd = (p: ArrayParameters, { counters }: Outcome): boolean =>
  counters['busy']! + counters['stalled']! + counters['starved']! ===
  p.rows * p.cols * counters['cycles']!;

describe('products on the array', () => {
  const point = fc.tuple(arrayPoint, fc.integer({ min: 1, max: 2 ** 31 }));

  it(`are exact, and their counters add up, in ${products} random cases`, async () => {
    await fc.assert(
      fc.asyncProperty(point, async ([p, seed]) => {
        const product = anyProduct(rng(seed));
        const jobs = productJobs(p, product);
        const slow = jobs.map((job) => ({ ...job, stalls: { seed, source: 90, sink: 90 } }));
        const outcomes = await simulate(vssaArray, p, [...jobs, ...slow]);
        expect(outcomes.every((outcome) => countersAdd(p, outcome))).toBe(true);
        const expected = naiveSums(product);
        expect([...productSums(p, product, outcomes.slice(0, jobs.length))]).toEqual(expected);
        expect([...productSums(p, product, outcomes.slice(jobs.length))]).toEqual(expected);
        const session = await openSession('golden', vssaArray, p);
        const golden = await session.run(jobs);
        expect(outcomes.slice(0, jobs.length).map(({ counters }) => counters)).toEqual(
          golden.map(({ counters }) => counters),
        );
      }),
      { numRuns: products },
    );
  }, 300_000);

  it('change places as their tokens do', async () => {
    const p = { rows: 4, cols: 3, skid: 0 };
    const random = rng(4);
    const left = anyWords(random, 9, 7);
    const right = anyWords(random, 8, 7);
    const rows = [3, 8, 0, 5, 1, 7, 2, 6, 4];
    const columns = [7, 0, 6, 1, 5, 2, 4, 3];
    const signed = { left: true, right: true };
    const straight = { left, right, signed };
    const moved = { left: inOrder(left, rows), right: inOrder(right, columns), signed };
    const sumsOf = async (product: ArrayProduct) =>
      productSums(p, product, await simulate(vssaArray, p, productJobs(p, product)));
    const before = await sumsOf(straight);
    const after = await sumsOf(moved);
    expect([...after]).toEqual(rows.flatMap((i) => columns.map((j) => before[8 * i + j]!)));
  });

  it('need no setup after reset', async () => {
    const p = { rows: 2, cols: 3, skid: 0 };
    const product = {
      left: { rows: 2, columns: 1, words: Uint16Array.of(0x180, 0x30) },
      right: { rows: 3, columns: 1, words: Uint16Array.of(0x180, 0x1ff, 0x80) },
      signed: { left: true, right: true },
    };
    const jobs = productJobs(p, product).map((job) => ({ ...job, writes: [] }));
    const outcomes = await simulate(vssaArray, p, jobs);
    expect([...productSums(p, product, outcomes)]).toEqual([16384, 128, 16384, -6144, -48, -6144]);
  });

  it('count anew in each run', async () => {
    const p = { rows: 32, cols: 2, skid: 0 };
    const random = rng(9);
    const product = {
      left: anyWords(random, 1, 3),
      right: anyWords(random, 2, 3),
      signed: { left: true, right: true },
    };
    const [job] = productJobs(p, product);
    const runs = await simulate(vssaArray, p, [job!, job!, job!]);
    expect(countersAdd(p, runs[0]!)).toBe(true);
    expect(runs[1]).toEqual(runs[0]);
    expect(runs[2]).toEqual(runs[0]);
  });
});

/** Tiles of whole rows and columns of one precision each, `depth` long. */
function tilesJob(
  p: ArrayParameters,
  tiles: readonly { readonly left: number; readonly right: number; readonly depth: number }[],
) {
  const flat = tiles.flatMap(({ left, right, depth }) =>
    Array.from({ length: depth }, (_, k) => ({ left, right, last: k === depth - 1 ? 1 : 0 })),
  );
  const lanes = (count: number, side: 'left' | 'right') =>
    Array.from({ length: count }, (_, lane) =>
      flat.map((beat, k) => 256 * beat[side] + ((37 * k + 11 * lane) % 256)),
    );
  return arrayJob(
    p,
    [],
    {
      left: packBeats(
        [...lanes(p.rows, 'left').map(() => 9), 1],
        [...lanes(p.rows, 'left'), flat.map(({ last }) => last)],
      ),
      right: packBeats(
        lanes(p.cols, 'right').map(() => 9),
        lanes(p.cols, 'right'),
      ),
    },
    { beats: flat.length, results: tiles.length * p.rows },
  );
}

describe('cycles of the array', () => {
  it('are those of its tiles, and one fill, where tiles are of one precision each and long enough', async () => {
    const tile = fc.record({
      left: fc.constantFrom(0, 1),
      right: fc.constantFrom(0, 1),
      more: fc.nat(5),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.record({ rows: fc.integer({ min: 1, max: 7 }), cols: fc.integer({ min: 1, max: 7 }) }),
        fc.constantFrom(0, 1),
        fc.array(tile, { minLength: 1, maxLength: 6 }),
        async (size, skid, list) => {
          const p = { ...size, skid };
          const tiles = list.map(({ left, right, more }) => {
            const pace = (1 + left) * (1 + right);
            return { left, right, depth: Math.ceil(Math.max(p.rows, p.cols) / pace) + more };
          });
          const [outcome] = await simulate(vssaArray, p, [tilesJob(p, tiles)]);
          const work = tiles.reduce(
            (sum, { left, right, depth }) => sum + depth * (1 + left) * (1 + right),
            0,
          );
          expect(outcome!.cycles).toBe(work + p.rows + p.cols);
          const text = vssaArray.manual(p).timing.join('\n');
          expect(text).toContain(
            `least ${Math.max(p.rows, p.cols)}, and ${p.rows + p.cols} cycles once`,
          );
          expect(outcome!.counters['busy']).toBe(work * p.rows * p.cols);
        },
      ),
      { numRuns: products },
    );
  }, 300_000);

  /** Scores of 128 tokens of 64 features, some of 8 bits, on 16 x 16 elements. */
  async function scores(share: number, order: TokenOrder) {
    const p = { rows: 16, cols: 16, skid: 0 };
    const random = rng(1);
    const bits = Uint8Array.from({ length: 128 }, (_, i) => (i < 128 * share ? 8 : 4));
    for (let i = 127; i > 0; i--) {
      const j = random.below(i + 1);
      [bits[i], bits[j]] = [bits[j]!, bits[i]!];
    }
    const words = Uint16Array.from({ length: 128 * 64 }, (_, at) =>
      bits[Math.floor(at / 64)] === 8 ? 256 + random.below(256) : 16 * random.below(16),
    );
    const tokens = inOrder({ rows: 128, columns: 64, words }, orderOf(bits, order));
    const product = { left: tokens, right: tokens, signed: { left: true, right: true } };
    const jobs = productJobs(p, product);
    expect(jobs).toHaveLength(1);
    const [outcome] = await simulate(vssaArray, p, jobs);
    expect(countersAdd(p, outcome!)).toBe(true);
    expect(outcome).toEqual(vssaArray.golden(p, jobs[0]!, new Map()));
    return outcome!;
  }

  // Simulations with a fill for each of the 64 tiles gave 8320, 11136 and 14464: 64 x 30 more, and the fill of one.
  it.each([
    [0.25, 8320],
    [0.5, 11136],
    [0.75, 14464],
  ])(
    'are those of the digits alone where %f of the tokens have 8 bits, sorted',
    async (share, filled) => {
      const { cycles, counters } = await scores(share, 'sorted');
      expect(cycles).toBe(filled - 64 * 30 + 32);
      expect(counters['stalled']).toBe(0);
    },
  );

  it('are nearly those of 8 bits throughout where half of the tokens have 8 bits, unsorted', async () => {
    const { cycles, counters } = await scores(0.5, 'unsorted');
    expect(cycles).toBeGreaterThan(0.97 * 64 * 256);
    expect(cycles).toBeLessThanOrEqual(64 * 256 + 32);
    expect(counters['stalled']! + counters['starved']!).toBeGreaterThan(0.4 * 256 * cycles);
  });
});
