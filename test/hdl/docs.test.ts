/** Compiles and builds every sample of the language reference. */
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import * as language from '../../src/hdl/index.ts';
import { verifyProgram } from '../../src/ir/index.ts';
import type { Program } from '../../src/ir/index.ts';
import { build } from './build.ts';
import { compile } from './compile.ts';
import { examples } from './issue-examples.ts';
import { documentText, samplesOf } from './samples.ts';

const text = documentText('language.md');
const samples = samplesOf(text).flatMap(({ language: name, code }) =>
  name === 'ts' ? [code] : [],
);
const isWhole = (sample: string): boolean => sample.includes('defineModule');

/** The inputs that the text promises for samples that stand inside a body. */
const ports = () => ({
  a: language.input(language.uint(8)),
  b: language.input(language.uint(8)),
  s: language.input(language.sint(8)),
  t: language.input(language.sint(8)),
  en: language.input(language.bit()),
  index: language.input(language.uint(2)),
  bytes: language.input(language.vec(language.uint(8), 4)),
});

const values = Object.keys(language).join(', ');

/** The sample as a file: types that its comments state become claims for the compiler. */
function asFile(sample: string): string {
  const claims = [...sample.matchAll(/^const (\w+) = .*; \/\/ (\S+)$/gm)].map(
    ([, name, type]) => `same<typeof ${name}, ${type}>(true);`,
  );
  const helpers = `
import type { Bit, SInt, UInt, Vec } from '../../src/hdl/index.ts';
type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <A, B>(equal: Equal<A, B>): unknown => equal;`;
  const start = isWhole(sample)
    ? sample.replace('../src/hdl', '../../src/hdl')
    : `import { ${values} } from '../../src/hdl/index.ts';
declare const a: UInt<8>, b: UInt<8>, s: SInt<8>, t: SInt<8>;
declare const en: Bit, index: UInt<2>, bytes: Vec<UInt<8>>;
${sample}`;
  return [start, helpers, ...claims].join('\n');
}

/** Runs a sample; gives the programs that it builds. */
function execute(sample: string): Program[] {
  const { outputText } = ts.transpileModule(sample.replace(/^import.*?;$/ms, ''), {
    compilerOptions: { target: ts.ScriptTarget.ES2022 },
  });
  const programs: Program[] = [];
  const scope = {
    ...language,
    elaborate: ((...args) => {
      programs.push(language.elaborate(...args));
      return programs.at(-1)!;
    }) as typeof language.elaborate,
  };
  const call = (more: Record<string, unknown>): void => {
    const names = { ...scope, ...more };
    new Function(...Object.keys(names), outputText)(...Object.values(names));
  };
  if (isWhole(sample)) call({});
  else programs.push(build(ports(), (io) => call(io) ?? {}));
  return programs;
}

describe('the language reference', () => {
  const { messages } = compile(
    Object.fromEntries(samples.map((sample, index) => [`sample-${index}`, asFile(sample)])),
  );

  it.each(samples.map((sample, index) => [index, sample] as const))(
    'compiles sample %i',
    (index) => {
      expect(messages(`sample-${index}`)).toEqual([]);
    },
  );

  it.each(samples.map((sample, index) => [index, sample] as const))(
    'builds sample %i',
    (_, sample) => {
      const programs = execute(sample);
      expect(programs).not.toEqual([]);
      for (const program of programs) expect(verifyProgram(program)).toEqual([]);
    },
  );

  it('lists every error once', () => {
    const rows = [...text.matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, code]) => code);
    expect(rows).toEqual([...new Set(rows)]);
    expect(rows.sort()).toEqual(Object.keys(examples).sort());
  });
});
