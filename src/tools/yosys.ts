import { lintMessages, messageLines, runTool, toolVersion } from './run-tool.ts';
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
