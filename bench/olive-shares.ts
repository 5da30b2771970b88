/**
 * What the parts of the OliVe array take, each on its own, as lines of JSON: `--size 64` for another one
 * than 8 x 8, `--targets xcup,ice40` for FPGAs, `--system` for the Yosys on the PATH.
 */
import { parseArgs } from 'node:util';

import { measureRows, parseTargets } from '../src/costs/index.ts';
import { oliveArray } from '../src/families/olive/designs.ts';
import type { Program } from '../src/ir/index.ts';
import { resolveParameters } from '../src/testbench/index.ts';
import { openYosys } from '../src/tools/index.ts';

const { values } = parseArgs({
  options: {
    size: { type: 'string', default: '8' },
    targets: { type: 'string', default: 'gates' },
    system: { type: 'boolean' },
  },
});
const size = Number(values.size);
const targets = parseTargets(values.targets);

/** A module of a design as a design of its own, with the modules that it has instances of. */
function part(program: Program, top: string): Program {
  const last = program.modules.findIndex(({ name }) => name === top);
  const needed = new Set([top]);
  const modules = program.modules
    .slice(0, last + 1)
    .reverse()
    .filter((module) => {
      if (!needed.has(module.name)) return false;
      module.instances.forEach((instance) => needed.add(instance.module));
      return true;
    });
  return { top, modules: modules.reverse() };
}

const arrayOf = (sharedDecoders: number): Program =>
  oliveArray.rtl(
    resolveParameters(oliveArray, { rows: size, columns: size, sharedDecoders }, 'size'),
  );
const [shared, separate] = [arrayOf(1), arrayOf(0)];
const parts: readonly (readonly [Program, string])[] = [
  [shared, 'olive_decoder_4'],
  [shared, 'olive_decoder_8'],
  [shared, 'olive_lane_decoder'],
  [shared, 'olive_multiplier'],
  [shared, 'olive_accumulator'],
  [shared, 'olive_group'],
  [shared, `olive_border_${size}`],
  [separate, `olive_border_${size}_private`],
];

const yosys = await openYosys(values.system ? 'system' : undefined);
for (const [program, label] of parts) {
  const candidate = { label, program: () => part(program, label) };
  const [row] = await measureRows([candidate], targets, { yosys });
  const costs = Object.fromEntries(
    row!.costs.map((cost) => {
      switch (cost.kind) {
        case 'gates': {
          const { gateEquivalents, flipFlops } = cost;
          return ['gates', { gateEquivalents, flipFlops }];
        }
        case 'fpga': {
          const { luts, flipFlops } = cost.inLogic;
          return [cost.target.name, { luts, flipFlops }];
        }
      }
    }),
  );
  console.log(JSON.stringify({ yosys: yosys.title, part: label, ...costs }));
}
