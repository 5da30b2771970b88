import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { rng } from '../../src/numeric/index.ts';
import { compareOutcomes, isPass } from '../../src/testbench/compare.ts';
import type { Outcome, Session } from '../../src/testbench/job.ts';
import { layoutOf } from '../../src/testbench/layout.ts';
import { simulatorSession } from '../../src/testbench/simulator-session.ts';
import { isVerified, verifyJobs } from '../../src/testbench/verify-run.ts';
import { pairJob, pairOutcome, pairSum, randomPairs } from './pair-sum.ts';
import { pairSumSimulator } from './pair-sum-simulator.ts';

const layout = layoutOf(pairSum);
const random = rng(21);
const pairs = [5, 1, 17].map((count) => randomPairs(random, count));
const jobs = pairs.map((some) => pairJob(some));
const outcomes = pairs.map(pairOutcome);
const beats = 23;
const beatBytes = 18;

function corrupted(job: number, bit: number): Outcome[] {
  return outcomes.map((outcome, number) => {
    if (number !== job) return outcome;
    const sums = outcome.outputs['sums']!.slice();
    sums[bit >>> 3]! ^= 1 << (bit & 7);
    return { ...outcome, outputs: { sums } };
  });
}

describe('comparing outcomes', () => {
  test('counts every beat', () => {
    const comparison = compareOutcomes(layout, jobs, outcomes, outcomes);
    expect(comparison).toEqual({ expected: beats, compared: beats, mismatches: 0 });
    expect(isPass(comparison)).toBe(true);
  });

  test('finds any one flipped bit, once and at its place', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(0, 1, 2).chain((job) =>
          fc.record({
            job: fc.constant(job),
            beat: fc.nat(pairs[job]!.a.length - 1),
            bit: fc.nat(8 * beatBytes - 1),
          }),
        ),
        ({ job, beat, bit }) => {
          const got = corrupted(job, 8 * beatBytes * beat + bit);
          const comparison = compareOutcomes(layout, jobs, outcomes, got);
          const field = bit < 41 ? 'value' : bit < 137 ? 'tag' : bit < 138 ? 'last' : 'padding';
          expect(comparison).toMatchObject({ expected: beats, compared: beats, mismatches: 1 });
          expect(comparison.first).toMatchObject({ job, stream: 'sums', beat, field });
          expect(isPass(comparison)).toBe(false);
        },
      ),
    );
  });

  test('says what was expected and what came', () => {
    const signed = {
      ...layout,
      streams: layout.streams.map((stream) => ({
        ...stream,
        fields: stream.fields.map((field) => ({ ...field, signed: field.name === 'value' })),
      })),
    };
    const { first } = compareOutcomes(signed, jobs, outcomes, corrupted(1, 40));
    const value = BigInt(pairs[1]!.offset + pairs[1]!.a[0]! + pairs[1]!.b[0]!);
    expect(first).toMatchObject({
      field: 'value',
      expected: String(BigInt.asIntN(41, value)),
      got: String(BigInt.asIntN(41, value ^ (1n << 40n))),
    });
  });

  test('never compares less in silence', () => {
    const cut = (sums: Uint8Array): Outcome[] => [
      { ...outcomes[0]!, outputs: { sums } },
      ...outcomes.slice(1),
    ];
    const short = cut(outcomes[0]!.outputs['sums']!.slice(beatBytes));
    const message = "Stream 'sums' has 72 bytes in outcome 0; 5 beats of 18 bytes are due.";
    expect(() => compareOutcomes(layout, jobs, outcomes, short)).toThrow(message);
    expect(() => compareOutcomes(layout, jobs, short, short)).toThrow('expected outcome 0');
    expect(() => compareOutcomes(layout, jobs, outcomes, outcomes.slice(1))).toThrow(
      '3 jobs but 2 outcomes were given.',
    );
    const nothing = [{ ...outcomes[0]!, outputs: {} }, ...outcomes.slice(1)];
    expect(() => compareOutcomes(layout, jobs, outcomes, nothing)).toThrow(
      "Stream 'sums' is missing in outcome 0.",
    );
  });

  test('comparing nothing is not a pass', () => {
    expect(isPass(compareOutcomes(layout, [], [], []))).toBe(false);
    expect(isPass({ expected: 2, compared: 1, mismatches: 0 })).toBe(false);
  });
});

describe('verifying jobs', () => {
  const device = simulatorSession(pairSumSimulator, pairSum, layout, 1);
  const model = (given: readonly Outcome[]): Session => {
    let next = 0;
    return {
      put: async () => undefined,
      run: async (batch) => batch.map(() => given[next++]!),
      close: async () => undefined,
    };
  };

  test('compares both passes and the cycles, in whatever batches', async () => {
    for (const batchBytes of [1, 200, 2 ** 24]) {
      const progress: number[] = [];
      const verification = await verifyJobs(layout, jobs, model(outcomes), device, {
        stalls: { seed: 5, source: 100, sink: 100 },
        batchBytes,
        onProgress: (done) => progress.push(done),
      });
      expect(verification.free).toEqual({ expected: 23, compared: 23, mismatches: 0, cycles: 26 });
      expect(verification.stalled).toMatchObject({ expected: 23, compared: 23, mismatches: 0 });
      expect(verification.stalled!.cycles).toBeGreaterThan(26);
      expect(verification.predictedCycles).toBe(26);
      expect(isVerified(verification)).toBe(true);
      expect(progress.at(-1)).toBe(3);
    }
  });

  test('a wrong bit fails both passes, at its job whatever the batch', async () => {
    const verification = await verifyJobs(layout, jobs, model(corrupted(2, 3)), device, {
      stalls: { seed: 5, source: 10, sink: 10 },
      batchBytes: 1,
    });
    expect(verification.free).toMatchObject({ mismatches: 1, first: { job: 2, beat: 0 } });
    expect(verification.stalled).toMatchObject({ mismatches: 1, first: { job: 2, beat: 0 } });
    expect(isVerified(verification)).toBe(false);
  });

  test('a wrong prediction of cycles is found even where the sum is right', async () => {
    const shifted = outcomes.map((outcome, i) => ({
      ...outcome,
      cycles: outcome.cycles + [1, -1, 0][i]!,
    }));
    const verification = await verifyJobs(layout, jobs, model(shifted), device);
    expect(verification.predictedCycles).toBe(verification.free.cycles);
    expect(verification).toMatchObject({
      cycleMismatches: 2,
      firstCycleMismatch: { job: 0, predicted: 7, counted: 6 },
    });
    expect(isVerified(verification)).toBe(false);
  });
});
