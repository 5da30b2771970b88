/** Compiles and runs the tutorial as one file, and does what it says. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { icarus, verilator, yosys } from '../../src/tools/index.ts';
import { available } from '../tools/available.ts';
import { compile } from './compile.ts';
import { documentText, samplesOf } from './samples.ts';

const samples = samplesOf(documentText('tutorial.md'));
const text_ = (language: string): string =>
  samples
    .filter((sample) => sample.language === language)
    .map(({ code }) => code)
    .join('\n');
const code = text_('ts');
const hasTools = await available(verilator, icarus, yosys);

let folder = '';
let printed = '';

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'systole-tutorial-'));
  const source = new URL('../../src/', import.meta.url).href;
  writeFileSync(join(folder, 'matrix.mts'), code.replaceAll("'../src/", `'${source}`));
  const loader = fileURLToPath(import.meta.resolve('tsx'));
  const { stdout } = await execa('node', ['--import', loader, 'matrix.mts'], { cwd: folder });
  printed = stdout;
}, 60_000);
afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe('the tutorial', () => {
  it('compiles', () => {
    const { messages } = compile({ tutorial: code.replaceAll("'../src/", "'../../src/") }, [
      'node',
    ]);
    expect(messages('tutorial')).toEqual([]);
  });

  it('prints what it says', () => {
    expect(`${printed}\n`).toBe(
      samples
        .filter(({ language }) => language === 'text')
        .map(({ code: text }) => text)
        .join(''),
    );
  });

  it('shows Verilog that is emitted', () => {
    const excerpts = samples.filter(({ language }) => language === 'verilog');
    expect(excerpts).not.toEqual([]);
    const emitted = readFileSync(join(folder, 'build/matrix/matrix_multiplier.v'), 'utf8');
    for (const excerpt of excerpts) expect(emitted).toContain(excerpt.code);
  });

  it.skipIf(!hasTools)(
    'gives commands that find nothing, and as many DSP blocks as it says',
    async () => {
      const commands = text_('sh');
      const { all } = await execa('sh', ['-e', '-c', commands], { cwd: folder, all: true });
      expect(all).not.toMatch(/warning/i);
      const cells = readFileSync(join(folder, 'build/matrix/cells.txt'), 'utf8');
      expect(cells).toMatch(/DSP48E1 +1\n/);
      expect(cells).toMatch(/mac_cell +16\n/);
    },
    120_000,
  );
});
