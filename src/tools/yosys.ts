import { lintMessages, messageLines, runTool, runToolOrThrow, toolVersion } from './run-tool.ts';
import type { Tool } from './run-tool.ts';

export const yosys: Tool = {
  title: 'Yosys',
  command: 'yosys',
  install: 'apt-get install yosys',
  versionArguments: ['-V'],
  versionPattern: /Yosys (\d+\.\d+)/,
};

export function yosysVersion(): Promise<string> {
  return toolVersion(yosys);
}

/**
 * Messages of Yosys reading the files as Verilog-2005, with hierarchy, processes and
 * `check -assert`; none where they are clean.
 */
export async function yosysCheck(
  files: readonly string[],
  options: { readonly top: string },
): Promise<string[]> {
  const script = [
    `read_verilog -noautowire ${files.map((file) => `"${file}"`).join(' ')}`,
    `hierarchy -check -top ${options.top}`,
    'proc',
    'check -assert',
  ].join('; ');
  // -q leaves warnings and errors only.
  const result = await runTool(yosys, ['-q', '-p', script]);
  return lintMessages(yosys, result, messageLines(result));
}

/** How an attempt to prove all assertions of a design for all time ended. */
export type Proof =
  /** By induction over `steps` consecutive cycles, from reset on. */
  | { readonly kind: 'proven'; readonly steps: number }
  /** An assertion fails within `steps` cycles of reset; `trace` is how, as Yosys prints it. */
  | { readonly kind: 'refuted'; readonly steps: number; readonly trace: string }
  /** No failure within `steps` cycles of reset, and no induction over as many. */
  | { readonly kind: 'bounded'; readonly steps: number };

/**
 * Proves the assertions under `FORMAL` by temporal induction, with the assumptions taken for true.
 * The design is in reset in the first cycle, and free to be again later; registers and memories
 * start with any value. Throws where Yosys cannot read the files.
 */
export async function yosysProve(
  files: readonly string[],
  options: { readonly top: string; readonly reset: string; readonly maxSteps?: number },
): Promise<Proof> {
  const { top, reset, maxSteps = 20 } = options;
  const script = [
    `read_verilog -formal -noautowire -D FORMAL ${files.map((file) => `"${file}"`).join(' ')}`,
    `hierarchy -check -top ${top}`,
    'prep -flatten',
    'memory_map',
    `sat -tempinduct -prove-asserts -set-assumes -set-at 1 ${reset} 0 -maxsteps ${maxSteps}`,
  ].join('; ');
  const { stdout } = await runToolOrThrow(yosys, ['-p', script]);
  const steps = Number(
    [...stdout.matchAll(/^\[(?:base case|induction step) (\d+)\]/gm)].at(-1)?.[1],
  );
  if (/^Induction step proven: SUCCESS!/m.test(stdout)) return { kind: 'proven', steps };
  const refuted = stdout.indexOf('model found for base case: FAIL!');
  if (refuted >= 0) return { kind: 'refuted', steps, trace: stdout.slice(refuted) };
  if (/^Reached maximum number of time steps/m.test(stdout)) return { kind: 'bounded', steps };
  throw new Error(`Yosys gave no verdict on '${top}':\n${stdout}`);
}
