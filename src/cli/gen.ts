import { join } from 'node:path';
import { Command } from 'commander';
import { families } from '../families/index.ts';
import { entryOf, packageDesign, writeHandoff } from '../handoff/index.ts';
import type { Handoff } from '../handoff/index.ts';
import { namedParameters } from '../testbench/index.ts';
import { chooseDesign, parametersText } from './design-options.ts';
import type { DesignChoice, DesignOptions } from './design-options.ts';
import { listData, listText } from './list.ts';
import { collect, json } from './output.ts';
import type { Terminal } from './terminal.ts';

interface GenOptions extends DesignOptions {
  readonly list?: true;
  readonly json?: true;
  readonly quiet?: true;
}

const examples = `
Examples:
  systole gen --pe gobo
  systole gen --pe gobo --set pes=8 --set bits=4 --out build/gobo-8
  systole gen --config gobo.yaml          with  pe: gobo
                                                out: build/gobo
                                                seed: 7
                                                set: { pes: 8, bits: 4 }
`;

/** `systole gen`: writes the hand-off folder of a design. */
export function genCommand(terminal: Terminal): Command {
  return new Command('gen')
    .description(
      'write the Verilog of a design, with all that it takes to simulate and synthesize it',
    )
    .option('--pe <name>', 'design, or family for its main design')
    .option(
      '--set <key=value>',
      'parameter of the design, by number or name; repeat for more',
      collect,
    )
    .option('--config <file>', 'YAML file with pe, out, seed, set; the command line comes first')
    .option('--out <folder>', 'folder to write (default: rtl-out/<name>)')
    .option('--seed <n>', 'seed of the random test vectors (default: 1)')
    .option('--list', 'show all designs and their parameters')
    .option('--json', 'print one JSON object instead of text')
    .option('--quiet', 'print nothing on success')
    .addHelpText('after', examples)
    .action((options: GenOptions) => gen(options, terminal));
}

async function gen(options: GenOptions, terminal: Terminal): Promise<void> {
  const start = performance.now();
  if (options.list) {
    terminal.out(options.json ? json(listData()) : listText(families));
    return;
  }
  const choice = await chooseDesign(options);
  const { pe, family, design, parameters, seed } = choice;
  const out = choice.out ?? join('rtl-out', pe);
  const handoff = await packageDesign({ pe, paper: family.paper, design, parameters, seed });
  await writeHandoff(out, handoff.files);
  if (options.json) {
    terminal.out(json(summaryData(choice, out, handoff, performance.now() - start)));
  } else if (!options.quiet) {
    terminal.out(summaryText(choice, out, handoff));
  }
}

function summaryData(choice: DesignChoice, out: string, handoff: Handoff, ms: number): object {
  return {
    pe: choice.pe,
    design: choice.design.name,
    out,
    parameters: namedParameters(choice.design, choice.parameters),
    seed: choice.seed,
    files: handoff.files.map(entryOf),
    modules: handoff.modules,
    ms: Math.round(ms),
  };
}

function summaryText(choice: DesignChoice, out: string, handoff: Handoff): string {
  const { modules, files, jobs, beats } = handoff;
  const width = Math.max(...modules.map(({ path }) => path.length));
  const lines = modules.map(
    ({ path, lines: count }) => `  ${path.padEnd(width)} ${String(count).padStart(5)} lines`,
  );
  return [
    `${choice.design.name} (${parametersText(choice)})`,
    `is in ${out}:`,
    '',
    ...lines,
    `  and ${files.length - modules.length} more files: README, Makefile, scripts, checksums, ` +
      `a testbench of ${jobs} jobs with ${beats} results`,
    '',
    'Next:',
    `  cd ${quoted(out)} && make sim     compare it with the expected results, in Verilator`,
    '  make lint and make synth there check it and count its cells; README.md explains it',
    '',
  ].join('\n');
}

/** A path as a shell takes it. */
const quoted = (path: string): string =>
  /^[\w./~-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
