import Table from 'cli-table3';
import type { NamedReport } from '../engines/index.ts';
import type { QuantizeReport } from './quantize.ts';

const number = (value: number): string => value.toLocaleString('en-US');

/** Rows close together, without rules between them. */
const compact = {
  chars: { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' },
  style: { head: [], border: [] },
};

/** Columns that all methods fill, and those that some do. */
const columns: readonly {
  readonly head: string;
  of(report: NamedReport): string | undefined;
}[] = [
  { head: 'matrix', of: ({ name }) => name },
  { head: 'shape', of: ({ shape }) => shape.join(' x ') },
  { head: 'bits', of: ({ bits }) => `${bits}` },
  { head: 'bits/weight', of: ({ bitsPerWeight }) => bitsPerWeight.toFixed(3) },
  { head: 'type', of: ({ type }) => (typeof type === 'string' ? type : undefined) },
  { head: 'outliers', of: ({ outliers }) => counted(outliers) },
  { head: 'iterations', of: ({ iterations }) => counted(iterations) },
  { head: 'mse', of: ({ mse }) => mse.toExponential(2) },
];

const counted = (figure: unknown): string | undefined =>
  typeof figure === 'number' ? number(figure) : undefined;

/** One line for each matrix, then the whole. */
export function quantizeText(report: QuantizeReport): string {
  const { matrices, wholeModel, out, calibration } = report;
  const shown = columns.filter(({ of }) => matrices.some((matrix) => of(matrix) !== undefined));
  const table = new Table({
    head: shown.map(({ head }) => head),
    colAligns: shown.map((_, i) => (i === 0 ? 'left' : 'right')),
    ...compact,
  });
  for (const matrix of matrices) table.push(shown.map(({ of }) => of(matrix) ?? ''));
  const { parameters, quantizedParameters, bytes, compression } = wholeModel;
  const totals = new Table(compact);
  totals.push(
    { model: report.model },
    { method: report.method },
    {
      parameters: `${number(parameters)}, of which ${number(quantizedParameters)} quantized`,
    },
    { size: `${number(bytes)} bytes, ${compression.toFixed(2)} times smaller than FP32` },
    {
      calibration: calibration
        ? `${number(calibration.examples)} examples of ${calibration.data}`
        : 'none, which only engines with quantized activations need',
    },
    { folder: out },
  );
  return [
    table.toString(),
    totals.toString(),
    'Next:',
    `  systole eval --model ${out} --data <file>  measure its accuracy`,
    '',
  ].join('\n');
}
