import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { afterAll, describe, expect, it } from 'vitest';

import { temporaryFolder } from './fixtures.ts';

const folder = temporaryFolder();
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const script = fileURLToPath(new URL('bert-base.ts', import.meta.url));
function run(command: string): Record<string, number> {
  const args = ['--import', 'tsx', script, command, folder];
  return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' })) as Record<
    string,
    number
  >;
}

describe('a checkpoint of the size of BERT-Base', () => {
  it('loads within 5 s and 1.5 times its size in memory, and encodes 128 tokens', () => {
    const { bytes } = run('write');
    expect(bytes! / 4).toBeGreaterThan(109e6);
    const { loadSeconds, loadCpuSeconds, loadPeakBytes, forwardSeconds, rows } = run('run');
    console.log(
      `${bytes! / 4} parameters: loaded in ${loadSeconds!.toFixed(2)} s, peak of the process ` +
        `${(loadPeakBytes! / bytes!).toFixed(2)} times their size; 128 tokens in ${forwardSeconds!.toFixed(2)} s`,
    );
    expect(rows).toBe(128);
    // Seconds of work, which other work on the machine does not lengthen.
    expect(Math.min(loadSeconds!, loadCpuSeconds!)).toBeLessThan(5);
    // All of the process, Node.js itself included.
    expect(loadPeakBytes! / bytes!).toBeLessThan(1.5);
  });
});
