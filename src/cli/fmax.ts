import { Command } from 'commander';
import { measureFmax } from '../costs/index.ts';
import { fmaxData, fmaxText } from '../report/index.ts';
import { openNextpnr, openYosys } from '../tools/index.ts';
import { candidateOf, noteOn } from './cost.ts';
import type { DesignOptions } from './design-options.ts';
import { cliError } from './issue.ts';
import { collect, json } from './output.ts';
import { progressOn } from './progress.ts';
import type { Terminal } from './terminal.ts';

interface FmaxCommandOptions extends DesignOptions {
  readonly seeds?: string;
  readonly json?: true;
  readonly quiet?: true;
}

const examples = `
Examples:
  systole fmax --pe gobo-pe --set activationBits=8
  systole fmax --pe int8-mac --seeds 9
`;

const defaultSeeds = 5;
const mostSeeds = 100;

/** `systole fmax`: how fast a design runs on an iCE40, after place and route. */
export function fmaxCommand(terminal: Terminal): Command {
  return new Command('fmax')
    .description('place and route a design on an iCE40 with nextpnr, and say how fast it runs')
    .option('--pe <name>', 'design, family for its main design, or a plain unit')
    .option('--set <key=value>', 'parameter of the design; repeat for more', collect)
    .option('--config <file>', 'YAML file with pe and set; the command line comes first')
    .option('--seeds <n>', `placements, of which the median counts (default: ${defaultSeeds})`)
    .option('--json', 'print one JSON object instead of text')
    .option('--quiet', 'print no progress')
    .addHelpText('after', examples)
    .action((options: FmaxCommandOptions) => fmax(options, terminal));
}

async function fmax(options: FmaxCommandOptions, terminal: Terminal): Promise<void> {
  const seeds = seedsOf(options.seeds);
  const candidate = await candidateOf(options);
  const [yosys, nextpnr] = [await openYosys(), await openNextpnr()];
  noteOn(terminal, yosys);
  noteOn(terminal, nextpnr);
  const progress = progressOn(terminal, 'fmax', options.quiet === true);
  const result = await measureFmax(candidate.program(), {
    yosys,
    nextpnr,
    seeds,
    onPlacement: (seed) => {
      progress.at((seed - 1) / seeds, `placement ${seed} of ${seeds}`);
    },
  }).finally(() => {
    progress.end();
  });
  const run = { label: candidate.label, yosys: yosys.title, nextpnr: nextpnr.title };
  terminal.out(options.json ? json(fmaxData(run, result)) : `${fmaxText(run, result)}\n`);
}

function seedsOf(text: string | undefined): number {
  if (text === undefined) return defaultSeeds;
  const seeds = /^\d+$/.test(text) ? Number(text) : NaN;
  if (!(seeds >= 1 && seeds <= mostSeeds)) {
    throw cliError({ code: 'bad-seeds', value: text, max: mostSeeds });
  }
  return seeds;
}
