import { checkPutAnswer, closeFrame, putFrame, readRunAnswer, runFrame } from './frames.ts';
import { startHarness } from './harness-process.ts';
import type { Session } from './job.ts';
import { layoutInVerilog } from './layout.ts';
import type { Layout } from './layout.ts';
import { cacheFolder } from './paths.ts';
import { prepareJob } from './prepared-job.ts';
import { buildVerilated } from './verilator-build.ts';
import type { Optimization } from './verilator-build.ts';
import type { VerilogSource } from './verilog-source.ts';

export interface BuildOptions {
  /** Power-on values of registers and memories, where the engine has two states. Default 1. */
  readonly seed?: number;
  /** Folder of built simulations; default: see `cacheFolder`. */
  readonly cache?: string;
  /** `quick` (default) compiles in less time, `fast` runs in less. */
  readonly optimization?: Optimization;
}

/**
 * A design compiled by Verilator, in a process that lives until `close`.
 * Throws `InputError` where Verilator or the C++ compiler is missing.
 */
export async function verilatorSession(
  declared: Layout,
  verilog: readonly VerilogSource[],
  options: BuildOptions = {},
): Promise<Session> {
  const layout = layoutInVerilog(declared, verilog);
  const cache = options.cache ?? cacheFolder();
  const path = await buildVerilated(layout, verilog, cache, options.optimization ?? 'quick');
  const harness = startHarness(path, options.seed ?? 1);
  const blobs = new Map<string, Uint8Array>();
  return {
    async put(blob, bytes) {
      blobs.set(blob, bytes);
      checkPutAnswer(await harness.request(putFrame(blob, bytes)));
    },
    async run(jobs) {
      const prepared = jobs.map((job) => prepareJob(layout, job, blobs));
      const answer = await harness.request(runFrame(layout, prepared));
      return readRunAnswer(layout, prepared, answer);
    },
    async close() {
      blobs.clear();
      await harness.end(closeFrame());
    },
  };
}
