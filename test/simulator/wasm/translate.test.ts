import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { translate } from '../../../src/simulator/wasm/index.ts';
import { arraysOf, runBoth } from './run-both.ts';

const corners = [0, 1, -1, 2, 7, 31, 32, 255, 65535, -32768, 2 ** 30, 2 ** 31 - 1, -(2 ** 31)];
const int32 = fc.oneof(fc.constantFrom(...corners), fc.integer());
/** What is in memory before. */
const words = fc.array(int32, { minLength: 208, maxLength: 208 });

const array = fc.constantFrom('C', 'M', 'X');
const small = fc.integer({ min: 0, max: 9 });

/** Expressions in the subset; `V3` stands for some variable declared before. */
const { int, bool } = fc.letrec<{ int: string; bool: string }>((tie) => {
  const a = tie('int');
  const b = tie('int');
  const [p, q] = [tie('bool'), tie('bool')];
  const cut = fc.constantFrom('| 0', '& 255', '& 2147483647', '<< 3', '>> 4', '>>> 1');
  return {
    int: fc.oneof(
      { maxDepth: 4 },
      int32.map((value) => `(${value})`),
      fc.tuple(array, fc.nat(33)).map(([name, at]) => `${name}[${at}]`),
      small.map((at) => `C[b + ${at}]`),
      small.map((name) => `V${name}`),
      fc.tuple(array, a, small).map(([name, index, at]) => `${name}[(${index} & 7) + b + ${at}]`),
      fc
        .tuple(a, fc.constantFrom('+', '-', '&', '|', '^'), b, cut)
        .map(([x, operator, y, by]) => `((${x} ${operator} ${y}) ${by})`),
      fc.tuple(a, b, a, cut).map(([x, y, z, by]) => `((${x} + ${y} - ${z}) ${by})`),
      fc.tuple(a, small, cut).map(([x, y, by]) => `((${x} * ${y}) ${by})`),
      fc
        .tuple(a, fc.constantFrom('<<', '>>', '>>>'), b)
        .map(([x, operator, y]) => `(${x} ${operator} ${y} | 0)`),
      fc.tuple(a, b).map(([x, y]) => `Math.imul(${x}, ${y})`),
      a.map((x) => `(-${x} | 0)`),
      a.map((x) => `(~${x})`),
      a.map((x) => `parity(${x})`),
      fc.tuple(array, a).map(([name, x]) => `bitsAt(${name}, b + 1, ${x} & 127)`),
      fc.tuple(p, a, b).map(([test, x, y]) => `(${test} ? ${x} : ${y})`),
      fc.tuple(a, b, a).map(([test, x, y]) => `(${test} ? ${x} : ${y})`),
      p.map((test) => `(${test} ? 1 : 0)`),
      p.map((test) => `(${test} ? 0 : 1)`),
    ),
    bool: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom('true', 'false'),
      fc
        .tuple(a, fc.constantFrom('<', '<=', '>', '>=', '===', '!=='), b)
        .map(([x, operator, y]) => `(${x} ${operator} ${y})`),
      fc
        .tuple(a, fc.constantFrom('<', '<=', '>', '>=', '===', '!=='), b)
        .map(([x, operator, y]) => `((${x} >>> 0) ${operator} (${y} >>> 0))`),
      a.map((x) => `(${x} !== 0)`),
      fc.oneof(p, a).map((x) => `!${x}`),
      fc.tuple(p, fc.constantFrom('&&', '||'), q).map(([x, o, y]) => `(${x} ${o} ${y})`),
      fc.tuple(p, p, q).map(([test, x, y]) => `(${test} ? ${x} : ${y})`),
    ),
  };
});

/** Statements; `W` and `W1` stand for variables of their own. */
const statement = fc.oneof(
  int.map((x) => `const W = ${x};`),
  fc.tuple(bool, int, int).map(([p, x, y]) => `let W; if (${p}) { W = ${x}; } else { W = ${y}; }`),
  fc
    .tuple(int, fc.uniqueArray(fc.integer({ min: -3, max: 12 }), { maxLength: 11 }), int, int)
    .map(([x, labels, y, z]) => {
      const cases = labels.map(
        (label, i) => `case ${label}: W = ${i % 2 ? z : `(${label} ^ N[${i}])`}; W1 = ${i}; break;`,
      );
      return `let W, W1; switch (${x} & 15) { ${cases.join('\n')} default: W = ${y}; W1 = W; } N[3] = W1;`;
    }),
  fc.tuple(small, int).map(([at, x]) => `const W = ${x}; N[b + ${at}] = W;`),
  fc
    .tuple(bool, int, int)
    .map(([p, x, y]) => `const W = ${x}; if (${p}) { M[(${y} & 31) + 1] = W; }`),
  fc.tuple(bool, small).map(([p, index]) => `const W = 1; if (!${p}) fail(${index}, row);`),
  fc
    .tuple(small, fc.integer({ min: 1, max: 3 }), fc.integer({ min: -2, max: 3 }), bool, int)
    .map(([count, step, other, isUp, x]) => {
      const by = isUp === 'false' ? -step : step;
      const goesOn = by > 0 ? 'W0 < end' : 'W0 > end';
      return `const W = C[1];
        for (let i = 0; i < 2; i++) {
        for (let W0 = i * 2, W1 = i * 1, end = W0 + ${count * by}; ${goesOn}; W0 += ${by}, W1 += ${other}) {
        const x = ${x};
        N[W0 + 28] = (x + C[W1 + 20]) | 0; N[W1 + 30] = W0 ^ N[W0 + 27];
        }
        }`;
    }),
);

/** A function of rows from 1 on, all of whose variables have names of their own. */
function functionOf(statements: readonly string[]): string {
  const declared: string[] = ['b'];
  const lines = statements.map((text, i) => {
    const named = text
      .replace(/\bV(\d)\b/g, (_, n: string) => declared[Number(n) % declared.length]!)
      .replace(/\bW(\d?)\b/g, (_, n: string) => `w${i}_${n}`);
    declared.push(`w${i}_`);
    return named;
  });
  return `const f0 = (from, to) => {
    const C = C_; const N = N_; const M = M_; const X = X_;
    for (let row = from; row < to; row++) {
    const b = T0[row];
    ${lines.join('\n')}
    }
    };`;
}

const sequences = `const settle = () => { const P = P_; P[0] = C_[4]; };
  const tick = () => { f0(1, 4); f0(5, 6); };`;

describe('translated code', () => {
  it('does what JavaScript does', () => {
    const runs = process.env.SYSTOLE_REGRESS === undefined ? 300 : 5000;
    fc.assert(
      fc.property(fc.array(statement, { minLength: 1, maxLength: 6 }), words, (lines, before) => {
        const functions = `${functionOf(lines)}\n${sequences.replace('C_[4]', '7')}`;
        const { javascript, loaded, code } = runBoth(functions, before);
        expect(loaded).toEqual(javascript);
        expect(code.run).toBeDefined();
      }),
      { numRuns: runs },
    );
  });

  /** One function around an expression or statements, once for each of some first words. */
  const check = (text: string, isTranslated = true): void => {
    const functions = `const f0 = () => { const C = C_; const N = N_; const M = M_; ${text} };
      const settle = () => {}; const tick = () => { f0(); };`;
    for (const first of corners) {
      for (const second of corners) {
        const before = Array.from({ length: 208 }, (_, i) => (i % 2 === 0 ? first : second));
        const { javascript, loaded, code } = runBoth(functions, before);
        expect(loaded, `${text} of ${first} and ${second}`).toEqual(javascript);
        expect(code.run !== undefined, text).toBe(isTranslated);
      }
    }
  };

  it.each([
    'N[0] = (C[0] + C[1]) & 255;',
    'N[0] = C[0] >>> 0 < C[1] >>> 0 ? 3 : 4;',
    'N[0] = (C[0] >>> 0) * 12 + 5 & 4095;',
    'const a = C[0] >>> 0; N[0] = a; N[1] = a < 7 || a === C[1] >>> 0 ? 1 : 0;',
    'const slot = 0 + 3 + (C[0] >>> 0); const w = (C[0] >>> 0) < 9 ? M[slot] : 0; N[0] = w;',
    'const at = C[0]; if (at >= 0 && at < 9) { M[at + 2] = C[1]; M[at + 3] = 1; }',
    'N[0] = (C[0] & 31) > 40 ? 1 : 0; N[1] = 5 > 4 ? C[0] : C[1];',
  ])('covers %s', (text) => check(text));

  it.each([
    ['a sum that is compared before it is cut', 'N[0] = C[0] + C[1] < 7 ? 1 : 0;'],
    ['signed beside unsigned', 'N[0] = C[0] < C[1] >>> 0 ? 1 : 0;'],
    ['a product beyond 2^53', 'N[0] = (C[0] * C[1]) | 0;'],
    ['a sum as a condition', 'N[0] = C[0] + C[1] ? 1 : 0;'],
    ['a boolean beside a number', 'N[0] = (C[0] < 4) === 1 ? 1 : 0;'],
    [
      'an unsigned variable',
      'let a; if (C[0] < 1) a = C[0] >>> 0; else a = 1; N[0] = a < 0 ? 1 : 2;',
    ],
    ['numbers as operands of &&', 'N[0] = C[0] && C[1];'],
    ['a constant place outside', 'N[0] = C[64] === undefined ? 1 : 2;'],
    ['doubles', 'N[0] = Math.floor(C[0] / 3);'],
    ['fractions', 'N[0] = C[0] * 0.5;'],
    [
      'a case that runs into the next',
      'let a; switch (C[0]) { case 1: a = 3; case 2: a = 4; break; default: a = 5; } N[0] = a;',
    ],
    ['a loop of another form', 'for (let i = 8; i-- > 0;) { N[i] = C[i]; }'],
  ])('leaves %s to JavaScript', (_, text) => check(text, false));
});

describe('parts', () => {
  const mixed = `const f0 = () => { const C = C_; const N = N_; N[0] = C[0] + 1 | 0; };
    const f1 = () => { const N = N_; N[1] = Math.floor(N[0] / 3); };
    const f2 = (from, to) => { const N = N_; for (let row = from; row < to; row++) { N[T0[row]] = N[1] ^ row; } };
    const f3 = () => { const N = N_; const P = P_; N[9] = N[8] + P[1] | 0; };
    const settle0 = () => { const P = P_; const C = C_; P[0] = C[3]; P[1] = C[4] >>> 3; f1(); P[2] = C[5]; f3(); };
    const settle = () => { settle0(); };
    const tick0 = () => { f0(); f1(); f2(0, 8); f3(); };
    const tick = () => { tick0(); };`;

  it('of both kinds call each other in order', () => {
    fc.assert(
      fc.property(words, (before) => {
        const { javascript, loaded, code } = runBoth(mixed, before);
        expect(loaded).toEqual(javascript);
        expect(code.run).toBeUndefined();
      }),
      { numRuns: 50 },
    );
  });

  it('of a sequence become one function each', () => {
    const { arrays } = arraysOf();
    const translated = translate(
      `const T0 = tables[0];\n${mixed}\nreturn { settle, tick };`,
      arrays,
      1,
    )!;
    expect(translated.isWhole).toBe(false);
    expect(translated.names).toEqual([
      'f0',
      'f2',
      'f3',
      'settle0_part2',
      'settle0_part4',
      'tick0_part2',
    ]);
    expect(translated.source).toContain(`const tick0 = () => {
f0();
f1();
wasm.tick0_part2();
};`);
  });

  it('are none where all works on doubles', () => {
    const source = 'const settle = () => { FC_[0] = 1; }; const tick = () => { settle(); };';
    expect(translate(source, new Map(), 1)).toBeUndefined();
  });

  it('stay JavaScript where a function has more variables than engines take', () => {
    // In blocks, as the parser looks through all names of a block for each new one.
    const block = Array.from({ length: 1000 }, (_, i) => `const v${i} = C[0] ^ ${i + 1};`);
    const blocks = Array.from({ length: 41 }, () => `if (C[0] < 4) { ${block.join('\n')} }`);
    const source = `const settle = () => {}; const tick = () => { const C = C_; ${blocks.join('\n')} };`;
    expect(translate(source, arraysOf().arrays, 1)?.names).toEqual(['settle']);
  });
});
