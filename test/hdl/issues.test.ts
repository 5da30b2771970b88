import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { HardwareError } from '../../src/hdl/index.ts';
import { examples } from './issue-examples.ts';

const folder = new URL('golden/', import.meta.url);
const source = readFileSync(new URL('issue-examples.ts', import.meta.url), 'utf8').split('\n');

const errorOf = (example: () => unknown): HardwareError => {
  try {
    example();
  } catch (error) {
    if (error instanceof HardwareError) return error;
    throw error;
  }
  throw new Error('the example was accepted');
};

describe.each(Object.entries(examples))('%s', (code, example) => {
  const error = errorOf(example);

  it('is the one issue of its example', () => {
    expect(error.issues.map(({ issue }) => issue.code)).toEqual([code]);
  });

  it('names the line of the user', () => {
    const [{ location }] = error.issues as [(typeof error.issues)[number]];
    expect(location?.file).toBe('test/hdl/issue-examples.ts');
    const marked =
      source[location!.line - 1]!.includes('// <-') ||
      source[location!.line - 2]!.includes('// <- on the next line');
    expect(marked, `line ${location!.line}: ${source[location!.line - 1]}`).toBe(true);
  });

  it('says it in one sentence with a cure', () => {
    const golden = new URL(`${code}.txt`, folder);
    if (process.env['UPDATE_GOLDEN'] === '1') {
      mkdirSync(folder, { recursive: true });
      writeFileSync(golden, `${error.message}\n`);
    }
    expect(`${error.message}\n`).toBe(readFileSync(golden, 'utf8'));
    expect(error.message).toMatch(/^test\/hdl\/issue-examples\.ts:\d+: [a-z-]+: [^\n]+; [^;\n]+$/);
    expect(error.message).not.toMatch(/undefined|\[object|an unknown place| {2}/);
  });
});
