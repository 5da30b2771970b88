/** Jobs on a design behind the common shell: the same in every engine, cycle for cycle. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { elaborate } from '../../src/hdl/index.ts';
import { rng } from '../../src/numeric/index.ts';
import { createSimulator } from '../../src/simulator/index.ts';
import { icarusSession } from '../../src/testbench/icarus-session.ts';
import { JobFailure } from '../../src/testbench/job-failure.ts';
import type { Job, Outcome, Session, Stalls } from '../../src/testbench/job.ts';
import { layoutInVerilog, layoutOf } from '../../src/testbench/layout.ts';
import type { Layout } from '../../src/testbench/layout.ts';
import { cacheFolder } from '../../src/testbench/paths.ts';
import { prepareJob } from '../../src/testbench/prepared-job.ts';
import { simulatorSession } from '../../src/testbench/simulator-session.ts';
import { expectedFiles, writeVectors } from '../../src/testbench/vectors.ts';
import { buildVerilated } from '../../src/testbench/verilator-build.ts';
import { verilatorSession } from '../../src/testbench/verilator-session.ts';
import { compiler, icarus, verilator } from '../../src/tools/index.ts';
import { runTool } from '../../src/tools/run-tool.ts';
import { emitVerilog } from '../../src/verilog/index.ts';
import { mac, macShell, randomRows, rowsJob, rowsOutcome } from '../parts/shell/mac.ts';
import type { Rows } from '../parts/shell/mac.ts';
import { available } from '../tools/available.ts';

const program = macShell(false);
const layout = layoutOf(program);
const usable = {
  simulator: true,
  icarus: await available(icarus),
  verilator: await available(verilator, compiler),
};
const open = {
  simulator: async (of = layout) => simulatorSession(createSimulator, program, of, 1),
  icarus: async (of = layout) => icarusSession(of, emitVerilog(program)),
  verilator: async (of = layout) => verilatorSession(of, emitVerilog(program), { seed: 3 }),
};

const stallCases: Stalls[] = [
  { seed: 1, source: 0, sink: 0 },
  { seed: 2, source: 0, sink: 128 },
  { seed: 0xffffffff, source: 200, sink: 0 },
  { seed: 77, source: 64, sink: 240 },
];
const batch = stallCases.map((stalls, i): Rows & { stalls: Stalls } => ({
  ...randomRows(rng(100 + i), 20 + i),
  stalls,
}));
const jobs = batch.map((rows): Job =>
  rowsJob(rows, { stalls: rows.stalls, registers: { RESULTS: rows.rows.length, LAST_ROW: 3 } }),
);
/** Rows before each job, which the core numbers on. */
const rowsBefore = batch.map((_, i) =>
  batch.slice(0, i).reduce((sum, { rows }) => sum + rows.length, 0),
);

for (const engine of ['simulator', 'icarus', 'verilator'] as const) {
  describe.skipIf(!usable[engine])(`a shell in ${engine}`, () => {
    let session: Session;
    let reference: readonly Outcome[];
    beforeAll(async () => {
      session = await open[engine]();
      const ours = await open.simulator();
      reference = await ours.run(jobs);
      await ours.close();
    }, 120_000);
    afterAll(() => session.close());

    const failureOf = async (job: Job): Promise<JobFailure> => {
      const error: unknown = await session.run([jobs[0]!, job]).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      if (!(error instanceof JobFailure)) throw new Error(`expected a JobFailure, got ${error}`);
      return error;
    };

    test('gives the results of the core, and counts as the testbench does', async () => {
      const outcomes = await session.run(jobs);
      outcomes.forEach(({ outputs, cycles, counters }, i) => {
        const expected = rowsOutcome(batch[i]!, rowsBefore[i]!);
        expect(outputs).toEqual(expected.outputs);
        expect(counters['cycles']).toBe(cycles);
        const pairs = batch.slice(0, i + 1).flatMap(({ rows }) => rows.flat()).length;
        expect(counters['pairs']).toBe(pairs);
      });
      expect(outcomes[0]!.cycles).toBe(rowsOutcome(batch[0]!).cycles);
      expect(outcomes[0]!.counters).toMatchObject({ stalls: 0 });
      expect(outcomes[1]!.counters['stalls']).toBeGreaterThan(0);
      expect(outcomes[2]!.counters['starves']).toBeGreaterThan(20);
    });

    test('agrees with the embedded simulator in every cycle and counter', async () => {
      expect(await session.run(jobs)).toEqual(reference);
    });

    test('reports a register that refuses', async () => {
      // ID cannot be written.
      const odd = await open[engine]({ ...layout, bus: { ...layout.bus!, start: [0x00, 3] } });
      const error: unknown = await odd.run([jobs[0]!]).catch((reason: unknown) => reason);
      await odd.close();
      expect((error as Error).message).toMatch(
        /^Job 0 on 'mac_shell' was refused an access to address 0x0 in cycle \d+: s_axi 6 of 7 beats, a 0 of/,
      );
    });

    test('gives a hang up, in the configuration and in the exchange', async () => {
      const early = await failureOf({ ...jobs[1]!, maxCycles: 9 });
      expect(early.ending).toEqual({ kind: 'limit', cycles: 9 });
      expect(early.progress[0]).toEqual({ stream: 's_axi', taken: 2, total: 7 });
      // A result more than there are.
      const late = await failureOf({ ...jobs[1]!, expect: { sums: 50 }, maxCycles: 3000 });
      expect(late.ending).toEqual({ kind: 'limit', cycles: 3000 });
      expect(late.progress[0]).toEqual({ stream: 's_axi', taken: 7, total: 7 });
      expect(await session.run(jobs)).toEqual(reference);
    });
  });
}

test.skipIf(!usable.verilator)(
  'the harness over hex files writes the bus and compares its counter',
  async () => {
    const verilog = emitVerilog(program);
    const inVerilog = layoutInVerilog(layout, verilog);
    const folder = await mkdtemp(join(tmpdir(), 'systole-bus-'));
    const run = async (of: Layout) => {
      const harness = await buildVerilated(of, verilog, cacheFolder(), 'quick');
      const options = ['--vectors', '.', '--expected', 'expected'];
      return runTool({ ...compiler, command: harness }, options, { cwd: folder });
    };
    try {
      await mkdir(join(folder, 'expected'));
      const prepared = jobs.map((job) => prepareJob(inVerilog, job, new Map()));
      await writeVectors(inVerilog, prepared, folder);
      const outcomes = batch.map((rows, i) => rowsOutcome(rows, rowsBefore[i]!));
      for (const { name, text } of expectedFiles(inVerilog, outcomes, (job) => job > 0)) {
        await writeFile(join(folder, 'expected', name), text);
      }
      const beats = batch.reduce((sum, { rows }) => sum + rows.length, 0);
      expect(await run(inVerilog)).toMatchObject({
        exitCode: 0,
        stdout: `${beats} of ${beats} output beats equal`,
      });
      // STALLS_LOW in the place of CYCLES_LOW.
      const { bus } = inVerilog;
      const swapped = { ...bus!, reads: bus!.reads.map((at) => (at === 0x10 ? 0x18 : at)) };
      const { exitCode, stdout } = await run({ ...inVerilog, bus: swapped });
      expect(exitCode).toBe(1);
      expect(stdout).toContain(
        `job 0: ${outcomes[0]!.cycles} cycles counted outside, 0 by the design`,
      );
    } finally {
      await rm(folder, { recursive: true });
    }
  },
);

test('the same job runs on the bare core and behind the shell', async () => {
  const bare = elaborate(mac, { marksLast: false });
  expect(() => layoutOf(bare)).toThrow("Input 'last_row' of 'mac' belongs to no stream");
  const marked = macShell(true);
  const session = simulatorSession(createSimulator, marked, layoutOf(marked), 1);
  const rows = randomRows(rng(5), 12);
  const [outcome] = await session
    .run([rowsJob(rows, { expect: { sums: 6 }, maxCycles: 400 })])
    .catch((error: unknown) => [error]);
  // Row 5 is the last of the run: the inputs close behind it.
  expect((outcome as Error).message).toContain('sums 6 of 6 beats');
  const six = { ...rows, rows: rows.rows.slice(0, 6) };
  const [good] = await session.run([rowsJob(six)]);
  expect(good).toEqual({ ...rowsOutcome(six, 0, 5), counters: good!.counters });
});

test('a job that does not fit the registers is refused', async () => {
  const session = await open.simulator();
  const run = (change: Partial<Job>) => session.run([{ ...jobs[0]!, ...change }]);
  await expect(run({ registers: { RESULT: 1 } })).rejects.toThrow(
    "The job sets register 'RESULT'; registers that can be written are CONTROL, STATUS, RESULTS, LAST_ROW.",
  );
  await expect(run({ registers: { ID: 1 } })).rejects.toThrow("The job sets register 'ID'");
  await expect(run({ writes: [[4, 0]] })).rejects.toThrow(
    "The job writes to address 4 of 'setup'; addresses are 0 .. 3.",
  );
});
