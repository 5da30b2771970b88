import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { icarusCompile, icarusRun, icarusVersion } from '../tools/index.ts';
import { accessAddress, countersOf } from './bus-layout.ts';
import { cached, cacheKey } from './build-cache.ts';
import { JobFailure, progressOf } from './job-failure.ts';
import type { Ending } from './job-failure.ts';
import type { Outcome, Session } from './job.ts';
import { layoutInVerilog } from './layout.ts';
import type { Layout } from './layout.ts';
import { cacheFolder } from './paths.ts';
import { prepareJob } from './prepared-job.ts';
import type { PreparedJob } from './prepared-job.ts';
import { renderVerilogTestbench } from './render.ts';
import { hexToBeats, vectorFile, writeVectors } from './vectors.ts';
import { writeSources } from './verilog-source.ts';
import type { VerilogSource } from './verilog-source.ts';

/**
 * A design in Icarus Verilog: each batch of jobs is written as files, run by a process of its own
 * and read back. Throws `InputError` where Icarus is missing.
 */
export async function icarusSession(
  declared: Layout,
  verilog: readonly VerilogSource[],
  options: { readonly cache?: string } = {},
): Promise<Session> {
  const layout = layoutInVerilog(declared, verilog);
  const program = await buildIcarus(layout, verilog, options.cache ?? cacheFolder());
  const blobs = new Map<string, Uint8Array>();
  return {
    async put(blob, bytes) {
      blobs.set(blob, bytes);
    },
    async run(jobs) {
      const prepared = jobs.map((job) => prepareJob(layout, job, blobs));
      const folder = await mkdtemp(join(tmpdir(), 'systole-icarus-'));
      try {
        await writeVectors(layout, prepared, folder);
        const { stdout, stderr } = await icarusRun(program, folder);
        return await readOutcomes(layout, prepared, folder, `${stdout}\n${stderr}`);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
    async close() {
      blobs.clear();
    },
  };
}

async function buildIcarus(
  layout: Layout,
  verilog: readonly VerilogSource[],
  cache: string,
): Promise<string> {
  const testbench = await renderVerilogTestbench(layout);
  const name = `${layout.top}_testbench`;
  const key = cacheKey([
    'icarus',
    await icarusVersion(),
    testbench,
    ...verilog.flatMap((source) => [source.name, source.text]),
  ]);
  const folder = await cached(cache, key, async (aside) => {
    const files = await writeSources(aside, verilog);
    const testbenchFile = join(aside, `${name}.v`);
    await writeFile(testbenchFile, testbench);
    await icarusCompile([...files, testbenchFile], {
      top: name,
      output: join(aside, 'testbench.vvp'),
      defines: ['SIMULATION'],
    });
  });
  return join(folder, 'testbench.vvp');
}

/** What one line of `report.txt` says. */
interface Report {
  readonly code: number;
  readonly cycles: number;
  readonly culprit: number;
  /** What was read from the bus. */
  readonly words: readonly number[];
}

async function readOutcomes(
  layout: Layout,
  jobs: readonly PreparedJob[],
  folder: string,
  printed: string,
): Promise<Outcome[]> {
  const text = await readFile(join(folder, 'report.txt'), 'utf8').catch(() => '');
  const reports = numberLines(text).map(([code, cycles, culprit, ...words]): Report => {
    return { code: code!, cycles: cycles!, culprit: culprit!, words };
  });
  const failed = reports.findIndex((report) => report.code !== 0);
  if (failed !== -1 || reports.length < jobs.length) {
    const progress = await readFile(join(folder, 'progress.txt'), 'utf8').catch(() => '');
    throw failureOf(layout, jobs, reports[failed], progress, printed);
  }
  return Promise.all(
    reports.map(async ({ cycles, words }, number) => {
      const outputs: Record<string, Uint8Array> = {};
      for (const stream of layout.streams) {
        if (stream.direction === 'input') continue;
        const hex = await readFile(join(folder, vectorFile(number, stream.name)), 'utf8');
        const beats = hexToBeats(stream, hex);
        if (beats === undefined) {
          throw new Error(`Icarus wrote a beat of '${stream.name}' that is not a number.`);
        }
        outputs[stream.name] = beats;
      }
      return { outputs, cycles, counters: countersOf(layout.bus, words) };
    }),
  );
}

/** `report` is absent where the simulation ended within a job: the design called $finish. */
function failureOf(
  layout: Layout,
  jobs: readonly PreparedJob[],
  report: Report | undefined,
  progress: string,
  printed: string,
): Error {
  const [job, cycles, ...taken] = numberLines(progress)[0] ?? [];
  if (job === undefined || cycles === undefined || jobs[job] === undefined) {
    return new Error(`Icarus ended without running a job: ${printed.trim()}`);
  }
  const busTaken = layout.bus === undefined ? 0 : taken[layout.streams.length]!;
  const writesTaken = layout.setup === undefined ? busTaken : taken[layout.setup]!;
  const standing = progressOf(layout, jobs[job], writesTaken, taken);
  return new JobFailure(
    layout,
    job,
    endingOf(layout, jobs[job], report, cycles, printed),
    standing,
  );
}

function endingOf(
  layout: Layout,
  job: PreparedJob,
  report: Report | undefined,
  cycles: number,
  printed: string,
): Ending {
  if (report === undefined) return { kind: 'assertion', printed, cycles };
  if (report.code === 1) return { kind: 'limit', cycles: report.cycles };
  if (report.code === 5) {
    const address = accessAddress(layout.bus, job, report.culprit);
    return { kind: 'refused', address, cycles: report.cycles };
  }
  const stream = layout.streams[report.culprit]?.name ?? layout.bus!.prefix;
  const kind = report.code === 2 ? 'extra' : 'undefined';
  return { kind, stream, cycles: report.cycles };
}

function numberLines(text: string): number[][] {
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.map((line) => line.split(' ').map(Number));
}
