import { compareOutcomes, isPass } from './compare.ts';
import type { Comparison, Mismatch } from './compare.ts';
import type { Job, Outcome, Session, Stalls } from './job.ts';
import { noStalls } from './job.ts';
import type { Layout } from './layout.ts';

/** One pass over all jobs: every output beat compared. */
export interface Pass extends Comparison {
  readonly cycles: number;
}

/** A job that took another number of cycles than the golden model says. */
export interface CycleMismatch {
  readonly job: number;
  readonly predicted: number;
  readonly counted: number;
}

export interface Verification {
  /** Without stalls from outside; its cycles are what `predicted` must equal, job by job. */
  readonly free: Pass;
  /** With stalls on every stream, where they were asked for. */
  readonly stalled?: Pass;
  readonly predictedCycles: number;
  /** Jobs whose predicted and counted cycles differ. */
  readonly cycleMismatches: number;
  readonly firstCycleMismatch?: CycleMismatch;
}

export interface VerifyOptions {
  /** Of the second pass; job k gets a seed derived from this one and k. Default: no such pass. */
  readonly stalls?: Stalls;
  /** Bytes of input and output beats that go to the device at once. Default 16 MiB. */
  readonly batchBytes?: number;
  /** Called as jobs complete: all passes over one job count once. */
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * Runs the jobs in the golden model and in a device and compares: every output beat in a pass
 * without stalls and, if `stalls` are given, again in one with them; and the cycles of the pass
 * without stalls. A job's own `stalls` are not used.
 */
export async function verifyJobs(
  layout: Layout,
  jobs: readonly Job[],
  golden: Session,
  device: Session,
  options: VerifyOptions = {},
): Promise<Verification> {
  let free = emptyPass;
  let stalled = emptyPass;
  let predictedCycles = 0;
  let cycleMismatches = 0;
  let firstCycleMismatch: CycleMismatch | undefined;
  let done = 0;
  for (const batch of batches(layout, jobs, options.batchBytes ?? 2 ** 24)) {
    const freeJobs = batch.map((job) => ({ ...job, stalls: noStalls }));
    const wanted = await golden.run(freeJobs);
    const got = await device.run(freeJobs);
    free = extend(free, compareOutcomes(layout, freeJobs, wanted, got), got, done);
    wanted.forEach(({ cycles }, i) => {
      const counted = got[i]!.cycles;
      predictedCycles += cycles;
      if (cycles === counted) return;
      cycleMismatches++;
      firstCycleMismatch ??= { job: done + i, predicted: cycles, counted };
    });
    if (options.stalls !== undefined) {
      const stalls = options.stalls;
      const stalledJobs = batch.map((job, i) => ({ ...job, stalls: stallsOf(stalls, done + i) }));
      const again = await device.run(stalledJobs);
      stalled = extend(stalled, compareOutcomes(layout, stalledJobs, wanted, again), again, done);
    }
    done += batch.length;
    options.onProgress?.(done, jobs.length);
  }
  return {
    free,
    ...(options.stalls === undefined ? {} : { stalled }),
    predictedCycles,
    cycleMismatches,
    ...(firstCycleMismatch === undefined ? {} : { firstCycleMismatch }),
  };
}

/** Whether every pass is a pass and every cycle count is as predicted. */
export function isVerified({ free, stalled, cycleMismatches }: Verification): boolean {
  return isPass(free) && (stalled === undefined || isPass(stalled)) && cycleMismatches === 0;
}

const emptyPass: Pass = { expected: 0, compared: 0, mismatches: 0, cycles: 0 };

/** `offset` is the position of the batch's first job among all jobs. */
function extend(pass: Pass, found: Comparison, got: readonly Outcome[], offset: number): Pass {
  const first: Mismatch | undefined =
    pass.first ?? (found.first && { ...found.first, job: found.first.job + offset });
  return {
    expected: pass.expected + found.expected,
    compared: pass.compared + found.compared,
    mismatches: pass.mismatches + found.mismatches,
    cycles: pass.cycles + got.reduce((sum, outcome) => sum + outcome.cycles, 0),
    ...(first === undefined ? {} : { first }),
  };
}

/** Stalls of job `number`: neighbouring jobs draw differently, and no seed is zero. */
function stallsOf(stalls: Stalls, number: number): Stalls {
  return { ...stalls, seed: ((stalls.seed - 1 + number) % 0xffffffff) + 1 };
}

function* batches(
  layout: Layout,
  jobs: readonly Job[],
  batchBytes: number,
): Generator<readonly Job[]> {
  let batch: Job[] = [];
  let bytes = 0;
  for (const job of jobs) {
    const size = jobBytes(layout, job);
    if (batch.length > 0 && bytes + size > batchBytes) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(job);
    bytes += size;
  }
  if (batch.length > 0) yield batch;
}

function jobBytes(layout: Layout, job: Job): number {
  let bytes = 0;
  for (const beats of Object.values(job.inputs)) {
    if (beats instanceof Uint8Array) bytes += beats.length;
  }
  for (const stream of layout.streams) bytes += (job.expect[stream.name] ?? 0) * stream.beatBytes;
  return bytes;
}
