import { describe, expect, it } from 'vitest';
import { withResidentBeats } from '../../src/engines/resident-beats.ts';
import { noStalls } from '../../src/testbench/index.ts';
import type { Job, Session } from '../../src/testbench/index.ts';

/** A session that notes what arrives. */
function recorder(): { session: Session; put: [string, Uint8Array][]; jobs: Job[] } {
  const put: [string, Uint8Array][] = [];
  const jobs: Job[] = [];
  const session: Session = {
    put: async (name, bytes) => void put.push([name, bytes]),
    run: async (given) => {
      jobs.push(...given);
      return given.map((_, i) => ({ outputs: {}, cycles: i, counters: {} }));
    },
    close: async () => undefined,
  };
  return { session, put, jobs };
}

const job = (inputs: Job['inputs']): Job => ({
  ...{ writes: [], inputs, expect: { sums: 3 }, stalls: noStalls, maxCycles: 10 },
});

describe('beats that come again', () => {
  it('go up once and are named; what comes once is sent as it is', async () => {
    const { session, put, jobs } = recorder();
    const kept = withResidentBeats(session);
    const weights = new Uint8Array(2000).fill(7);
    const equal = weights.slice();
    const first = new Uint8Array(5000);
    expect(await kept.run([job({ weights, activations: first })])).toHaveLength(1);
    expect(put).toEqual([]);
    expect(jobs[0]!.inputs).toEqual({ weights, activations: first });
    const second = new Uint8Array(5000);
    await kept.run([job({ weights, activations: second }), job({ weights, activations: equal })]);
    expect(put).toEqual([['resident-0', weights]]);
    expect(put[0]![1]).toBe(weights);
    expect(jobs[1]!.inputs).toEqual({ weights: { blob: 'resident-0' }, activations: second });
    expect(jobs[2]!.inputs).toEqual({ weights: { blob: 'resident-0' }, activations: equal });
    expect(jobs[2]).toMatchObject({ expect: { sums: 3 }, maxCycles: 10 });
  });

  it('are sent each time where they are few, and blobs keep their names', async () => {
    const { session, put, jobs } = recorder();
    const kept = withResidentBeats(session);
    const few = new Uint8Array(100);
    const named = job({ weights: { blob: 'mine' }, activations: few });
    await kept.run([named, named, named]);
    expect(put).toEqual([]);
    expect(jobs).toEqual([named, named, named]);
  });
});
