import { expect, it } from 'vitest';
import { main } from '../../src/cli/index.ts';
import { HardwareError } from '../../src/hdl/index.ts';

/** Runs a command that fails as it prints. */
async function failing(error: unknown): Promise<{ exitCode: number; stderr: string }> {
  let stderr = '';
  const exitCode = await main(['gen', '--list'], {
    out: () => {
      throw error;
    },
    err: (text) => void (stderr += text),
    interactive: false,
    exitCode: 0,
  });
  return { exitCode, stderr };
}

it('calls an unforeseen error a bug, and shows where it happened', async () => {
  const { exitCode, stderr } = await failing(new TypeError('x is not a function'));
  expect(exitCode).toBe(70);
  expect(stderr).toMatch(
    /^systole gen: this is a bug in Systole.*\nTypeError: x is not a function/,
  );
  expect(stderr).toContain('main.test.ts');
});

it('prints issues of a design without a stack', async () => {
  const issue = { code: 'no-driver', signal: 'sum' } as const;
  const location = { file: 'adder.ts', line: 7, column: 1 };
  const { exitCode, stderr } = await failing(
    new HardwareError([{ issue, location, module: 'adder' }]),
  );
  expect(exitCode).toBe(2);
  expect(stderr).toBe(
    'systole gen: adder.ts:7: no-driver: sum is never driven; give it a value with set (module adder)\n',
  );
});
