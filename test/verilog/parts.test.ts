/** The parts, approved as their receiver reads them: UPDATE_GOLDEN=1 writes what is to be read. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { emitVerilog } from '../../src/verilog/index.ts';
import { skipReason } from './against-tools.ts';
import { lint } from './lint.ts';
import { parts } from './parts.ts';

const golden = join(import.meta.dirname, 'golden/parts');

describe.each(parts.map((part) => [part.top, part] as const))('%s', (_, part) => {
  const files = emitVerilog(part);

  it('reads as approved', () => {
    for (const { name, text } of files) {
      const path = join(golden, name);
      if (process.env['UPDATE_GOLDEN'] === '1') {
        mkdirSync(golden, { recursive: true });
        writeFileSync(path, text);
      }
      expect(text).toBe(readFileSync(path, 'utf8'));
      for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(100);
    }
  });

  it('gives no two nets one name and a number', () => {
    for (const { text } of files) {
      const declared = [...text.matchAll(/^ +(?:wire|reg)\b.*?(\w+)(?: \[0:\d+\])?(?: *=.*)?;$/gm)];
      const names = new Set(declared.map(([, name]) => name!));
      const numbered = [...names].filter(
        (name) => /_\d+$/.test(name) && names.has(name.replace(/_\d+$/, '')),
      );
      expect(numbered).toEqual([]);
    }
  });

  it.skipIf(skipReason !== '')(`is clean in every tool${skipReason}`, () => {
    expect(lint(files, part.top)).toBe('');
    expect(
      lint(files, part.top, { defines: ['SIMULATION'], tools: ['verilator', 'iverilog'] }),
    ).toBe('');
  });
});
