import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Program } from '../ir/index.ts';
import { InputError } from '../numeric/index.ts';
import { cached, cacheKey } from '../testbench/build-cache.ts';
import { cacheFolder } from '../testbench/paths.ts';
import { runYosysScript } from '../tools/index.ts';
import type { SynthesisTool } from '../tools/index.ts';
import { emitVerilog } from '../verilog/index.ts';
import { measureCost } from './measure.ts';
import { anyMemory, targets } from './targets.ts';
import { fmaxWrapper, wrapperTop } from './wrapper.ts';

export interface FmaxOptions {
  readonly yosys: SynthesisTool;
  readonly nextpnr: SynthesisTool;
  /** Placements; their seeds are 1 .. `seeds`. */
  readonly seeds: number;
  readonly cache?: string;
  /** Called before each placement, with its seed. */
  readonly onPlacement?: (seed: number) => void;
}

/** What one placement reached. */
export interface Placement {
  readonly seed: number;
  readonly megahertz: number;
  /** Registers between which the slowest path runs. */
  readonly from: string;
  readonly to: string;
}

export interface FmaxResult {
  readonly device: string;
  /** Flip-flops of the design itself; 0 means that it has no clock rate of its own. */
  readonly registers: number;
  /** Logic cells of design and wrapper. */
  readonly logicCells: number;
  readonly placements: readonly Placement[];
  /** Of the placements, by clock rate; of an even number, the lower of the two in the middle. */
  readonly median: Placement;
}

/** The part for which designs are placed: the largest and fastest of the family. */
export const fmaxDevice = 'iCE40 HX8K, CT256';
const deviceCells = 7680;
const deviceArguments = ['--hx8k', '--package', 'ct256'];
/** What the placer aims at: beyond what any design here reaches, so that it always tries its best. */
const goalMegahertz = 400;

const cacheFormat = 'fmax 1';
const netlistFile = 'netlist.json';
const reportFile = 'report.json';

/**
 * Places a design, with registers at all its pins, on an iCE40 and says how fast it can be clocked.
 * Throws `InputError` where it does not fit, or has several clocks.
 */
export async function measureFmax(program: Program, options: FmaxOptions): Promise<FmaxResult> {
  const { seeds, onPlacement } = options;
  const verilog = emitVerilog(program);
  const wrapper = fmaxWrapper(program, verilog);
  const registers = await ownRegisters(program, options);
  const sources = [...verilog, { name: `${wrapperTop}.v`, text: wrapper }];
  const placements: (Placement & { readonly logicCells: number })[] = [];
  for (let seed = 1; seed <= seeds; seed++) {
    onPlacement?.(seed);
    placements.push({ seed, ...parseReport(await place(sources, seed, options)) });
  }
  const sorted = [...placements].sort((a, b) => a.megahertz - b.megahertz);
  const median = sorted[(sorted.length - 1) >> 1]!;
  const { logicCells } = median;
  return { device: fmaxDevice, registers, logicCells, placements, median };
}

/** Flip-flops without the wrapper. Throws where the design alone is too large for the device. */
async function ownRegisters(program: Program, options: FmaxOptions): Promise<number> {
  const target = targets.find(({ name }) => name === 'ice40')!;
  const cost = await measureCost(program, target, options);
  if (cost.kind !== 'fpga') throw new Error('iCE40 is a family of FPGAs.');
  const { luts, flipFlops } = cost.inLogic;
  const needed = Math.max(luts, flipFlops);
  if (needed > deviceCells) {
    throw new InputError(
      `'${program.top}' needs ${needed} logic cells or more, and the ${fmaxDevice} has ` +
        `${deviceCells}; measure one of its parts, or choose smaller parameters.`,
      'too-large',
    );
  }
  return flipFlops;
}

/** nextpnr's report of one placement, from the cache where there is one. */
async function place(
  sources: readonly { readonly name: string; readonly text: string }[],
  seed: number,
  { yosys, nextpnr, cache = cacheFolder() }: FmaxOptions,
): Promise<string> {
  const script = [
    ...sources.map(({ name }) => `read_verilog -noautowire ${name}`),
    ...anyMemory,
    `synth_ice40 -top ${wrapperTop} -json ${netlistFile}`,
  ];
  const texts = sources.flatMap(({ name, text }) => [name, text]);
  const netlistKey = cacheKey([cacheFormat, yosys.title, ...script, ...texts]);
  const netlist = await cached(cache, netlistKey, async (aside) => {
    const work = join(aside, 'work');
    await mkdir(work);
    for (const { name, text } of sources) await writeFile(join(work, name), text);
    await runYosysScript(yosys, work, script);
    await rename(join(work, netlistFile), join(aside, netlistFile));
    await rm(work, { recursive: true });
  });
  const args = [
    ...deviceArguments,
    ...['--freq', `${goalMegahertz}`, '--timing-allow-fail', '--seed', `${seed}`],
    ...['--json', netlistFile, '--report', reportFile, '--quiet'],
  ];
  const reportKey = cacheKey([netlistKey, nextpnr.title, ...args]);
  const folder = await cached(cache, reportKey, async (aside) => {
    await writeFile(join(aside, netlistFile), await readFile(join(netlist, netlistFile)));
    await nextpnr.run(aside, args);
    await rm(join(aside, netlistFile));
  });
  return readFile(join(folder, reportFile), 'utf8');
}

/** What is used of the report of nextpnr. */
interface Report {
  readonly fmax: Readonly<Record<string, { readonly achieved: number }>>;
  readonly critical_paths: readonly {
    readonly from: string;
    readonly to: string;
    readonly path: readonly {
      readonly from: { readonly cell: string };
      readonly to: { readonly cell: string };
    }[];
  }[];
  readonly utilization: Readonly<Record<string, { readonly used: number }>>;
}

/** Clock rate, slowest path and size. Throws where the report has no single clock. */
export function parseReport(text: string): Omit<Placement, 'seed'> & {
  readonly logicCells: number;
} {
  const { fmax, critical_paths: paths, utilization } = JSON.parse(text) as Report;
  const [clock, ...others] = Object.keys(fmax);
  if (clock === undefined || others.length > 0) {
    throw new Error(`nextpnr reported ${Object.keys(fmax).length} clocks instead of one.`);
  }
  const path = paths.find(({ from, to }) => from.includes(clock) && to.includes(clock))?.path ?? [];
  return {
    megahertz: fmax[clock]!.achieved,
    from: path[0]?.from.cell ?? '',
    to: path.at(-1)?.to.cell ?? '',
    logicCells: utilization['ICESTORM_LC']?.used ?? 0,
  };
}
