import Table from 'cli-table3';
import { Command } from 'commander';
import { benchGenerate } from './generate.ts';
import { benchGobo } from './gobo.ts';
import { benchLarge } from './large.ts';
import { benchOlive } from './olive.ts';
import { benchSimulate } from './simulate.ts';
import { benchSimulator } from './simulator.ts';
import { benchStream } from './stream.ts';
import { benchTensor } from './tensor.ts';

const benchmarks = {
  generate: benchGenerate,
  simulate: benchSimulate,
  simulator: async (design?: string): Promise<object[]> => [
    ...(await benchSimulator(design)),
    ...(await benchStream(design)),
  ],
  large: benchLarge,
  gobo: benchGobo,
  olive: benchOlive,
  tensor: benchTensor,
};
const names = Object.keys(benchmarks) as (keyof typeof benchmarks)[];

const program = new Command('bench')
  .description('measures Systole; compare ratios of one run, not times of two machines')
  .argument('[benchmark]', `one of ${names.join(', ')}; default: all`)
  .option('--json', 'print one JSON object for each benchmark, a line each')
  .option('--design <text>', 'of the benchmark simulator, only designs with this in their name')
  .action(async (only: string | undefined, options: { json?: boolean; design?: string }) => {
    const { json, design } = options;
    const chosen = names.filter((name) => only === undefined || name === only);
    if (chosen.length === 0) {
      program.error(`bench: there is no benchmark '${only}'; choose ${names.join(' or ')}.`);
    }
    for (const name of chosen) {
      if (!json) console.log(`${name} ...`);
      for (const result of await benchmarks[name](design)) {
        if (json) console.log(JSON.stringify(result));
        else console.log(tableOf(result));
      }
    }
  });

function tableOf(result: object): string {
  const table = new Table({
    chars: { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' },
    style: { head: [], border: [] },
  });
  for (const [key, value] of Object.entries(result)) {
    const shown = typeof value === 'number' ? value.toLocaleString('en-US') : value;
    table.push({ [key]: typeof shown === 'object' ? JSON.stringify(shown) : String(shown) });
  }
  return table.toString();
}

await program.parseAsync();
