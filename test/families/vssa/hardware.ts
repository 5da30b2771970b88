import { openSession } from '../../../src/testbench/index.ts';
import type { Design, Job, Outcome, Parameters } from '../../../src/testbench/index.ts';

/** Outcomes of these jobs, one after the other, in the embedded simulator. */
export async function simulate(
  design: Design,
  p: Parameters,
  jobs: readonly Job[],
): Promise<readonly Outcome[]> {
  const session = await openSession('simulator', design, p, { seed: 3 });
  try {
    return await session.run(jobs);
  } finally {
    await session.close();
  }
}
