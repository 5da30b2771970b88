import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface VerilogSource {
  /** File name: `gobo_pe.v`. */
  readonly name: string;
  readonly text: string;
}

/** Writes Verilog files into a folder; the answer is their paths. */
export async function writeSources(
  folder: string,
  verilog: readonly VerilogSource[],
): Promise<string[]> {
  return Promise.all(
    verilog.map(async ({ name, text }) => {
      const path = join(folder, name);
      await writeFile(path, text);
      return path;
    }),
  );
}
