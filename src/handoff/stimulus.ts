import { rng } from '../numeric/index.ts';
import type { Rng } from '../numeric/index.ts';
import { noStalls, prepareJob } from '../testbench/index.ts';
import type { Design, Job, Layout, Outcome, Parameters, PreparedJob } from '../testbench/index.ts';

/** Jobs in the folder: half of them without stalls, so that cycles are compared too. */
const jobCount = 16;

const stallChances = [0, 16, 64, 128, 192];

export interface Stimulus {
  readonly jobs: readonly PreparedJob[];
  /** What the golden model answers; its cycles hold for jobs without stalls. */
  readonly outcomes: readonly Outcome[];
}

export const isStalled = ({ stalls }: Pick<Job, 'stalls'>): boolean =>
  stalls.source > 0 || stalls.sink > 0;

/** Stalls on both sides in one job of two; at least one side stalls there. */
function drawStalls(random: Rng, number: number): Job['stalls'] {
  const seed = 1 + random.below(2 ** 32 - 1);
  const source = stallChances[random.below(stallChances.length)]!;
  const sink = stallChances[random.below(stallChances.length)]!;
  if (number % 2 === 0) return noStalls;
  return { seed, source, sink: source === 0 && sink === 0 ? 64 : sink };
}

/** Random jobs that depend on the seed alone, with the golden model's results. */
export function stimulusOf(
  design: Design,
  parameters: Parameters,
  layout: Layout,
  seed: number,
): Stimulus {
  const random = rng(seed);
  const jobs = Array.from({ length: jobCount }, (_, number): Job => {
    const stalls = drawStalls(random, number);
    return { ...design.randomJob(parameters, random), stalls };
  });
  const blobs = new Map<string, Uint8Array>();
  return {
    jobs: jobs.map((job) => prepareJob(layout, job, blobs)),
    outcomes: jobs.map((job) => design.golden(parameters, job, blobs)),
  };
}
