import { execute, main } from '../../src/cli/index.ts';
import type { Terminal } from '../../src/cli/index.ts';
import { InputError } from '../../src/numeric/index.ts';

export interface Ran {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

function recorder(): { readonly terminal: Terminal; readonly text: { out: string; err: string } } {
  const text = { out: '', err: '' };
  const terminal: Terminal = {
    out: (part) => void (text.out += part),
    err: (part) => void (text.err += part),
    interactive: false,
    exitCode: 0,
  };
  return { terminal, text };
}

/** Runs the real command line in this process. */
export async function run(...argv: string[]): Promise<Ran> {
  const { terminal, text } = recorder();
  const exitCode = await main(argv, terminal);
  return { exitCode, stdout: text.out, stderr: text.err };
}

/** The code of the `InputError` with which a command line ends. */
export async function errorCode(...argv: string[]): Promise<string | undefined> {
  try {
    await execute(argv, recorder().terminal);
  } catch (error) {
    if (error instanceof InputError) return error.code;
    throw error;
  }
  return undefined;
}
