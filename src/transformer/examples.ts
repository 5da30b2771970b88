import { readFileSync } from 'node:fs';
import { extname } from 'node:path';

import { InputError } from '../numeric/index.ts';

/** One row of a data set. */
export interface Example {
  readonly text: string;
  readonly pair?: string;
  readonly label?: string;
}

/** Columns by meaning; the first that a row has counts. */
const columns = {
  text: ['text', 'premise', 'sentence', 'sentence1', 'rxn'],
  pair: ['hypothesis', 'sentence2'],
  label: ['label'],
};

/**
 * Reads a data set: .jsonl (one JSON object per line), .csv or .tsv (a header line; double quotes as in RFC 4180 in
 * .csv). The text is the column `text`, `premise`, `sentence`, `sentence1` or `rxn`; a second text `hypothesis` or
 * `sentence2`; the class `label`.
 *
 * @param limit read no more than so many rows
 * @throws InputError naming file and line for an unknown ending, a line that cannot be read, a row without text, and
 *   for a file without rows
 */
export function readExamples(path: string, limit = Infinity): readonly Example[] {
  const read = readers[extname(path)];
  if (!read) {
    throw new InputError(
      `${path}: the ending is "${extname(path)}", allowed are ${Object.keys(readers).join(', ')}; rename or convert the data set.`,
    );
  }
  let content: string;
  try {
    content = readFileSync(path, 'utf8');
  } catch (error) {
    throw new InputError(
      `${path}: cannot be read (${(error as NodeJS.ErrnoException).code}); give the path of a data set.`,
    );
  }
  const examples = read(path, content)
    .slice(0, limit)
    .map(({ line, row }) => exampleOf(path, line, row));
  if (examples.length === 0) {
    throw new InputError(`${path}: the data set has no rows; give a file with at least one.`);
  }
  return examples;
}

interface Row {
  /** Counted from 1. */
  readonly line: number;
  readonly row: Readonly<Record<string, unknown>>;
}

const readers: Record<string, ((path: string, content: string) => Row[]) | undefined> = {
  '.jsonl': readJsonLines,
  '.csv': (path, content) => withHeader(path, splitCsv(path, content)),
  '.tsv': (path, content) =>
    withHeader(
      path,
      content
        .split(/\r?\n/)
        .map((text, i) => ({ line: i + 1, cells: text.split('\t') }))
        .filter(({ cells }) => cells.some((cell) => cell !== '')),
    ),
};

function exampleOf(path: string, line: number, row: Row['row']): Example {
  const pick = (names: readonly string[]): string | undefined => {
    const name = names.find((candidate) => row[candidate] !== undefined);
    const value = name === undefined ? undefined : row[name];
    return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
  };
  const text = pick(columns.text);
  if (text === undefined) {
    throw new InputError(
      `${path}:${line}: the row has the columns ${Object.keys(row).join(', ')}, but its text must be in one of ${columns.text.join(', ')}.`,
    );
  }
  const pair = pick(columns.pair);
  const label = pick(columns.label);
  return { text, ...(pair !== undefined && { pair }), ...(label !== undefined && { label }) };
}

function readJsonLines(path: string, content: string): Row[] {
  const rows: Row[] = [];
  content.split('\n').forEach((text, i) => {
    if (text.trim() === '') return;
    let row: unknown;
    try {
      row = JSON.parse(text);
    } catch (error) {
      throw new InputError(`${path}:${i + 1}: is not valid JSON (${(error as Error).message}).`);
    }
    if (typeof row !== 'object' || row === null) {
      throw new InputError(`${path}:${i + 1}: is not a JSON object; each line must be one.`);
    }
    rows.push({ line: i + 1, row: row as Row['row'] });
  });
  return rows;
}

interface Line {
  readonly line: number;
  readonly cells: readonly string[];
}

function withHeader(path: string, records: readonly Line[]): Row[] {
  const [header, ...body] = records;
  return body.map(({ line, cells }) => {
    if (cells.length !== header!.cells.length) {
      throw new InputError(
        `${path}:${line}: the row has ${cells.length} cells, but the header has ${header!.cells.length}; correct the row.`,
      );
    }
    return { line, row: Object.fromEntries(header!.cells.map((name, i) => [name, cells[i]])) };
  });
}

/** Splits comma-separated text into records; a quoted cell may hold commas, line ends and doubled quotes. */
function splitCsv(path: string, content: string): Line[] {
  const records: Line[] = [];
  let cells: string[] = [];
  let line = 1;
  let startLine = 1;
  const cell = /"((?:[^"]|"")*)"(,|\r?\n|$)|([^",\r\n]*)(,|\r?\n|$)/y;
  while (cell.lastIndex < content.length) {
    const match = cell.exec(content);
    if (!match) {
      throw new InputError(
        `${path}:${line}: a quote is out of place; quote whole cells and double the quotes inside.`,
      );
    }
    const [, quoted, endQuoted, plain, endPlain] = match;
    cells.push(quoted === undefined ? plain! : quoted.replaceAll('""', '"'));
    line += (quoted?.split('\n').length ?? 1) - 1;
    if ((endQuoted ?? endPlain) !== ',') {
      if (cells.some((value) => value !== '')) records.push({ line: startLine, cells });
      cells = [];
      startLine = ++line;
    }
  }
  // A comma as the very last character opens one more, empty, cell.
  if (cells.length > 0) records.push({ line: startLine, cells: [...cells, ''] });
  return records;
}
