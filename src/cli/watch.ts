import { extname } from 'node:path';
import { Command } from 'commander';
import { families } from '../families/index.ts';
import type { FilmSource } from '../families/index.ts';
import { InputError } from '../numeric/index.ts';
import { watchPage, watchPicture } from '../report/index.ts';
import type { Film } from '../testbench/index.ts';
import { chooseDesign } from './design-options.ts';
import type { DesignChoice, DesignOptions } from './design-options.ts';
import { madeUp } from './made-up.ts';
import type { MadeUpOptions } from './made-up.ts';
import { collect, json } from './output.ts';
import { writeOutput } from './output-file.ts';
import type { Terminal } from './terminal.ts';

interface WatchOptions extends DesignOptions, MadeUpOptions {
  readonly json?: true;
  readonly quiet?: true;
}

const usual = { tokens: 32, depth: 16, eight: 0.5, pruned: 0 };

const examples = `
Examples:
  systole watch --pe vssa
  systole watch --pe vssa --tokens 64 --eight 0.25 --pruned 0.2 --seed 3 -o build/array.html
  systole watch --pe vssa --set rows=16 --set cols=16 --set skid=1 --tokens 128
  systole watch --pe vssa -o array.svg             one picture instead of a page that plays
Open the page in a browser; it needs nothing else.
`;

/** What can be watched, by the name of its design. */
const sources = (): readonly FilmSource[] => families.flatMap(({ film }) => film ?? []);

/** `systole watch`: a page that plays an array cycle by cycle. */
export function watchCommand(terminal: Terminal): Command {
  const names = sources().map(({ design }) => design);
  return new Command('watch')
    .description('write a page that plays an array cycle by cycle, tokens unsorted beside sorted')
    .option('--pe <name>', `design: ${names.join(', ')}`)
    .option('--set <key=value>', 'parameter of the design; repeat for more', collect)
    .option('--config <file>', 'YAML file with pe, out, seed, set; the command line comes first')
    .option('--tokens <n>', `tokens of the sequence (default: ${usual.tokens})`)
    .option('--depth <n>', `columns of its head (default: ${usual.depth})`)
    .option('--eight <share>', `share of its tokens with 8 bits (default: ${usual.eight})`)
    .option('--pruned <share>', 'share that is pruned; the others have 4 bits (default: 0)')
    .option('--seed <n>', 'seed of the tokens (default: 1)')
    .option(
      '-o, --out <file>',
      'page (.html) or picture (.svg) to write (default: <design>-watch.html)',
    )
    .option('--json', 'print one JSON object instead of text')
    .option('--quiet', 'print nothing on success')
    .addHelpText('after', examples)
    .action((options: WatchOptions) => watch(options, terminal));
}

async function watch(options: WatchOptions, terminal: Terminal): Promise<void> {
  const choice = await chooseDesign(options, (chosen) => sourceOf(chosen).parameters);
  const { design, parameters, seed } = choice;
  const out = choice.out ?? `${design.name}-watch.html`;
  const render = rendererOf(out);
  const plan = madeUp(options, usual, seed);
  const film = sourceOf(choice).film(parameters, { ...plan, seed });
  const text = await render(film);
  await writeOutput('--out', out, text);
  const takes = film.takes.map(({ name, cycles, counts }) => ({ name, cycles, ...counts }));
  if (options.json) {
    const bytes = Buffer.byteLength(text);
    terminal.out(json({ design: design.name, parameters, seed, ...plan, takes, out, bytes }));
  } else if (!options.quiet) {
    const times = takes.map(({ name, cycles }) => `${cycles.toLocaleString('en-US')} ${name}`);
    terminal.out(`${out} shows ${times.join(' and ')} cycles; open it in a browser.\n`);
  }
}

function sourceOf({ family, design }: Pick<DesignChoice, 'family' | 'design'>): FilmSource {
  if (family.film?.design === design.name) return family.film;
  const names = sources().map((source) => source.design);
  throw new InputError(
    `--pe: there is nothing to watch in ${design.name}; choose ${names.join(' or ')}.`,
  );
}

function rendererOf(out: string): (film: Film) => string | Promise<string> {
  switch (extname(out).toLowerCase()) {
    case '.html':
    case '.htm':
      return watchPage;
    case '.svg':
      return watchPicture;
    default:
      throw new InputError(
        `--out: ${out} must end in .html, for a page that plays, or in .svg, for a picture.`,
      );
  }
}
