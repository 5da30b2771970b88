import type { Beats, Job, Session } from '../testbench/index.ts';

/** Beats of fewer bytes are cheaper to send again than to name. */
const fewestBytes = 1024;

/**
 * The session, except that beats which jobs offer again, as the same array, go up once: they are put into
 * it the second time, and are named from then on. Weights that stay are so sent twice at most; activations,
 * which never come again, are not kept.
 */
export function withResidentBeats(session: Session): Session {
  const seen = new WeakSet<Uint8Array>();
  const blobs = new WeakMap<Uint8Array, string>();
  let names = 0;
  const resident = async (beats: Beats): Promise<Beats> => {
    if (!(beats instanceof Uint8Array) || beats.length < fewestBytes) return beats;
    const known = blobs.get(beats);
    if (known !== undefined) return { blob: known };
    if (!seen.has(beats)) {
      seen.add(beats);
      return beats;
    }
    const blob = `resident-${names++}`;
    blobs.set(beats, blob);
    await session.put(blob, beats);
    return { blob };
  };
  const prepared = async (job: Job): Promise<Job> => {
    const inputs: Record<string, Beats> = {};
    for (const [stream, beats] of Object.entries(job.inputs)) {
      inputs[stream] = await resident(beats);
    }
    return { ...job, inputs };
  };
  return {
    ...session,
    run: async (jobs) => {
      const ready: Job[] = [];
      for (const job of jobs) ready.push(await prepared(job));
      return session.run(ready);
    },
  };
}
