import type { Design, Parameters } from './design.ts';
import type { Session } from './job.ts';

/** The design's golden model as a session. */
export function goldenSession(design: Pick<Design, 'golden'>, parameters: Parameters): Session {
  const blobs = new Map<string, Uint8Array>();
  return {
    async put(blob, bytes) {
      blobs.set(blob, bytes);
    },
    async run(jobs) {
      return jobs.map((job) => design.golden(parameters, job, blobs));
    },
    async close() {
      blobs.clear();
    },
  };
}
