import { readFile } from 'node:fs/promises';
import { Command } from 'commander';
import {
  gateAreaSource,
  measureModules,
  measureRows,
  parseTargets,
  references,
} from '../costs/index.ts';
import type { Candidate, Liberty } from '../costs/index.ts';
import { families, findDesign } from '../families/index.ts';
import type { CostRow } from '../families/index.ts';
import { InputError } from '../numeric/index.ts';
import { costData, costTable, costText, modulesText } from '../report/index.ts';
import type { CostRun } from '../report/index.ts';
import { resolveParameters } from '../testbench/index.ts';
import { openYosys } from '../tools/index.ts';
import type { SynthesisTool } from '../tools/index.ts';
import { chooseDesign, parametersText } from './design-options.ts';
import type { DesignOptions } from './design-options.ts';
import { cliError } from './issue.ts';
import { collect, json } from './output.ts';
import { progressOn } from './progress.ts';
import type { Terminal } from './terminal.ts';

interface CostOptions extends DesignOptions {
  readonly table?: string;
  readonly targets?: string;
  readonly liberty?: string;
  readonly byModule?: true;
  readonly json?: true;
  readonly quiet?: true;
}

const examples = `
Examples:
  systole cost --pe gobo-pe --set activationBits=8
  systole cost --pe int8-mac --targets xilinx          a plain unit to compare with: ${references.map(({ name }) => name).join(', ')}
  systole cost --table gobo --targets xcup,gates       the family beside plain units
  systole cost --pe gobo-pe --targets gates --liberty cells.lib
  systole cost --pe olive-array --set rows=64 --set columns=64 --by-module
`;

/** `systole cost`: what a design takes of FPGAs, and in gate equivalents. */
export function costCommand(terminal: Terminal): Command {
  return new Command('cost')
    .description('count what a design takes of FPGAs and in gates, with Yosys')
    .option('--pe <name>', 'design, family for its main design, or a plain unit')
    .option('--set <key=value>', 'parameter of the design; repeat for more', collect)
    .option('--config <file>', 'YAML file with pe and set; the command line comes first')
    .option('--table <family>', 'designs of a family beside plain units, instead of --pe')
    .option('--targets <names>', 'between commas (default: xilinx,ecp5,ice40,gates)')
    .option('--liberty <file>', 'library of standard cells for gate equivalents')
    .option('--by-module', 'gates of each module, mapped one by one: for arrays of any size')
    .option('--json', 'print one JSON object instead of text')
    .option('--quiet', 'print no progress')
    .addHelpText('after', examples)
    .action((options: CostOptions) =>
      options.byModule ? costByModule(options, terminal) : cost(options, terminal),
    );
}

const defaultTargets = 'xilinx,ecp5,ice40,gates';

async function cost(options: CostOptions, terminal: Terminal): Promise<void> {
  const targets = parseTargets(options.targets ?? defaultTargets);
  const hasGates = targets.some(({ kind }) => kind === 'gates');
  const candidates = await candidatesOf(options);
  const liberty = await readLiberty(options.liberty, hasGates);
  const yosys = await openYosys();
  noteOn(terminal, yosys);
  const progress = progressOn(terminal, 'cost', options.quiet === true);
  const rows = await measureRows(candidates, targets, {
    yosys,
    ...(liberty === undefined ? {} : { liberty }),
    onStep: (done, total, what) => {
      progress.at(done / total, what);
    },
  }).finally(() => {
    progress.end();
  });
  const run: CostRun = {
    yosys: yosys.title,
    targets,
    ...(hasGates ? { gateAreas: liberty?.path ?? gateAreaSource } : {}),
  };
  if (options.json) terminal.out(json(costData(run, rows)));
  else if (options.table === undefined) terminal.out(`${costText(run, rows[0]!)}\n`);
  else terminal.out(`${costTable(run, rows)}\n`);
}

async function costByModule(options: CostOptions, terminal: Terminal): Promise<void> {
  const { table, liberty, targets = 'gates' } = options;
  if (table !== undefined || liberty !== undefined || targets !== 'gates') {
    throw new InputError(
      "--by-module counts Yosys' own gates of one design; give it with --pe, and without --table, " +
        '--liberty and targets other than gates.',
      'by-module-alone',
    );
  }
  const { label, program } = await candidateOf(options);
  const yosys = await openYosys();
  noteOn(terminal, yosys);
  const modules = await measureModules(program(), { yosys });
  const run = { label, yosys: yosys.title, targets: [], gateAreas: gateAreaSource };
  terminal.out(options.json ? json({ ...run, modules }) : `${modulesText(run, modules)}\n`);
}

/** What the user should know about a tool that was found. */
export function noteOn(terminal: Terminal, { title, note }: SynthesisTool): void {
  if (note !== undefined) terminal.err(`Using ${title}: ${note}.\n`);
}

async function candidatesOf(options: CostOptions): Promise<readonly Candidate[]> {
  if (options.table === undefined) return [await candidateOf(options)];
  if (options.pe !== undefined || options.set !== undefined || options.config !== undefined) {
    throw cliError({ code: 'table-and-design', family: options.table });
  }
  return tableOf(options.table);
}

/** The one that `--pe` names: a design with its parameters, or a plain unit. */
export async function candidateOf(options: DesignOptions): Promise<Candidate> {
  const reference = references.find(({ name }) => name === options.pe);
  if (reference !== undefined) {
    if (options.set === undefined && options.config === undefined) return reference;
    throw cliError({ code: 'unit-parameters', name: reference.name });
  }
  const choice = await chooseDesign(options);
  const { design, parameters } = choice;
  return {
    label: `${design.name} (${parametersText(choice)})`,
    program: () => design.rtl(parameters),
  };
}

/** Plain units, then the rows of the family, plain arrays among them. */
function tableOf(name: string): readonly Candidate[] {
  const withRows = families.filter(({ costs = [] }) => costs.length > 0);
  const family = withRows.find((candidate) => candidate.name === name);
  if (family === undefined) {
    const allowed = withRows.map((candidate) => candidate.name);
    throw cliError({ code: 'unknown-table', name, allowed });
  }
  return [...references, ...(family.costs ?? []).map(rowCandidate)];
}

function rowCandidate(row: CostRow): Candidate {
  const { design } = findDesign(row.design, 'costs');
  const { label, productsPerCycle, note } = row;
  return {
    label,
    ...(productsPerCycle === undefined ? {} : { productsPerCycle }),
    ...(note === undefined ? {} : { note }),
    program: () => design.rtl(resolveParameters(design, row.parameters ?? {}, label)),
  };
}

async function readLiberty(
  path: string | undefined,
  hasGates: boolean,
): Promise<Liberty | undefined> {
  if (path === undefined) return undefined;
  if (!hasGates) throw cliError({ code: 'liberty-without-gates' });
  try {
    return { path, text: await readFile(path, 'utf8') };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw cliError({ code: 'liberty-unreadable', path, reason: code ?? String(error) });
  }
}
