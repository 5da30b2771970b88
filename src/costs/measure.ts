import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Program } from '../ir/index.ts';
import { InputError } from '../numeric/index.ts';
import { cached, cacheKey } from '../testbench/build-cache.ts';
import { cacheFolder } from '../testbench/paths.ts';
import { runYosysScript } from '../tools/index.ts';
import type { SynthesisTool } from '../tools/index.ts';
import { emitVerilog } from '../verilog/index.ts';
import { fpgaResources, gateEquivalents } from './cells.ts';
import type { FpgaResources } from './cells.ts';
import { parseStatistics } from './statistics.ts';
import type { Statistics } from './statistics.ts';
import { gateMapping, gatesBesideMemories, libertyMapping } from './targets.ts';
import type { FpgaTarget, GateTarget, Target } from './targets.ts';

/** A library of standard cells, for gate equivalents from its areas. */
export interface Liberty {
  /** As given, for messages and reports. */
  readonly path: string;
  readonly text: string;
}

/** What a design takes of a family of FPGAs. */
export interface FpgaCost {
  readonly kind: 'fpga';
  readonly target: FpgaTarget;
  /** All multipliers in LUTs. */
  readonly inLogic: FpgaResources;
  /** Multipliers in DSP blocks; equal to `inLogic` where Yosys uses none. */
  readonly inDsps: FpgaResources;
}

/** Gate equivalents of a design: the area over that of the smallest NAND2. */
export interface GateCost {
  readonly kind: 'gates';
  readonly target: GateTarget;
  readonly gateEquivalents: number;
  /** Where the areas come from. */
  readonly areas: string;
  /** Of memories that stay memories, beside `gateEquivalents`; absent where there are none. */
  readonly memoryBits?: number;
  /** Flip-flops, where gates are Yosys' own; with a library its cells have names of their own. */
  readonly flipFlops?: number;
  /** A quarter of the transistors that Yosys estimates; only without a library and memories. */
  readonly transistorEquivalents?: number;
}

export type Cost = FpgaCost | GateCost;

export interface MeasureOptions {
  readonly yosys: SynthesisTool;
  readonly liberty?: Liberty;
  /** Folder where results are kept; default: that of built simulations. */
  readonly cache?: string;
}

/** Areas of Yosys' own gates; the name that reports give them. */
export const gateAreaSource = "Yosys' own gates, with areas as in the Nangate 45 nm library";

/** Raised when scripts stay but what is made of their output changes. */
const cacheFormat = 'costs 1';

/** Maps a design to a target and counts what it takes; what was measured before comes from the cache. */
export async function measureCost(
  program: Program,
  target: Target,
  options: MeasureOptions,
): Promise<Cost> {
  switch (target.kind) {
    case 'fpga':
      return measureFpga(program, target, options);
    case 'gates':
      return measureGates(program, target, options);
  }
}

async function measureFpga(
  program: Program,
  target: FpgaTarget,
  options: MeasureOptions,
): Promise<FpgaCost> {
  const resources = async (mapping: readonly string[]): Promise<FpgaResources> =>
    fpgaResources(target.cells, (await synthesize(program, mapping, [], options)).cells);
  const inDsps = await resources(target.inDsps(program.top));
  // Where nothing went into a DSP block, forbidding these changes nothing.
  const inLogic = inDsps.dsps === 0 ? inDsps : await resources(target.inLogic(program.top));
  return { kind: 'fpga', target, inLogic, inDsps };
}

async function measureGates(
  program: Program,
  target: GateTarget,
  options: MeasureOptions,
): Promise<GateCost> {
  const { liberty } = options;
  if (liberty !== undefined) {
    const area = await areaOf(program, liberty, options);
    const nand = await areaOf(nandProgram, liberty, options);
    return { kind: 'gates', target, gateEquivalents: area / nand, areas: liberty.path };
  }
  const mapping = hasMemories(program) ? gatesBesideMemories : gateMapping;
  const statistics = await synthesize(program, mapping(program.top), [], options);
  const { cells, memoryBits, transistors } = statistics;
  if (memoryBits === 0 && !transistors?.complete) {
    throw new Error(`Yosys could not estimate the transistors of '${program.top}'.`);
  }
  return {
    kind: 'gates',
    target,
    gateEquivalents: gateEquivalents(cells),
    areas: gateAreaSource,
    flipFlops: cells['$_DFF_P_'] ?? 0,
    ...(memoryBits > 0 ? { memoryBits } : { transistorEquivalents: transistors!.count / 4 }),
  };
}

/** Whether there are memories for which block memories are good; those of registers say so. */
const hasMemories = ({ modules }: Program): boolean =>
  modules.some(({ memories }) =>
    memories.some(({ style }) => style === undefined || style === 'block'),
  );

/** One NAND2: in every library, the cell that others are measured by. */
const nandProgram = {
  top: 'nand2',
  text: 'module nand2 (input a, input b, output y);\n  assign y = ~(a & b);\nendmodule\n',
};

const libertyFile = 'cells.lib';

async function areaOf(
  program: Program | typeof nandProgram,
  liberty: Liberty,
  options: MeasureOptions,
): Promise<number> {
  const mapping = libertyMapping(libertyFile)(program.top);
  let statistics: Statistics;
  try {
    statistics = await synthesize(program, mapping, [liberty], options);
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw badLiberty(liberty, lastLine(error as Error));
  }
  // Cells that the library does not have would be counted as nothing.
  const foreign = Object.keys(statistics.cells).find((cell) => cell.startsWith('$'));
  if (foreign !== undefined) throw badLiberty(liberty, `it has nothing to make a ${foreign} of`);
  if (!(statistics.area! > 0)) throw badLiberty(liberty, 'its cells have no areas');
  return statistics.area!;
}

const lastLine = ({ message }: Error): string => message.trim().split('\n').at(-1)!;

const badLiberty = ({ path }: Liberty, reason: string): InputError =>
  new InputError(
    `--liberty: Yosys cannot use ${path} (${reason}); give a Liberty file with areas and with ` +
      'gates, inverters and D flip-flops.',
    'bad-liberty',
  );

/** Statistics as Yosys writes them: older versions leave the area out of the first. */
const jsonFile = 'statistics.json';
const textFile = 'statistics.txt';

/** The statistics after these commands, from the cache where the same was asked before. */
async function synthesize(
  program: Program | typeof nandProgram,
  mapping: readonly string[],
  liberties: readonly Liberty[],
  options: MeasureOptions,
): Promise<Statistics> {
  const verilog =
    'text' in program ? [{ name: `${program.top}.v`, text: program.text }] : emitVerilog(program);
  const areas = liberties.length > 0 ? `-liberty ${libertyFile}` : '-tech cmos';
  const script = [
    ...mapping,
    `tee -q -o ${jsonFile} stat -json ${areas}`,
    `tee -q -o ${textFile} stat ${areas}`,
  ];
  const [data, text] = await yosysOutputs(verilog, script, [jsonFile, textFile], {
    ...options,
    libraries: liberties,
  });
  return parseStatistics(data!, text!);
}

interface OutputOptions extends MeasureOptions {
  /** To be read under the name of `libertyFile`. */
  readonly libraries?: readonly Liberty[];
}

/** Contents of files that a script on these modules writes, from the cache where it was run before. */
export async function yosysOutputs(
  verilog: readonly { readonly name: string; readonly text: string }[],
  commands: readonly string[],
  files: readonly string[],
  { yosys, cache = cacheFolder(), libraries = [] }: OutputOptions,
): Promise<readonly string[]> {
  const script = [...verilog.map(({ name }) => `read_verilog -noautowire ${name}`), ...commands];
  const sources = verilog.flatMap(({ name, text }) => [name, text]);
  const texts = libraries.map(({ text }) => text);
  const key = cacheKey([cacheFormat, yosys.title, ...script, ...sources, ...texts]);
  const folder = await cached(cache, key, async (aside) => {
    const work = join(aside, 'work');
    await mkdir(work);
    for (const { name, text } of verilog) await writeFile(join(work, name), text);
    for (const { text } of libraries) await writeFile(join(work, libertyFile), text);
    await runYosysScript(yosys, work, script);
    for (const name of files) await rename(join(work, name), join(aside, name));
    await rm(work, { recursive: true });
  });
  return Promise.all(files.map((name) => readFile(join(folder, name), 'utf8')));
}
