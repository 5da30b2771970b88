import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';

import { readExamples } from '../../src/transformer/index.ts';
import { messageOf, temporaryFolder, tinyNli } from './fixtures.ts';

const folder = temporaryFolder();
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function file(name: string, content: string): string {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
}

describe('readExamples', () => {
  it('reads the bundled sets', () => {
    const test = readExamples(join(tinyNli, 'test.jsonl'));
    expect(test.length).toBe(2000);
    expect(test[1]).toEqual({
      text: 'no old happy taxis from the north lift a wrench .',
      pair: 'all old happy taxis from the north lift a wrench in the field .',
      label: 'contradiction',
    });
    expect(readExamples(join(tinyNli, 'calibration.jsonl')).length).toBe(256);
    expect(readExamples(join(tinyNli, 'test.jsonl'), 3)).toEqual(test.slice(0, 3));
  });

  it('reads .csv with quoted cells and .tsv with plain ones', () => {
    expect(readExamples(file('a.csv', ',rxn\r\n1,CC>>O\r\n\r\n2,"a,""b""\nc"\r\n'))).toEqual([
      { text: 'CC>>O' },
      { text: 'a,"b"\nc' },
    ]);
    expect(readExamples(file('b.csv', 'rxn,label\nC,'))).toEqual([{ text: 'C', label: '' }]);
    expect(readExamples(file('a.tsv', 'sentence\tlabel\nit \'s "good"\t1\n'))).toEqual([
      { text: 'it \'s "good"', label: '1' },
    ]);
  });

  it('reads back any cells written as .csv', () => {
    const cell = fc.string({
      unit: fc.constantFrom('a', ',', '"', '\n', '\r\n', ' '),
      minLength: 1,
    });
    fc.assert(
      fc.property(fc.array(fc.tuple(cell, cell), { minLength: 1 }), (rows) => {
        const quote = (s: string): string => `"${s.replaceAll('"', '""')}"`;
        const body = rows.map(([a, b]) => `${quote(a)},${quote(b)}\n`).join('');
        expect(readExamples(file('c.csv', `text,label\n${body}`))).toEqual(
          rows.map(([text, label]) => ({ text, label })),
        );
      }),
    );
  });

  it('refuses what it cannot read, by file and line', () => {
    const refusal = (name: string, content: string): string =>
      messageOf(folder, () => readExamples(file(name, content)));
    expect(refusal('x.json', '')).toBe(
      '<folder>/x.json: the ending is ".json", allowed are .jsonl, .csv, .tsv; rename or convert the data set.',
    );
    expect(refusal('x.jsonl', '\n')).toBe(
      '<folder>/x.jsonl: the data set has no rows; give a file with at least one.',
    );
    expect(refusal('x.csv', 'rxn\n')).toBe(
      '<folder>/x.csv: the data set has no rows; give a file with at least one.',
    );
    expect(refusal('x.jsonl', '{"text":"a"}\n[')).toMatch(
      /^<folder>\/x\.jsonl:2: is not valid JSON \(.*\)\.$/,
    );
    expect(refusal('x.jsonl', '3')).toBe(
      '<folder>/x.jsonl:1: is not a JSON object; each line must be one.',
    );
    expect(refusal('x.tsv', 'a\tlabel\nb\t1')).toBe(
      '<folder>/x.tsv:2: the row has the columns a, label, but its text must be in one of text, premise, sentence, sentence1, rxn.',
    );
    expect(refusal('x.csv', 'rxn,label\n"a\nb",1\nc')).toBe(
      '<folder>/x.csv:4: the row has 1 cells, but the header has 2; correct the row.',
    );
    expect(refusal('x.csv', 'rxn\nok\na"b')).toBe(
      '<folder>/x.csv:3: a quote is out of place; quote whole cells and double the quotes inside.',
    );
    expect(messageOf(folder, () => readExamples(join(folder, 'none.csv')))).toBe(
      '<folder>/none.csv: cannot be read (ENOENT); give the path of a data set.',
    );
  });
});
