import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { InputError } from '../../src/numeric/index.ts';
import {
  icarus,
  icarusLint,
  verilator,
  verilatorLint,
  verilatorVersion,
  yosys,
  yosysCheck,
} from '../../src/tools/index.ts';
import { compareVersions } from '../../src/tools/run-tool.ts';
import { available } from './available.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'systole-tools-'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

async function fakeVerilator(script: string): Promise<void> {
  const path = join(folder, 'verilator');
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
  vi.stubEnv('PATH', folder);
}

describe('a tool that cannot be used', () => {
  test('is missing: says how to install it and what to do without it', async () => {
    vi.stubEnv('PATH', folder);
    const version = verilatorVersion();
    await expect(version).rejects.toThrow(InputError);
    await expect(version).rejects.toThrow(
      'Verilator was not found on the PATH; install it with `apt-get install verilator`, or use --engine simulator.',
    );
  });

  test('is too old', async () => {
    await fakeVerilator('echo "Verilator 4.038 2020-07-11 rev v4.036"');
    await expect(verilatorVersion()).rejects.toThrow(
      'Verilator 4.038 on the PATH is too old; install 5.002 or newer, or use --engine simulator.',
    );
  });

  test('is something else', async () => {
    await fakeVerilator('echo hello');
    await expect(verilatorVersion()).rejects.toThrow(
      '`verilator` on the PATH does not look like Verilator.',
    );
  });

  test('a lint that fails without a word is not clean', async () => {
    await fakeVerilator('exit 3');
    expect(await verilatorLint(['x.v'], { top: 'x' })).toEqual([
      'Verilator ended with exit code 3',
    ]);
  });
});

test('versions are compared number by number', () => {
  expect(compareVersions('5.10', '5.9')).toBeGreaterThan(0);
  expect(compareVersions('4.228', '5.002')).toBeLessThan(0);
  expect(compareVersions('5.6', '5.006')).toBe(0);
});

const clean = `module inverter (
  input  wire a,
  output wire y
);
  assign y = ~a;
endmodule
`;
const flawed = `module inverter (
  input  wire [1:0] a,
  output wire y
);
  wire loop;
  assign loop = loop & a[0];
  assign y = a;
  missing_cell u_cell (.a(a), .y(loop));
endmodule
`;

const lints = { verilatorLint: verilator, icarusLint: icarus, yosysCheck: yosys };
const functions = { verilatorLint, icarusLint, yosysCheck };
for (const name of ['verilatorLint', 'icarusLint', 'yosysCheck'] as const) {
  describe.skipIf(!(await available(lints[name])))(name, () => {
    // A path with a space and quotes would break if a shell had its hands in.
    test('is silent on clean files and speaks on flawed ones', async () => {
      const quoted = join(folder, "it's a folder");
      await mkdir(quoted);
      const file = join(quoted, 'inverter.v');
      await writeFile(file, clean);
      expect(await functions[name]([file], { top: 'inverter' })).toEqual([]);
      await writeFile(file, flawed);
      const messages = await functions[name]([file], { top: 'inverter' });
      expect(messages.join('\n')).toMatch(/missing_cell/);
    });
  });
}
