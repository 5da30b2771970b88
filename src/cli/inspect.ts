import { readFile, stat } from 'node:fs/promises';
import Table from 'cli-table3';
import { Command } from 'commander';
import { openModel } from '../engines/index.ts';
import type { PackedMatrix } from '../engines/index.ts';
import { families } from '../families/index.ts';
import type { FileDescription, MatrixDescription } from '../families/index.ts';
import { InputError } from '../numeric/index.ts';
import { json } from './output.ts';
import type { Terminal } from './terminal.ts';

const examples = `
Examples:
  systole inspect quantized/                   a model that systole quantize wrote
  systole inspect model.gobo --json            one file of it, or of several matrices
`;

/** Exit code for a file that can be described, but is damaged. */
const damagedFile = 1;

/** `systole inspect`: says what a file of quantized matrices holds, and whether it is intact. */
export function inspectCommand(terminal: Terminal): Command {
  return new Command('inspect')
    .description('describe a quantized model or a file of quantized matrices, and check it')
    .argument('[files...]', 'the file, or the folder of a quantized model')
    .option('--json', 'print one JSON object instead of text')
    .addHelpText('after', examples)
    .action((files: readonly string[], options: { readonly json?: true }) =>
      inspect(files, options.json === true, terminal),
    );
}

async function inspect(files: readonly string[], asJson: boolean, terminal: Terminal) {
  const [path] = files;
  if (path === undefined || files.length > 1) {
    throw new InputError(
      `inspect takes the name of one file or folder, and ${files.length} were given; run it once for each.`,
    );
  }
  const description = await describe(path);
  terminal.out(asJson ? json({ file: path, ...data(description) }) : text(path, description));
  if (!intact(description)) terminal.exitCode = damagedFile;
}

async function describe(path: string): Promise<FileDescription> {
  try {
    if ((await stat(path)).isDirectory()) return describeFolder(path);
    return describeFile(await readFile(path), path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (error instanceof InputError || code === undefined) throw error;
    throw new InputError(
      `${path} cannot be read (${code}); give the name of a file or of a folder.`,
    );
  }
}

const kinds = families.flatMap((family) => family.files ?? []);

function describeFile(bytes: Uint8Array, path: string): FileDescription {
  const kind = kinds.find((candidate) => candidate.matches(bytes));
  if (kind) return kind.describe(bytes, path);
  throw new InputError(
    `${path} is no file that inspect knows: it is not ${kinds.map(({ name }) => name).join(', nor ')}.`,
  );
}

/** A folder that `systole quantize` wrote. */
function describeFolder(path: string): FileDescription {
  const { quantized, file } = openModel(path);
  if (quantized === undefined) {
    throw new InputError(
      `${path} holds a model that is not quantized; give a folder that systole quantize wrote.`,
    );
  }
  const parameters = [...file.tensors.values()].reduce(
    (sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1),
    0,
  );
  const matrices = quantized.matrices.map((matrix) => describeMatrix(matrix, path));
  return {
    format: `model quantized by ${quantized.method}`,
    bytes: quantized.matrices.reduce((sum, { bytes }) => sum + bytes.length, 0),
    matrices,
    rest: { parameters, bytes: 4 * parameters },
  };
}

function describeMatrix(matrix: PackedMatrix, path: string): MatrixDescription {
  const { name, shape, bytes, options } = matrix;
  const kind = kinds.find((candidate) => candidate.matches(bytes));
  if (kind) return { ...kind.describe(bytes, `${path}: ${name}`).matrices[0]!, name };
  return {
    name,
    shape,
    bits: Number(options['bits']),
    bitsPerWeight: (8 * bytes.length) / (shape[0] * shape[1]),
    bytes: { total: bytes.length },
  };
}

const intact = ({ matrices }: FileDescription): boolean =>
  matrices.every(({ damage }) => damage === undefined);

/** Sums over a whole file; bits per weight count all of its bytes, an index included. */
function totals({ bytes, matrices, rest }: FileDescription) {
  const weights = matrices.reduce((sum, { shape: [rows, columns] }) => sum + rows * columns, 0);
  const outliers = matrices.reduce((sum, matrix) => sum + (matrix.outliers ?? 0), 0);
  const parameters = weights + (rest?.parameters ?? 0);
  return {
    weights,
    outliers,
    bitsPerWeight: (8 * bytes) / Math.max(1, weights),
    /** How many times smaller than in FP32, the rest included. */
    compression: (4 * parameters) / (bytes + (rest?.bytes ?? 0)),
  };
}

function data(description: FileDescription): object {
  const { format, bytes, matrices, rest } = description;
  return {
    format,
    bytes,
    ...totals(description),
    ...(rest && { rest }),
    checksums: intact(description) ? 'good' : 'wrong',
    matrices: matrices.map(({ name, damage, ...figures }) => ({
      ...(name !== undefined && { name }),
      ...figures,
      checksums: damage === undefined ? 'good' : 'wrong',
      ...(damage !== undefined && { damage }),
    })),
  };
}

const count = (n: number): string => n.toLocaleString('en-US');

function text(path: string, description: FileDescription): string {
  const { format, bytes, matrices, rest } = description;
  const { weights, outliers, bitsPerWeight, compression } = totals(description);
  const damages = matrices.flatMap(({ damage }) => damage ?? []);
  const kept = rest === undefined ? '' : `${count(rest.parameters)} parameters more in FP32; `;
  return [
    `${path}: ${format}, ${count(bytes)} bytes, ` +
      (damages.length === 0 ? 'all checksums are right' : 'DAMAGED'),
    '',
    matrixTable(matrices),
    '',
    `${count(weights)} weights, ${count(outliers)} outliers, ${bitsPerWeight.toFixed(3)} bits per weight; ` +
      `${kept}${compression.toFixed(2)} times smaller than in FP32`,
    ...(matrices.length === 1 ? dictionaryLines(matrices[0]!) : []),
    ...damages,
    '',
  ].join('\n');
}

function matrixTable(matrices: readonly MatrixDescription[]): string {
  const parts = [...new Set(matrices.flatMap(({ bytes }) => Object.keys(bytes)))].filter(
    (part) => part !== 'total',
  );
  const named = matrices.some(({ name }) => name !== undefined);
  const table = new Table({
    head: [
      ...(named ? ['matrix'] : []),
      ...['shape', 'bits', 'values', 'outliers', 'bits/weight'],
      ...parts,
      'bytes',
    ],
    colAligns: [
      ...(named ? (['left'] as const) : []),
      ...Array<'right'>(6 + parts.length).fill('right'),
    ],
    style: { head: [], border: [], compact: true },
  });
  for (const matrix of matrices) {
    table.push([
      ...(named ? [matrix.name ?? ''] : []),
      matrix.shape.join(' x '),
      matrix.bits,
      matrix.valueType ?? '',
      count(matrix.outliers ?? 0),
      matrix.bitsPerWeight.toFixed(3),
      ...[...parts, 'total'].map((part) =>
        part in matrix.bytes ? count(matrix.bytes[part]!) : '?',
      ),
    ]);
  }
  return table.toString();
}

function dictionaryLines({ dictionary }: MatrixDescription): readonly string[] {
  if (dictionary === undefined) return [];
  return [`dictionary: ${dictionary.map((value) => value.toPrecision(5)).join(' ')}`];
}
