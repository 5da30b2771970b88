import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { rng, xorshift32 } from '../../src/numeric/index.ts';
import { icarusSession } from '../../src/testbench/icarus-session.ts';
import { JobFailure } from '../../src/testbench/job-failure.ts';
import type { Job, Session, Stalls } from '../../src/testbench/job.ts';
import { layoutOf } from '../../src/testbench/layout.ts';
import { simulatorSession } from '../../src/testbench/simulator-session.ts';
import { stallState } from '../../src/testbench/stalls.ts';
import { verilatorSession } from '../../src/testbench/verilator-session.ts';
import { compiler, icarus, verilator } from '../../src/tools/index.ts';
import { available } from '../tools/available.ts';
import { pairJob, pairOutcome, pairSum, pairSumVerilog, randomPairs } from './pair-sum.ts';
import type { Pairs } from './pair-sum.ts';
import { pairSumSimulator } from './pair-sum-simulator.ts';

const layout = layoutOf(pairSum);
const engines = {
  simulator: async () => simulatorSession(pairSumSimulator, pairSum, layout, 1),
  icarus: async () => icarusSession(layout, await pairSumVerilog()),
  verilator: async () => verilatorSession(layout, await pairSumVerilog(), { seed: 3 }),
};
const usable = {
  simulator: true,
  icarus: await available(icarus),
  verilator: await available(verilator, compiler),
};

const few: Pairs = { offset: 10, a: [1, -1, 65535, -65536], b: [2 ** 40 - 1, 0, 1, 2] };

const stallCases: Stalls[] = [
  { seed: 1, source: 0, sink: 128 },
  { seed: 0xffffffff, source: 200, sink: 0 },
  { seed: 77, source: 64, sink: 250 },
];

/**
 * Cycles that `count` pairs must take: the stall rule and the one register of the design, written
 * down without pins or beats. The streams have the indexes setup 0, a 1, b 2, sums 3.
 */
function stalledCycles(count: number, { seed, source, sink }: Stalls): number {
  const states = [1, 2, 3].map((index) => stallState(seed, index));
  const offered = [false, false];
  let full = false;
  let first = -1;
  let taken = 0;
  let delivered = 0;
  for (let cycle = 0; ; cycle++) {
    states.forEach((state, i) => (states[i] = xorshift32(state)));
    const [a, b] = offered.map(
      (pending, i) => pending || (taken < count && states[i]! >>> 24 >= source),
    );
    const ready = states[2]! >>> 24 >= sink;
    const leaves: boolean = full && ready;
    const enters: boolean = a! && b! && (!full || ready);
    if (enters && first < 0) first = cycle;
    if (leaves && ++delivered === count) return cycle - first + 1;
    if (enters) taken++;
    offered[0] = a! && !enters;
    offered[1] = b! && !enters;
    full = enters || (full && !leaves);
  }
}

for (const engine of ['simulator', 'icarus', 'verilator'] as const) {
  describe.skipIf(!usable[engine])(`a session in ${engine}`, () => {
    let session: Session;
    beforeAll(async () => {
      session = await engines[engine]();
    }, 120_000);
    afterAll(() => session.close());

    const failureOf = async (jobs: readonly Job[]): Promise<JobFailure> => {
      const error: unknown = await session.run(jobs).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      if (!(error instanceof JobFailure)) throw new Error(`expected a JobFailure, got ${error}`);
      return error;
    };

    test('gives every beat and the cycles, job after job', async () => {
      const random = randomPairs(rng(8), 200);
      const one: Pairs = { offset: 0, a: [5], b: [6] };
      const outcomes = await session.run([pairJob(few), pairJob(random), pairJob(one)]);
      expect(outcomes).toEqual([few, random, one].map(pairOutcome));
      // Two cycles by definition: in with the first, out with the second.
      expect(outcomes[2]!.cycles).toBe(2);
    });

    test('starts a batch from reset, and only the batch', async () => {
      const unset = pairJob(few, { writes: [] });
      const plain = pairOutcome({ ...few, offset: 0 });
      expect(await session.run([unset, pairJob(few), unset])).toEqual([
        plain,
        pairOutcome(few),
        pairOutcome(few),
      ]);
      expect(await session.run([unset])).toEqual([plain]);
    });

    test('takes beats from blobs that stay', async () => {
      const job = pairJob(few);
      await session.put('b', job.inputs['b'] as Uint8Array);
      const withBlob = { ...job, inputs: { ...job.inputs, b: { blob: 'b' } } };
      expect(await session.run([withBlob, withBlob])).toEqual([pairOutcome(few), pairOutcome(few)]);
    });

    test('stalls cost the same cycles in every engine, and change no beat', async () => {
      const pairs = randomPairs(rng(8), 200);
      for (const stalls of stallCases) {
        const [outcome] = await session.run([pairJob(pairs, { stalls })]);
        expect(outcome!.outputs).toEqual(pairOutcome(pairs).outputs);
        expect(outcome!.cycles).toBe(stalledCycles(200, stalls));
      }
    });

    test('runs a job without beats', async () => {
      const outcome = await session.run([pairJob({ offset: 1, a: [], b: [] })]);
      expect(outcome[0]!.cycles).toBe(0);
      expect(outcome[0]!.outputs['sums']).toHaveLength(0);
    });

    test('gives a hang up and says where each stream stood', async () => {
      const hanging = pairJob({ ...few, b: few.b.slice(0, 3) }, { maxCycles: 50 });
      const failure = await failureOf([pairJob(few), { ...hanging, expect: { sums: 4 } }]);
      expect(failure.message).toBe(
        "Job 1 on 'pair_sum' was given up after 50 cycles: setup 1 of 1 beats, a 3 of 4 beats, b 3 of 3 beats, sums 3 of 4 beats.",
      );
      expect(failure.ending).toEqual({ kind: 'limit', cycles: 50 });
      // The session is usable afterwards.
      expect(await session.run([pairJob(few)])).toEqual([pairOutcome(few)]);
    });

    test('finds input that is left over', async () => {
      const failure = await failureOf([
        pairJob({ ...few, b: few.b.slice(0, 3) }, { maxCycles: 50 }),
      ]);
      expect(failure.message).toContain('a 3 of 4 beats, b 3 of 3 beats, sums 3 of 3 beats');
    });

    test('finds output that is left over, during a job and after it', async () => {
      const twice = pairJob(few, { writes: [[3, 1]] });
      const during = await failureOf([twice]);
      expect(during.ending).toEqual({ kind: 'extra', stream: 'sums', cycles: 6 });
      expect(during.progress).toContainEqual({ stream: 'sums', taken: 4, total: 4 });
      const one = pairJob({ offset: 0, a: [5], b: [6] }, { writes: [[3, 1]] });
      const after = await failureOf([one]);
      expect(after.ending).toEqual({ kind: 'extra', stream: 'sums', cycles: 3 });
    });

    test('reports an assertion of the design', async () => {
      const bad = pairJob(few, { writes: [[1, 1], [2, 0], [1, 1]] }); // prettier-ignore
      const failure = await failureOf([pairJob(few), bad]);
      expect(failure.ending).toMatchObject({ kind: 'assertion', cycles: 2 });
      expect(failure.message).toContain('address 2 must not be written');
      expect(failure.message).toContain('setup 2 of 3 beats');
      expect(failure.job).toBe(1);
      expect(await session.run([pairJob(few)])).toEqual([pairOutcome(few)]);
    });
  });
}

describe('a job that does not fit the design is refused', () => {
  const session = simulatorSession(pairSumSimulator, pairSum, layout, 1);
  const job = pairJob(few);
  const stalls = { seed: 1, source: 0, sink: 0 };
  test.each<[string, Partial<Job>, string]>([
    ['an unknown input', { inputs: { c: new Uint8Array(1) } }, "'c', which is not an input stream"],
    ['beats for setup', { inputs: { setup: new Uint8Array(2) } }, '(a, b)'],
    ['an unknown output', { expect: { sums: 1, sum: 1 } }, "'sum', which is not an output stream"],
    ['no count', { expect: {} }, "must say how many beats 'sums' delivers"],
    ['half a beat', { inputs: { a: new Uint8Array(4) } }, 'not a multiple of its 3 bytes'],
    ['an unknown blob', { inputs: { a: { blob: 'x' } } }, "blob 'x', which was never put"],
    ['seed 0', { stalls: { ...stalls, seed: 0 } }, 'seed of the stalls is 0'],
    ['endless stalls', { stalls: { ...stalls, sink: 256 } }, 'chance of sink stalls is 256'],
    ['no cycles', { maxCycles: 0 }, 'maxCycles is 0'],
    ['a write that is too wide', { writes: [[4, 0]] }, 'Value 4 of beat 0 does not fit field 0'],
  ])('%s', async (_, change, message) => {
    await expect(session.run([{ ...job, ...change }])).rejects.toThrow(message);
  });
});
