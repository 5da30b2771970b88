import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { VerilogFile } from '../verilog/index.ts';

/** What the testbench needs of an emitted file. */
export type VerilogSource = Pick<VerilogFile, 'name' | 'text' | 'domains'>;

/** Writes Verilog files into a folder; the answer is their paths. */
export async function writeSources(
  folder: string,
  verilog: readonly Pick<VerilogSource, 'name' | 'text'>[],
): Promise<string[]> {
  return Promise.all(
    verilog.map(async ({ name, text }) => {
      const path = join(folder, name);
      await writeFile(path, text);
      return path;
    }),
  );
}
