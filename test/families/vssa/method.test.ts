import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { designNames, families, findDesign, methods } from '../../../src/families/index.ts';
import { clippedCodes } from '../../../src/families/vssa/format/codes.ts';
import { matrixKind } from '../../../src/families/vssa/format/matrix-file.ts';
import { vssa } from '../../../src/families/vssa/index.ts';
import { vssaMethod } from '../../../src/families/vssa/method.ts';
import type { VssaOptions } from '../../../src/families/vssa/options.ts';
import { InputError, rng } from '../../../src/numeric/index.ts';
import { matrix, rowOf, softmaxRows } from '../../../src/tensor/index.ts';
import type { Matrix } from '../../../src/tensor/index.ts';
import { linear, siteKey } from '../../../src/transformer/index.ts';
import type { MatmulEngine, Tokens } from '../../../src/transformer/index.ts';
import { dot, naiveContext, naiveRow, naiveScores } from './naive.ts';

const optionsWith = (given: object): VssaOptions => vssaMethod.options.parse(given);
const query = { layer: 0, role: 'query', tensor: 'w' } as const;
const head = { layer: 0, role: 'attention-0' } as const;
const scales = { queries: 0.03, keys: 0.05, values: 0.02, query: 0.04 };

function gaussian(rows: number, columns: number, std: number, seed: number): Matrix {
  const random = rng(seed);
  const w = matrix(rows, columns);
  for (let i = 0; i < w.data.length; i++) w.data[i] = random.normal() * std;
  return w;
}

function engineOf(given: object, w = gaussian(3, 8, 0.1, 1), layers = 1): MatmulEngine {
  const options = optionsWith(given);
  const { packed } = vssaMethod.quantize(w, 'w', options);
  const entries = Array.from({ length: layers }, (_, layer) =>
    Object.entries(scales).map(([role, scale]): [string, number] => [`${layer}.${role}`, scale]),
  );
  return vssaMethod.engine({
    weights: new Map([['w', packed]]),
    scales: new Map(entries.flat()),
    options,
  });
}

const rowsOf = (m: Matrix, begin: number, end: number, columns = m.columns): number[][] =>
  Array.from({ length: end - begin }, (_, i) => [...rowOf(m, begin + i).subarray(0, columns)]);

/** Two or three sequences with precisions, each with a token that is alive. */
const precisions = fc
  .array(fc.array(fc.constantFrom(8, 4, 0), { minLength: 1, maxLength: 7 }), {
    minLength: 1,
    maxLength: 3,
  })
  .filter((all) => all.every((bits) => bits.some((b) => b > 0)));

function tokensOf(bits: readonly (readonly number[])[]): Tokens & { bits: Uint8Array } {
  const starts = [0];
  for (const { length } of bits) starts.push(starts.at(-1)! + length);
  return { starts: Uint32Array.from(starts), bits: Uint8Array.from(bits.flat()) };
}

const choices = fc.record({
  code: fc.constantFrom('truncation' as const, 'own-scale' as const),
  pMode: fc.constantFrom('8-bit' as const, 'query' as const),
  scope: fc.constantFrom('attention' as const, 'full' as const),
  weights: fc.constantFrom('8-bit' as const, 'clipped' as const),
});

describe('the method vssa', () => {
  it('is among the methods, and no design until there is one', () => {
    expect(families).toContain(vssa);
    expect(methods).toContain(vssaMethod);
    for (const options of Object.values(vssaMethod.precisions!)) {
      expect(() => optionsWith(options)).not.toThrow();
    }
    if (vssa.designs.length === 0) {
      expect(designNames()).not.toContain('vssa');
      expect(() => findDesign('vssa')).toThrow(InputError);
    }
  });

  it('quantizes weights as the method `linear` does with 8 bits', () => {
    const w = gaussian(20, 30, 0.05, 1);
    const ours = vssaMethod.quantize(w, 'w', optionsWith({}));
    const theirs = linear.quantize(w, 'w', { bits: 8 });
    expect([...ours.packed.codes]).toEqual([...theirs.packed.codes]);
    expect(vssaMethod.dequantize(ours.packed)).toEqual(linear.dequantize(theirs.packed));
    expect(ours.report).toEqual(theirs.report);
    w.data[31] = NaN;
    expect(() => vssaMethod.quantize(w, 'layer.weight', optionsWith({}))).toThrow(
      /^layer\.weight: the weight in row 1, column 1 is NaN/,
    );
  });

  it('keeps a matrix in a file, which can be inspected, and refuses one that is not whole', () => {
    const { format } = vssaMethod;
    const { packed, report } = vssaMethod.quantize(gaussian(3, 5, 1, 5), 'w', optionsWith({}));
    const good = format.write(packed);
    expect(format.read(good, 'w')).toEqual(packed);
    expect(report.bitsPerWeight).toBe((8 * good.length) / 15);
    expect(matrixKind.matches(good)).toBe(true);
    expect(matrixKind.matches(good.subarray(1))).toBe(false);
    expect(matrixKind.describe(good, 'm.vssa').matrices).toEqual([
      {
        shape: [3, 5],
        bits: 8,
        bitsPerWeight: report.bitsPerWeight,
        bytes: { codes: 15, frame: good.length - 15, total: good.length },
      },
    ]);
    for (const [at, text] of [
      [0, /starts with/],
      [5, /bits/],
      [good.length - 1, /checksum/],
    ] as const) {
      const bad = good.slice();
      bad[at] = bad[at]! ^ 1;
      expect(() => format.read(bad, 'm.vssa'), `byte ${at}`).toThrow(InputError);
      expect(() => format.read(bad, 'm.vssa'), `byte ${at}`).toThrow(text);
    }
  });
});

describe('the exact engine', () => {
  it('multiplies queries with keys as the rules say', async () => {
    await fc.assert(
      fc.asyncProperty(precisions, choices, fc.nat(), async (bits, given, seed) => {
        const tokens = tokensOf(bits);
        const n = tokens.bits.length;
        const [q, k] = [gaussian(n, 5, 1.5, seed), gaussian(n, 5, 1.5, seed + 1)];
        const { value, exact } = await engineOf(given).scores(head, q, k, tokens);
        const longest = Math.max(...bits.map(({ length }) => length));
        expect([value.rows, value.columns, exact!.length]).toEqual([n, longest, n * longest]);
        bits.forEach((sequence, s) => {
          const [begin, end] = [tokens.starts[s]!, tokens.starts[s + 1]!];
          const expected = naiveScores(
            rowsOf(q, begin, end),
            rowsOf(k, begin, end),
            sequence,
            { q: scales.queries, k: scales.keys },
            given.code === 'own-scale',
          );
          expected.forEach((row, i) => {
            for (let j = 0; j < longest; j++) {
              const at = (begin + i) * longest + j;
              expect(exact![at]! + 0).toBe((row[j]?.sum ?? 0) + 0);
              expect(value.data[at]! + 0).toBe((row[j]?.value ?? 0) + 0);
            }
          });
        });
      }),
    );
  });

  it('multiplies probabilities with values as the rules say', async () => {
    await fc.assert(
      fc.asyncProperty(precisions, choices, fc.nat(), async (bits, given, seed) => {
        const tokens = tokensOf(bits);
        const n = tokens.bits.length;
        const longest = Math.max(...bits.map(({ length }) => length));
        const v = gaussian(n, 4, 1.5, seed);
        const p = probabilities(tokens, longest, seed + 1);
        const { value, exact } = await engineOf(given).context(head, p, v, tokens);
        bits.forEach((sequence, s) => {
          const [begin, end] = [tokens.starts[s]!, tokens.starts[s + 1]!];
          const expected = naiveContext(
            rowsOf(p, begin, end, sequence.length),
            rowsOf(v, begin, end),
            sequence,
            scales.values,
            given.code === 'own-scale',
            given.pMode === 'query',
          ).flat();
          expected.forEach(({ sum, value: x }, i) => {
            expect(exact![begin * 4 + i]! + 0).toBe(sum + 0);
            expect(value.data[begin * 4 + i]! + 0).toBe(x + 0);
          });
        });
      }),
    );
  });

  it('computes linear layers at 8 bits, or at those of the tokens, with weights whole or clipped', async () => {
    const w = gaussian(3, 8, 0.1, 7);
    const { packed } = vssaMethod.quantize(w, 'w', optionsWith({}));
    const short = clippedCodes(packed.codes);
    await fc.assert(
      fc.asyncProperty(precisions, choices, fc.nat(), async (bits, given, seed) => {
        const tokens = tokensOf(bits);
        const x = gaussian(tokens.bits.length, 8, 2, seed);
        const { value, exact } = await engineOf(given, w).linear(query, x, tokens);
        tokens.bits.forEach((b, row) => {
          const precision = given.scope === 'full' || b === 0 ? b : 8;
          const left = naiveRow(
            [...rowOf(x, row)],
            precision,
            scales.query,
            given.code === 'own-scale',
          );
          const codes = precision === 4 && given.weights === 'clipped' ? short : packed.codes;
          for (let out = 0; out < 3; out++) {
            const sum = dot(left.codes, [...codes.subarray(out * 8, out * 8 + 8)]);
            expect(exact![row * 3 + out]! + 0).toBe(sum + 0);
            expect(value.data[row * 3 + out]! + 0).toBe(
              Math.fround(sum * left.unit * packed.scale) + 0,
            );
          }
        });
      }),
    );
  });

  it('takes tokens that are all zeros, and a single token', async () => {
    const engine = engineOf({ code: 'own-scale', pMode: 'query' });
    const tokens = tokensOf([[4, 4], [4]]);
    const zeros = matrix(3, 5);
    const { value } = await engine.scores(head, zeros, zeros, tokens);
    expect([...value.data]).toEqual([0, 0, 0, 0, 0, 0]);
    const p = probabilities(tokens, 2, 3);
    const context = await engine.context(head, p, zeros, tokens);
    expect([...context.value.data]).toEqual(new Array(15).fill(0));
    const one = tokensOf([[8]]);
    const v = matrix(1, 2, Float32Array.of(1, -1));
    const alone = await engine.context(head, matrix(1, 1, Float32Array.of(1)), v, one);
    expect([...alone.exact!]).toEqual([255 * 50, -255 * 50]);
  });

  it('says what it lacks', async () => {
    const x = gaussian(1, 8, 1, 2);
    const tokens = { starts: Uint32Array.of(0, 1) };
    const engine = engineOf({});
    await expect(engine.linear({ ...query, tensor: 'v' }, x, tokens)).rejects.toThrow(
      /no weight "v"/,
    );
    await expect(engine.linear({ ...query, layer: 3 }, x, tokens)).rejects.toThrow(
      /scale for 3\.query/,
    );
    expect(() => engineOf({ r0: [1, 1, 1] })).toThrow(
      'r0 lists 3 ratios, but the model has 1 layers',
    );
    expect(siteKey({ layer: 0, role: 'queries' })).toBe('0.queries');
  });
});

/** Rows that sum to 1 over the live keys of a sequence; 0 in rows of pruned tokens. */
function probabilities(tokens: Tokens, longest: number, seed: number): Matrix {
  const scores = gaussian(tokens.starts.at(-1)!, longest, 2, seed);
  const lengths = new Uint32Array(scores.rows);
  for (let s = 0; s + 1 < tokens.starts.length; s++) {
    const [begin, end] = [tokens.starts[s]!, tokens.starts[s + 1]!];
    for (let row = begin; row < end; row++) {
      if (tokens.bits?.[row] !== 0) lengths[row] = end - begin;
      for (let key = begin; key < end; key++) {
        if (tokens.bits?.[key] === 0) scores.data[row * longest + key - begin] = -Infinity;
      }
    }
  }
  return softmaxRows(scores, lengths);
}
