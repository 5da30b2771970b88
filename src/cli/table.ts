import { Command } from 'commander';
import { families } from '../families/index.ts';
import type { NumberFormat } from '../families/index.ts';
import { cliError } from './issue.ts';
import { numberOf } from './model-options.ts';
import { json } from './output.ts';
import type { Terminal } from './terminal.ts';

const examples = `
Examples:
  systole table --format ovp-int4               byte,v1,v2 for each of 256 bytes
  systole table --format ovp-flint4 --bias 2
  systole table --format ovp-int8 --json        with the codes that no encoder gives
`;

interface TableOptions {
  readonly format?: string;
  readonly bias?: string;
  readonly json?: true;
}

const formats: readonly NumberFormat[] = families.flatMap((family) => family.formats ?? []);

/** `systole table`: every code of a number format with what it stands for. */
export function tableCommand(terminal: Terminal): Command {
  return new Command('table')
    .description('print every code of a number format with its values, as CSV')
    .option('--format <name>', formats.map(({ name }) => name).join(', '))
    .option('--bias <n>', 'bias of the exponents of outliers (default: as the format has it)')
    .option('--json', 'print one JSON object instead of CSV')
    .addHelpText('after', examples)
    .action((options: TableOptions) => {
      print(options, terminal);
    });
}

function print(options: TableOptions, terminal: Terminal): void {
  const format = formatNamed(options.format);
  const bias = numberOf('--bias', options.bias, 0);
  const { columns } = format;
  const rows = format.rows(bias);
  if (options.json) {
    const codes = rows.map(({ numbers, legal }) => ({
      ...Object.fromEntries(columns.map((column, i) => [column, numbers[i]])),
      legal,
    }));
    terminal.out(json({ format: format.name, bias: bias ?? format.bias, codes }));
    return;
  }
  const lines = [columns.join(','), ...rows.map(({ numbers }) => numbers.join(','))];
  terminal.out(`${lines.join('\n')}\n`);
}

function formatNamed(name: string | undefined): NumberFormat {
  const allowed = formats.map((format) => format.name);
  if (name === undefined) throw cliError({ code: 'missing-format', allowed });
  const format = formats.find((candidate) => candidate.name === name);
  if (format) return format;
  throw cliError({ code: 'unknown-format', name, allowed });
}
