/** Compiles and runs the samples of the page on waves and coverage as one file. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { compile } from '../hdl/compile.ts';
import { documentText, samplesOf } from '../hdl/samples.ts';
import { parseVcd } from './parse-vcd.ts';

const samples = samplesOf(documentText('waves-and-coverage.md'));
const textsIn = (language: string): string[] =>
  samples.filter((sample) => sample.language === language).map(({ code }) => code);
const code = textsIn('ts').join('\n');

it('the samples on waves and coverage compile', () => {
  const { messages } = compile({ waves: code.replaceAll("'../src/", "'../../src/") }, ['node']);
  expect(messages('waves')).toEqual([]);
});

it('the samples on waves and coverage print what stands there, and write the dump', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'systole-waves-'));
  try {
    const source = new URL('../../src/', import.meta.url).href;
    mkdirSync(join(folder, 'designs'));
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
    writeFileSync(join(folder, 'designs/printer.ts'), code.replaceAll("'../src/", `'${source}`));
    const loader = fileURLToPath(import.meta.resolve('tsx'));
    const { stdout } = await execa('node', ['--import', loader, 'designs/printer.ts'], {
      cwd: folder,
    });
    expect(`${stdout}\n`).toBe(textsIn('text').join(''));
    const { at } = parseVcd(readFileSync(join(folder, 'printer.vcd'), 'utf8'));
    expect(at('printer.state$name', 30)).toBe('printing');
    expect(at('printer.\\printed[2]', 40)).toBe('0001');
  } finally {
    rmSync(folder, { recursive: true });
  }
});
