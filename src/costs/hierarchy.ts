import type { Program } from '../ir/index.ts';
import { emitVerilog } from '../verilog/index.ts';
import { gateEquivalents } from './cells.ts';
import { yosysOutputs } from './measure.ts';
import type { MeasureOptions } from './measure.ts';
import { parseStatistics } from './statistics.ts';
import type { Statistics } from './statistics.ts';
import { moduleMapping } from './targets.ts';

/** One module of a design, with all that it has instances of. */
export interface ModuleCost {
  readonly name: string;
  /** How often it is in the design. */
  readonly count: number;
  /** Of one of them, with its memories as flip-flops. */
  readonly gateEquivalents: number;
  readonly flipFlops: number;
}

/**
 * Gate equivalents of the modules of a design, the top first: each is mapped once, and counts as often as
 * it is there. Nothing is optimized from one module into another, so the sum is somewhat above what
 * `measureCost` gives for the flattened design; on the other hand it takes seconds where that takes hours.
 */
export async function measureModules(
  program: Program,
  options: MeasureOptions,
): Promise<readonly ModuleCost[]> {
  const verilog = emitVerilog(program);
  const names = reachable(program);
  const files = names.map((name) => `${name}.json`);
  // One module at a time: some versions write no valid JSON for several.
  const script = [
    ...moduleMapping(program.top),
    ...names.map((name, index) => `tee -q -o ${files[index]!} stat -json -tech cmos ${name}`),
  ];
  const texts = await yosysOutputs(verilog, script, files, options);
  return sumModules(
    program.top,
    new Map(names.map((name, index) => [name, parseStatistics(texts[index]!, '')])),
  );
}

/** Names of the modules of a design, each after those that have instances of it. */
function reachable({ top, modules }: Program): readonly string[] {
  const needed = new Set([top]);
  return [...modules].reverse().flatMap(({ name, instances }) => {
    if (!needed.has(name)) return [];
    instances.forEach(({ module }) => needed.add(module));
    return [name];
  });
}

/** From the cells of each module alone, with instances of the others among them; users come first. */
export function sumModules(
  top: string,
  modules: ReadonlyMap<string, Pick<Statistics, 'cells'>>,
): readonly ModuleCost[] {
  const areas = new Map<string, { readonly gates: number; readonly flipFlops: number }>();
  for (const [name, { cells }] of [...modules].reverse()) {
    let [gates, flipFlops] = [0, 0];
    for (const [cell, count] of Object.entries(cells)) {
      const inner = areas.get(cell);
      gates += count * (inner?.gates ?? gateEquivalents({ [cell]: 1 }));
      flipFlops += count * (inner?.flipFlops ?? (cell === '$_DFF_P_' ? 1 : 0));
    }
    areas.set(name, { gates, flipFlops });
  }
  const counts = new Map([[top, 1]]);
  for (const [name, { cells }] of modules) {
    for (const [cell, count] of Object.entries(cells)) {
      if (!modules.has(cell)) continue;
      counts.set(cell, (counts.get(cell) ?? 0) + count * counts.get(name)!);
    }
  }
  return [...modules.keys()].map((name) => ({
    name,
    count: counts.get(name) ?? 0,
    gateEquivalents: areas.get(name)!.gates,
    flipFlops: areas.get(name)!.flipFlops,
  }));
}
