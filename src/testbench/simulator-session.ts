import type { Program } from '../ir/index.ts';
import type { CheckFailure, Simulator, SimulatorOptions } from '../simulator/index.ts';
import { createBench } from './bench.ts';
import type { Session } from './job.ts';
import type { Layout } from './layout.ts';
import { prepareJob } from './prepared-job.ts';

export type SimulatorFactory = (program: Program, options: SimulatorOptions) => Simulator;

/** A design in the embedded simulator; `seed` decides its power-on values. */
export function simulatorSession(
  create: SimulatorFactory,
  program: Program,
  layout: Layout,
  seed: number,
): Session {
  const blobs = new Map<string, Uint8Array>();
  let failure: CheckFailure | undefined;
  const simulator = create(program, {
    seed,
    onFailure: (found) => {
      failure ??= found;
    },
  });
  const bench = createBench(layout, simulator, () => {
    const found = failure;
    failure = undefined;
    return found && describeFailure(found);
  });
  return {
    async put(blob, bytes) {
      blobs.set(blob, bytes);
    },
    async run(jobs) {
      const prepared = jobs.map((job) => prepareJob(layout, job, blobs));
      bench.reset();
      return prepared.map((job, number) => bench.run(number, job));
    },
    async close() {
      blobs.clear();
    },
  };
}

function describeFailure({ path, message, location }: CheckFailure): string {
  return `${path}: ${message}${location === undefined ? '' : `, ${location}`}`;
}
