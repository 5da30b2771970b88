import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { acceleratorJob } from '../../../src/families/vssa/accelerator-job.ts';
import type {
  AcceleratorRun,
  OperandRows,
  OperandSide,
} from '../../../src/families/vssa/accelerator-job.ts';
import { vssaAccelerator } from '../../../src/families/vssa/designs.ts';
import { newListAddress } from '../../../src/families/vssa/params.ts';
import type { AcceleratorParameters } from '../../../src/families/vssa/params.ts';
import { rng } from '../../../src/numeric/index.ts';
import { isVerified, openSession, resolveParameters } from '../../../src/testbench/index.ts';
import type { Job, Session } from '../../../src/testbench/index.ts';
import { emitVerilog } from '../../../src/verilog/index.ts';
import { lintDesign, verifyRandomJobs } from '../design-checks.ts';
import { acceleratorPoint } from './arbitraries.ts';
import { simulate } from './hardware.ts';
import { naiveAccelerator, resultsOf } from './naive-accelerator.ts';

const regress = process.env['SYSTOLE_REGRESS'] !== undefined;
const points = regress ? 200 : 8;
/** Building a device takes longer than its jobs. */
const jobsPerPoint = 10;
const lintPoints = regress ? 20 : 1;
const verilogPoints = regress ? 10 : 1;
const seed = fc.integer({ min: 1, max: 2 ** 31 });

const defaults = resolveParameters(vssaAccelerator, {}, 'the test') as AcceleratorParameters;
const small: AcceleratorParameters = {
  ...{ rows: 3, cols: 4, skid: 0, maxTokens: 24, loadWords: 2 },
  ...{ leftBlocks: 40, rightBlocks: 40 },
};

describe('vssa-accelerator', () => {
  it(`equals the golden model in every bit, cycle and counter at ${points} random points`, async () => {
    await fc.assert(
      fc.asyncProperty(acceleratorPoint, seed, async (p, seed) => {
        const verification = await verifyRandomJobs('simulator', vssaAccelerator, p, {
          seed,
          jobs: jobsPerPoint,
        });
        expect(verification).toMatchObject({ free: { mismatches: 0 }, cycleMismatches: 0 });
        expect(isVerified(verification)).toBe(true);
      }),
      { numRuns: points },
    );
  }, 1_200_000);

  it.each([
    { ...small, rows: 1, cols: 1, skid: 1, loadWords: 1, maxTokens: 16, leftBlocks: 2 },
    { ...small, rows: 7, cols: 8, loadWords: 8, maxTokens: 1024, rightBlocks: 3 },
  ])('equals it at the limits: %o', async (p) => {
    expect(
      isVerified(await verifyRandomJobs('simulator', vssaAccelerator, p, { seed: 5, jobs: 3 })),
    ).toBe(true);
    expect(await lintDesign(vssaAccelerator, p)).toEqual([]);
  });

  it(`is lint-clean in three tools at ${lintPoints} random points`, async () => {
    if (regress) expect(await lintDesign(vssaAccelerator, defaults)).toEqual([]);
    await fc.assert(
      fc.asyncProperty(acceleratorPoint, async (p) => {
        expect(await lintDesign(vssaAccelerator, p)).toEqual([]);
      }),
      { numRuns: lintPoints },
    );
  }, 600_000);

  it.each(['icarus', 'verilator'] as const)(
    `equals the golden model in %s at ${verilogPoints} random points`,
    async (engine) => {
      await fc.assert(
        fc.asyncProperty(acceleratorPoint, seed, async (point, seed) => {
          // Builds of large arrays take long.
          const p = { ...point, rows: Math.min(point.rows, 4) };
          expect(
            isVerified(await verifyRandomJobs(engine, vssaAccelerator, p, { seed, jobs: 3 })),
          ).toBe(true);
        }),
        { numRuns: verilogPoints, endOnFailure: true },
      );
    },
    600_000,
  );

  it('generates the default in less than 5 seconds of processor time', () => {
    const start = process.cpuUsage();
    const files = emitVerilog(vssaAccelerator.rtl(defaults));
    expect(process.cpuUsage(start).user / 1e6).toBeLessThan(5);
    // Lanes of either store and rows of the array are loops.
    const lanes = files.flatMap(
      ({ text }) => text.match(/^ *vssa_(operand_lane|row)\w* u_/gm) ?? [],
    );
    expect(lanes).toHaveLength(3);
  });

  it('is emitted as it was read and approved, for small parameters', async () => {
    const p = { ...small, leftBlocks: 16, rightBlocks: 12 };
    const read = /^vssa_(accelerator_core|left_store|right_store|operand_lane_\w+|token_list)\.v$/;
    const own = emitVerilog(vssaAccelerator.rtl(p)).filter(({ name }) => read.test(name));
    expect(own).toHaveLength(6);
    for (const { name, text } of own) {
      const golden = join(import.meta.dirname, 'golden', 'vssa-accelerator', name);
      await expect(text).toMatchFileSnapshot(golden);
    }
  });

  it('refuses beats that would reach into the next group of columns', () => {
    expect(() => resolveParameters(vssaAccelerator, { cols: 6 }, 'the test')).toThrow(
      'loadWords=4 does not divide cols=6',
    );
  });
});

const side: Omit<OperandSide, 'count' | 'matrices'> = {
  ...{ signed: true, byList: false, requantizes: false, tags: 'eight' as const, uses: 1 },
};

/** Rows of any codes, one for each of these tokens. */
function anyRows(random: ReturnType<typeof rng>, ids: readonly number[], columns: number) {
  const data = Array.from({ length: ids.length * columns }, () => random.below(256));
  return { ids, columns, data } satisfies OperandRows;
}

/** The same rows in another order. */
function inOrder({ ids, columns, data }: OperandRows, order: readonly number[]): OperandRows {
  return {
    ids: order.map((row) => ids[row]!),
    columns,
    data: order.flatMap((row) =>
      Array.from({ length: columns }, (_, column) => data[row * columns + column]!),
    ),
  };
}

function transposed({ ids, columns, data }: OperandRows): OperandRows {
  const [rows, from] = [ids.length, Array.from(data)];
  return {
    ids: Array.from({ length: columns }, (_, row) => row),
    columns: rows,
    data: from.map((_, at) => from[(at % rows) * columns + Math.floor(at / rows)]!),
  };
}

const fives = [3, 1, 4, 0, 2];
const places = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

/** Q K^T of tokens with these bits, as the host of a head sends it. */
function scoresRun(bits: readonly number[], heads: readonly OperandRows[], keys = heads) {
  const count = bits.filter((own) => own > 0).length;
  const listed = { ...side, count, byList: true, requantizes: true, tags: 'lanes' as const };
  return {
    depth: heads[0]!.columns,
    left: { ...listed, matrices: heads },
    right: { ...listed, matrices: keys, byIndex: false },
    rowsByList: true,
    bits,
  } satisfies AcceleratorRun;
}

describe('the accelerator in the simulator', () => {
  let device: Session;
  beforeAll(async () => {
    device = await openSession('simulator', vssaAccelerator, small, { seed: 2 });
  });
  afterAll(() => device.close());
  const resultsIn = async (jobs: readonly Job[]) =>
    (await device.run(jobs)).map((outcome) => resultsOf(small, outcome));

  const bits = [8, 0, 4, 8, 4, 0, 4];

  it('drops the rows of tokens that are not in the list', async () => {
    const random = rng(1);
    const all = anyRows(random, places(7), 5);
    const alive = inOrder(all, [0, 2, 3, 4, 6]);
    const jobs = [all, alive, inOrder(all, [6, 1, 4, 5, 3, 0, 2])].map((rows) =>
      acceleratorJob(small, scoresRun(bits, [rows])),
    );
    const [withPruned, without, shuffled] = await resultsIn(jobs);
    expect(withPruned).toEqual(naiveAccelerator(small, jobs[1]!));
    expect(without).toEqual(withPruned);
    expect(shuffled).toEqual(withPruned);
    // Two groups of rows, 8-bit tokens first, by two of columns; each group has its rows in use alone.
    expect(withPruned!.map(({ row, column, last }) => [row, column, last])).toEqual([
      ...[0, 3, 2].map((row) => [row, 0, 0]),
      ...[0, 3, 2].map((row) => [row, 4, 0]),
      ...[4, 6].map((row) => [row, 0, 0]),
      ...[
        [4, 4, 0],
        [6, 4, 1],
      ],
    ]);
    // Five columns: the second group has one.
    expect(withPruned!.every(({ column, sums }) => column === 0 || sums[1] === 0)).toBe(true);
  });

  it('takes values by index as if they came transposed by lane', async () => {
    const random = rng(2);
    const values = anyRows(random, fives, 6);
    const run = (right: OperandRows, byIndex: boolean): AcceleratorRun => ({
      depth: 5,
      left: { ...side, count: 4, signed: false, matrices: [anyRows(rng(3), places(4), 5)] },
      right: {
        ...{ ...side, count: 6, requantizes: true, tags: 'indexes', matrices: [right] },
        ...{ byIndex, byList: byIndex },
      },
      rowsByList: false,
      bits: [4, 8, 4, 8, 8],
    });
    // In the order of the list: tokens 1, 3, 4, 0, 2.
    const listed = inOrder(
      values,
      [1, 3, 4, 0, 2].map((id) => fives.indexOf(id)),
    );
    const jobs = [run(values, true), run(transposed(listed), false)].map((each) =>
      acceleratorJob(small, each),
    );
    const [byIndex, byLane] = await resultsIn(jobs);
    expect(byIndex).toEqual(byLane);
    expect(byIndex).toEqual(naiveAccelerator(small, jobs[0]!));
  });

  it('uses a matrix as often as it is told, on either side', async () => {
    const random = rng(4);
    const [a, b, c, d] = places(4).map(() => anyRows(random, places(4), 3));
    const run = (
      left: readonly OperandRows[],
      leftUses: number,
      right: readonly OperandRows[],
      rightUses: number,
    ): AcceleratorRun => ({
      depth: 3,
      left: { ...side, count: 4, uses: leftUses, matrices: left },
      right: { ...side, count: 4, uses: rightUses, matrices: right, byIndex: false },
      rowsByList: false,
    });
    const jobs = [
      run([a!, b!], 2, [c!, d!, d!, c!], 1),
      run([a!, a!, b!, b!], 1, [c!, d!, d!, c!], 1),
      run([c!, d!, d!, c!], 1, [a!, b!], 2),
      run([c!, d!, d!, c!], 1, [a!, a!, b!, b!], 1),
    ].map((each) => acceleratorJob(small, each));
    const [left, leftAlone, right, rightAlone] = await resultsIn(jobs);
    expect(left).toEqual(leftAlone);
    expect(right).toEqual(rightAlone);
    expect(left).not.toEqual(right);
  });

  it('loads one bank while it works on the other', async () => {
    const tokens = Array.from({ length: 12 }, () => 8);
    const heads = places(4).map((i) => anyRows(rng(5 + i), places(12), 8));
    const jobs = [1, 2, 4].map((count) =>
      acceleratorJob(small, scoresRun(tokens, heads.slice(0, count))),
    );
    const outcomes = await device.run(jobs);
    const [one, two, four] = outcomes.map(({ cycles }) => cycles);
    // 4 x 3 tiles of 8 products of 4 cycles each; a matrix is 12 rows of 4 beats.
    const head = 12 * 8 * 4;
    // The list, a matrix, 4 cycles to its first operands, the way through the array.
    expect(one).toBe(12 + 48 - 1 + 4 + head + small.rows + small.cols);
    expect(two! - one!).toBe(head);
    expect(four! - two!).toBe(2 * head);
    const timing = vssaAccelerator.manual(small).timing.join(' ');
    expect(timing).toContain('4 cycles after its last beat');
    outcomes.forEach((outcome, i) => {
      expect(resultsOf(small, outcome)).toEqual(naiveAccelerator(small, jobs[i]!));
    });
  });

  it('keeps a list until it is given up', async () => {
    const random = rng(6);
    // Tokens that are in one list only come last, so that they would be seen in the place of others.
    const matrix = () => inOrder(anyRows(random, places(7), 4), [0, 3, 4, 1, 5, 2, 6]);
    const [first, second] = [matrix(), matrix()];
    const others = [4, 8, 0, 4, 8, 8, 0];
    const list = acceleratorJob(small, scoresRun(bits, [first]));
    const { tokens, ...operands } = acceleratorJob(small, scoresRun(bits, [second])).inputs;
    const again: Job = {
      ...acceleratorJob(small, scoresRun(bits, [second])),
      inputs: operands,
      writes: list.writes.filter(([address]) => address !== newListAddress),
    };
    const anew = acceleratorJob(small, scoresRun(others, [first]));
    const expected = [
      naiveAccelerator(small, list),
      naiveAccelerator(small, { ...again, inputs: { ...operands, tokens: tokens! } }),
      naiveAccelerator(small, anew),
      naiveAccelerator(small, list),
    ];
    const jobs = [list, again, anew, list];
    expect(await resultsIn(jobs)).toEqual(expected);
    const stalls = { seed: 8, source: 120, sink: 120 };
    expect(await resultsIn(jobs.map((job) => ({ ...job, stalls })))).toEqual(expected);
  });

  it('needs no setup after reset for a product of one by one, and has no list', async () => {
    const one = { ids: [0], columns: 1, data: [-128] };
    const run: AcceleratorRun = {
      depth: 1,
      left: { ...side, count: 1, matrices: [one] },
      right: { ...side, count: 1, matrices: [one], byIndex: false },
      rowsByList: false,
    };
    const listed = acceleratorJob(small, scoresRun(bits, [anyRows(rng(7), places(7), 3)]));
    const writes = listed.writes.filter(([address]) => address !== newListAddress);
    const [outcome, withList] = await simulate(vssaAccelerator, small, [
      { ...acceleratorJob(small, run), writes: [] },
      { ...listed, writes },
    ]);
    expect(resultsOf(small, outcome!)).toEqual([
      { row: 0, column: 0, sums: [16384, 0, 0, 0], last: 1 },
    ]);
    expect(resultsOf(small, withList!)).toEqual(naiveAccelerator(small, listed));
  });

  it.each([
    [31, 1024],
    [9, 400],
  ])('finds the lane among %i of each of %i places', async (rows, count) => {
    const p = { ...small, rows, cols: 1, loadWords: 1, maxTokens: count, leftBlocks: 64 };
    const random = rng(rows);
    const tokens = Array.from({ length: count }, () => (random.below(2) === 0 ? 8 : 4));
    const run: AcceleratorRun = {
      depth: 1,
      left: {
        ...{ ...side, count, byList: true, tags: 'lanes' },
        matrices: [anyRows(random, places(count), 1)],
      },
      right: { ...side, count: 1, matrices: [anyRows(random, [0], 1)], byIndex: false },
      rowsByList: true,
      bits: tokens,
    };
    const job = acceleratorJob(p, run);
    const [outcome] = await simulate(vssaAccelerator, p, [job]);
    expect(resultsOf(p, outcome!)).toEqual(naiveAccelerator(p, job));
  });
});
