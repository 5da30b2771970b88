import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { rng } from '../../src/numeric/index.ts';
import { layoutOf } from '../../src/testbench/layout.ts';
import { cacheFolder } from '../../src/testbench/paths.ts';
import { prepareJob } from '../../src/testbench/prepared-job.ts';
import {
  beatsToHex,
  expectedFiles,
  hexToBeats,
  writeVectors,
} from '../../src/testbench/vectors.ts';
import { buildVerilated } from '../../src/testbench/verilator-build.ts';
import { compiler, verilator } from '../../src/tools/index.ts';
import { runTool } from '../../src/tools/run-tool.ts';
import type { ToolResult } from '../../src/tools/run-tool.ts';
import { available } from '../tools/available.ts';
import { pairJob, pairOutcome, pairSum, pairSumVerilog, randomPairs } from './pair-sum.ts';

const layout = layoutOf(pairSum);
const a = layout.streams[1]!;

test('a beat is one hexadecimal number', () => {
  // 18 bits: five digits, the last flag in bit 17.
  const bytes = Uint8Array.of(0x34, 0x12, 0x02, 0xff, 0xff, 0x01);
  expect(beatsToHex(a, bytes)).toBe('21234\n1ffff\n');
  expect(hexToBeats(a, '21234\n1ffff\n')).toEqual(bytes);
  expect(hexToBeats(a, '2x234\n')).toBeUndefined();
  expect(beatsToHex(a, new Uint8Array(0))).toBe('');
});

describe.skipIf(!(await available(verilator, compiler)))('the harness over hex files', () => {
  let program: string;
  let folder: string;
  beforeAll(async () => {
    program = await buildVerilated(layout, await pairSumVerilog(), cacheFolder(), 'quick');
  }, 120_000);
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'systole-hex-'));
    for (const name of ['vectors', 'expected', 'results']) await mkdir(join(folder, name));
    const random = rng(4);
    const pairs = [7, 30].map((count) => randomPairs(random, count));
    const stalled = { stalls: { seed: 9, source: 99, sink: 99 } };
    const jobs = [pairJob(pairs[0]!), pairJob(pairs[1]!), pairJob(pairs[1]!, stalled)];
    const outcomes = [pairs[0]!, pairs[1]!, pairs[1]!].map(pairOutcome);
    const prepared = jobs.map((job) => prepareJob(layout, job, new Map()));
    await writeVectors(layout, prepared, join(folder, 'vectors'));
    for (const { name, text } of expectedFiles(layout, outcomes, (job) => job === 2)) {
      await writeFile(join(folder, 'expected', name), text);
    }
    expect(await readFile(join(folder, 'expected/cycles.txt'), 'utf8')).toBe('8\n31\n-\n');
  });
  afterEach(() => rm(folder, { recursive: true }));

  const run = (): Promise<ToolResult> =>
    runTool(
      { ...compiler, command: program },
      ['--vectors', 'vectors', '--expected', 'expected', '--results', 'results'],
      { cwd: folder },
    );
  const edit = async (file: string, change: (text: string) => string): Promise<void> => {
    const path = join(folder, file);
    await writeFile(path, change(await readFile(path, 'utf8')));
  };

  test('compares every beat and writes what came out', async () => {
    expect(await run()).toEqual({ exitCode: 0, stdout: '67 of 67 output beats equal', stderr: '' });
    for (const job of [0, 1, 2]) {
      const [expected, results] = await Promise.all(
        ['expected', 'results'].map((name) =>
          readFile(join(folder, name, `job${job}-sums.hex`), 'utf8'),
        ),
      );
      expect(results).toBe(expected);
    }
  });

  test('finds a wrong beat', async () => {
    await edit('expected/job1-sums.hex', (text) => {
      const lines = text.split('\n');
      lines[3] = lines[3]!.replace(/.$/, (digit) => (digit === '0' ? '1' : '0'));
      return lines.join('\n');
    });
    const { exitCode, stdout } = await run();
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/^job 1: beat 3 of sums: expected [0-9a-f]{35}, got [0-9a-f]{35}\n/);
    expect(stdout).toMatch(/66 of 67 output beats equal$/);
  });

  test('finds a wrong number of cycles', async () => {
    await edit('expected/cycles.txt', (text) => text.replace('31', '32'));
    const { exitCode, stdout } = await run();
    expect(exitCode).toBe(1);
    expect(stdout).toContain('job 1: 32 cycles expected, 31 counted');
  });

  test('does not compare less where a file was cut short', async () => {
    await edit('expected/job1-sums.hex', (text) => text.split('\n').slice(1).join('\n'));
    const { exitCode, stderr } = await run();
    expect(exitCode).toBe(2);
    expect(stderr).toContain(
      'job 1: jobs.txt and the file of sums disagree on the number of beats',
    );
  });

  test('says where a job that hangs stood', async () => {
    await edit('vectors/jobs.txt', (text) => text.replace(/^(\d+ \d+ \d+) \d+/, '$1 5'));
    const { exitCode, stdout } = await run();
    expect(exitCode).toBe(1);
    expect(stdout).toContain(
      'job 0 was given up after 5 cycles\n  setup: 1 of 1 beats\n  a: 4 of 7',
    );
  });

  test('comparing nothing is not a pass', async () => {
    await edit('vectors/jobs.txt', () => '');
    const { exitCode, stdout } = await run();
    expect([exitCode, stdout]).toEqual([1, '0 of 0 output beats equal\nnothing was compared']);
  });
});
