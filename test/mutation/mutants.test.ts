import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { draw, mutantsOf } from './mutants.ts';

const root = join(import.meta.dirname, '../..');
const files = [
  'src/hdl/names.ts',
  'src/ir/widths.ts',
  'src/ir/operands.ts',
  'src/verilog/names.ts',
  'src/simulator/power-on.ts',
];
const mutants = await mutantsOf(root, files);

describe('the mutants of files', () => {
  it('have a name each, and the place where they are', () => {
    expect(new Set(mutants.map(({ key }) => key)).size).toBe(mutants.length);
    expect(new Set(mutants.map(({ file }) => file))).toEqual(new Set(files));
    for (const { file, line, key, folder } of mutants) {
      expect(key.startsWith(`${file}:${line}:`)).toBe(true);
      expect(file.startsWith(`src/${folder}/`)).toBe(true);
    }
  });
});

describe('a draw', () => {
  it('is the same for the same seed, and another for another', () => {
    expect(draw(mutants, 30, 1)).toEqual(draw(mutants, 30, 1));
    expect(draw(mutants, 30, 1)).not.toEqual(draw(mutants, 30, 2));
  });

  it('takes from each folder in proportion, none twice, and at least as many as asked for', () => {
    for (const count of [1, 30, mutants.length]) {
      const drawn = draw(mutants, count, 7);
      expect(new Set(drawn).size).toBe(drawn.length);
      expect(drawn.length).toBeGreaterThanOrEqual(count);
      expect(drawn.length).toBeLessThan(count + 4);
      for (const folder of ['hdl', 'ir', 'verilog', 'simulator']) {
        const of = (list: typeof mutants) => list.filter((each) => each.folder === folder).length;
        expect(of(drawn)).toBe(Math.ceil((count * of(mutants)) / mutants.length));
      }
    }
  });
});
