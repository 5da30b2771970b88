import { describe, expect, it } from 'vitest';

import { decodingStep, mayAttend, tokenOrder } from '../../../src/families/vssa/decoding.ts';
import type { DecoderTokens } from '../../../src/families/vssa/decoding.ts';
import { rng } from '../../../src/numeric/index.ts';

const random = rng(11);
const vectors = (count: number, size: number): number[][] =>
  Array.from({ length: count }, () => Array.from({ length: size }, () => random.normal()));
const dot = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, x, i) => sum + x * b[i]!, 0);

/** Attention over any order of tokens; `visible` decides by place. */
function attend(
  q: readonly number[][],
  k: readonly number[][],
  v: readonly number[][],
  visible: (query: number, key: number) => boolean,
): { p: number[][]; context: number[][] } {
  const p = q.map((row, i) => {
    const weights = k.map((key, j) => (visible(i, j) ? Math.exp(dot(row, key)) : 0));
    const total = weights.reduce((a, b) => a + b, 0);
    return weights.map((x) => x / total);
  });
  return {
    p,
    context: p.map((row) =>
      v[0]!.map((_, c) =>
        dot(
          row,
          v.map((x) => x[c]!),
        ),
      ),
    ),
  };
}

describe('the order of tokens', () => {
  it('is that of the two lists, without pruned tokens', () => {
    expect(tokenOrder([4, 8, 0, 4, 8, 8])).toEqual([1, 4, 5, 0, 3]);
    expect(tokenOrder([0, 0])).toEqual([]);
  });

  it('changes no result of causal attention, as the mask looks at token numbers', () => {
    const n = 9;
    const [q, k, v] = [vectors(n, 4), vectors(n, 4), vectors(n, 3)];
    const natural = attend(q, k, v, (i, j) => j <= i);
    const order = tokenOrder([8, 4, 4, 8, 4, 8, 8, 4, 4]);
    expect(order).not.toEqual([...order].sort((a, b) => a - b));
    const permuted = (rows: readonly number[][]): number[][] => order.map((token) => rows[token]!);
    const { p, context } = attend(permuted(q), permuted(k), permuted(v), (i, j) =>
      mayAttend(order[i]!, order[j]!),
    );
    order.forEach((token, place) => {
      context[place]!.forEach((x, c) => {
        expect(x).toBeCloseTo(natural.context[token]![c]!, 12);
      });
      order.forEach((key, j) => {
        expect(p[place]![j]).toBeCloseTo(natural.p[token]![key]!, 12);
        if (key > token) expect(p[place]![j]).toBe(0);
      });
    });
    // A mask by places would have let tokens see what comes after them.
    const wrong = attend(permuted(q), permuted(k), permuted(v), (i, j) => j <= i);
    expect(wrong.context[1]![0]).not.toBeCloseTo(context[1]![0]!, 3);
  });
});

describe('a step of generation', () => {
  const start: DecoderTokens = {
    bits: Uint8Array.of(8, 4, 0, 8),
    importance: Float64Array.of(10, 900000, 5, 70000),
  };

  it('keeps the newest token, adds by number, and never gives stored digits back', () => {
    const order = tokenOrder([8, 4, 0, 8, 8]);
    expect(order).toEqual([0, 3, 4, 1]);
    const p = [
      [0.5, 0.25, 0, 0.25],
      [0, 0, 0, 1],
    ];
    const next = decodingStep(start, order, p, { r0: 0.6, r1: 0.4 });
    expect([...next.importance]).toEqual([10 + 32768, 900000 + 16384 + 65535, 5, 70000 + 16384, 0]);
    // Three survive: the newest, which nobody has seen, and the two best. Token 1 is first, but rests with 4 bits.
    expect([...next.bits]).toEqual([0, 4, 0, 8, 4]);
  });

  it('protects a token only while it is the newest', () => {
    const first = decodingStep(start, [0, 3, 4, 1], [[0, 0, 0, 1]], { r0: 0.4, r1: 0.4 });
    expect([...first.bits]).toEqual([0, 4, 0, 0, 8]);
    const order = tokenOrder([...first.bits, 8]);
    const p = [order.map((token) => (token === 1 ? 1 : 0))];
    const second = decodingStep(first, order, p, { r0: 0.2, r1: 0.2 });
    expect([...second.bits]).toEqual([0, 0, 0, 0, 0, 8]);
  });

  it('starts from nothing, and can keep everything', () => {
    let tokens: DecoderTokens = { bits: new Uint8Array(), importance: new Float64Array() };
    for (let step = 0; step < 5; step++) {
      const order = tokenOrder([...tokens.bits, 8]);
      const p = [order.map(() => 1 / order.length)];
      tokens = decodingStep(tokens, order, p, { r0: 1, r1: 1 });
    }
    expect([...tokens.bits]).toEqual([8, 8, 8, 8, 8]);
    const scores = [...tokens.importance];
    expect(scores).toEqual([...scores].sort((a, b) => b - a));
  });
});
