import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import {
  addRow,
  gelu,
  geluTanh,
  layerNorm,
  matrix,
  maxMagnitude,
  relu,
  rowOf,
  sliceColumns,
  sliceRows,
  softmaxRows,
  tanh,
  transpose,
} from '../../src/tensor/index.ts';
import { floats, shapes } from './arbitrary.ts';
import { erf } from './erf.ts';

const of = (rows: number, columns: number, ...values: number[]) =>
  matrix(rows, columns, Float32Array.from(values));

describe('matrix', () => {
  const m = of(2, 3, 1, 2, 3, 4, 5, 6);

  it('slices, transposes and measures', () => {
    expect([...rowOf(m, 1)]).toEqual([4, 5, 6]);
    expect(sliceRows(m, 1, 2)).toEqual(of(1, 3, 4, 5, 6));
    expect(sliceColumns(m, 1, 3)).toEqual(of(2, 2, 2, 3, 5, 6));
    expect(transpose(m)).toEqual(of(3, 2, 1, 4, 2, 5, 3, 6));
    expect(maxMagnitude(of(1, 3, 1, -7, 2))).toBe(7);
    expect(maxMagnitude(of(1, 3, 1, NaN, 2))).toBeNaN();
    expect(maxMagnitude(matrix(0, 3))).toBe(0);
  });

  it('copies slices and views rows', () => {
    const source = of(2, 2, 1, 2, 3, 4);
    sliceRows(source, 0, 2).data[0] = 9;
    sliceColumns(source, 0, 2).data[0] = 9;
    expect(source.data[0]).toBe(1);
    rowOf(source, 0)[0] = 9;
    expect(source.data[0]).toBe(9);
  });

  it('refuses data that does not fill it', () => {
    expect(() => matrix(2, 2, new Float32Array(3))).toThrow(
      '3 values do not fill a matrix of 2 x 2',
    );
  });
});

describe('activation functions', () => {
  const x = of(1, 6, -3, -1, -0.5, 0, 1, 3);

  // Values of x * Phi(x) from tables of the normal distribution.
  it('gelu is x times the normal distribution function', () => {
    const expected = [-0.0040496941, -0.1586552539, -0.1542687694, 0, 0.8413447461, 2.9959503059];
    gelu(x).data.forEach((y, i) => {
      expect(y).toBeCloseTo(expected[i]!, 6);
    });
  });

  it('geluTanh is close to gelu, but not equal', () => {
    const [exact, approximate] = [gelu(x).data, geluTanh(x).data];
    const difference = Math.max(...exact.map((y, i) => Math.abs(y - approximate[i]!)));
    expect(difference).toBeGreaterThan(1e-5);
    expect(difference).toBeLessThan(5e-4);
    expect(geluTanh(of(1, 1, 1)).data[0]).toBeCloseTo(0.8411919906, 7);
  });

  it('relu cuts below 0', () => {
    expect(relu(x)).toEqual(of(1, 6, 0, 0, 0, 0, 1, 3));
  });
});

describe('rows', () => {
  it('layerNorm centres and scales by the population deviation', () => {
    const out = layerNorm(
      of(2, 4, 1, 2, 3, 4, 10, 10, 10, 10),
      { weight: Float32Array.of(1, 1, 2, 1), bias: Float32Array.of(0, 0, 0, 5) },
      0,
    );
    const d = Math.sqrt(1.25);
    [-1.5 / d, -0.5 / d, 1 / d, 1.5 / d + 5].forEach((y, i) => {
      expect(out.data[i]).toBeCloseTo(y, 6);
    });
    const constant = layerNorm(
      of(1, 2, 3, 3),
      { weight: Float32Array.of(1, 1), bias: Float32Array.of(7, 8) },
      1e-12,
    );
    expect([...constant.data]).toEqual([7, 8]);
  });

  it('softmaxRows normalises the first values of each row and clears the rest', () => {
    const out = softmaxRows(of(2, 3, 0, Math.log(3), 99, 1000, 1000, 1000), [2, 3]);
    [0.25, 0.75, 0, 1 / 3, 1 / 3, 1 / 3].forEach((y, i) => {
      expect(out.data[i]).toBeCloseTo(y, 7);
    });
    expect(out.data[2]).toBe(0);
    expect(softmaxRows(of(1, 2, 0, 8 * Math.log(3)), [2], 1 / 8).data[1]).toBeCloseTo(0.75, 6);
  });

  it('addRow adds in float32', () => {
    expect(addRow(of(2, 2, 1, 2, 3, 4), Float32Array.of(0.5, 1e-9))).toEqual(
      of(2, 2, 1.5, 2, 3.5, 4),
    );
  });
});

/** Half the distance of two float32 numbers at x, and a little for the float64 that was rounded. */
const halfStep = (x: number): number => Math.max(Math.abs(x) * 2 ** -24, 2 ** -150) * 1.001;

describe('against float64', () => {
  /** The largest of |got - expected| beyond what is allowed. */
  const excess = (
    got: Float32Array,
    expected: (i: number) => number,
    allowed: (expected: number) => number,
  ): number => {
    let most = -Infinity;
    got.forEach((y, i) => {
      const e = expected(i);
      most = Math.max(most, Math.abs(y - e) - allowed(e));
    });
    return most;
  };

  it('gelu is x (1 + erf(x / sqrt 2)) / 2, rounded once', () => {
    const x = Float32Array.from({ length: 4001 }, (_, i) => (i - 2000) / 400);
    // 1 + erf(-5 / sqrt 2) cancels to 5.7e-7, of which 2^-51 is 8e-10.
    const got = gelu(matrix(1, x.length, x)).data;
    const expected = (i: number): number => 0.5 * x[i]! * (1 + erf(x[i]! * Math.SQRT1_2));
    expect(excess(got, expected, (e) => halfStep(e) + 2 ** -51)).toBeLessThanOrEqual(0);
    expect([...gelu(of(1, 6, 0, -0, 1e30, -1e30, Infinity, -Infinity)).data]).toEqual([
      0,
      -0,
      Math.fround(1e30),
      -0,
      Infinity,
      -0,
    ]);
    expect(gelu(of(1, 1, NaN)).data[0]).toBeNaN();
  });

  it('geluTanh and tanh are their formulas, rounded once', () => {
    const x = Float32Array.from({ length: 2001 }, (_, i) => (i - 1000) / 150);
    const m = matrix(1, x.length, x);
    expect(excess(tanh(m).data, (i) => Math.tanh(x[i]!), halfStep)).toBeLessThanOrEqual(0);
    const formula = (i: number): number => {
      const inner = Math.sqrt(2 / Math.PI) * (x[i]! + 0.044715 * x[i]! ** 3);
      return 0.5 * x[i]! * (1 + Math.tanh(inner));
    };
    const got = geluTanh(m).data;
    expect(excess(got, formula, (e) => halfStep(e) + 2 ** -50)).toBeLessThanOrEqual(0);
    expect([...geluTanh(of(1, 2, Infinity, -1e30)).data]).toEqual([Infinity, -0]);
  });

  it('softmaxRows divides exponentials by their sum', () => {
    fc.assert(
      fc.property(shapes, ({ rows, inner, seed }) => {
        const columns = inner + 1;
        const m = matrix(rows, columns, floats(seed, rows * columns));
        const lengths = Array.from({ length: rows }, (_, r) => 1 + ((seed + 7 * r) % columns));
        const out = softmaxRows(m, lengths, 0.3);
        for (let r = 0; r < rows; r++) {
          const row = [...rowOf(m, r).subarray(0, lengths[r])].map((x) => x * 0.3);
          const max = Math.max(...row);
          const exponentials = row.map((x) => Math.exp(x - max));
          const sum = exponentials.reduce((a, b) => a + b, 0);
          const got = rowOf(out, r);
          // The exponentials are rounded to float32 before the division.
          const expected = (i: number): number => (exponentials[i] ?? 0) / sum;
          expect(excess(got, expected, (e) => 2.1 * halfStep(e))).toBeLessThanOrEqual(0);
          expect(got.subarray(lengths[r]).every((x) => x === 0)).toBe(true);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('layerNorm is its formula, rounded once', () => {
    fc.assert(
      fc.property(shapes, ({ rows, inner, seed }) => {
        const n = inner + 1;
        const m = matrix(
          rows,
          n,
          floats(seed, rows * n).map((x) => Math.max(-1e3, Math.min(x, 1e3))),
        );
        const weight = new Float32Array(n).fill(1.5);
        const bias = new Float32Array(n).fill(0.25);
        const out = layerNorm(m, { weight, bias }, 1e-5);
        for (let r = 0; r < rows; r++) {
          const row = [...rowOf(m, r)];
          const mean = row.reduce((a, b) => a + b, 0) / n;
          const variance = row.reduce((a, b) => a + (b - mean) ** 2, 0) / n;
          const scale = 1.5 / Math.sqrt(variance + 1e-5);
          const expected = (i: number): number => (row[i]! - mean) * scale + 0.25;
          const allowed = (e: number): number => halfStep(e) + 1e-9;
          expect(excess(rowOf(out, r), expected, allowed)).toBeLessThanOrEqual(0);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('a NaN or an infinity spoils its own row alone', () => {
    const m = of(3, 4, 1, 2, 3, 4, 1, NaN, 3, 4, 1, Infinity, 3, 4);
    const one = { weight: new Float32Array(4).fill(1), bias: new Float32Array(4) };
    for (const out of [softmaxRows(m, [4, 4, 4]), layerNorm(m, one, 1e-12)]) {
      expect([...rowOf(out, 0)].every(Number.isFinite)).toBe(true);
      expect([...out.data.subarray(4)].every(Number.isNaN)).toBe(true);
    }
    expect([...softmaxRows(of(1, 3, 0, -Infinity, 0), [3]).data]).toEqual([0.5, 0, 0.5]);
  });
});

describe('what does not fit', () => {
  it('is refused with the sizes', () => {
    const m = matrix(2, 3);
    expect(() => softmaxRows(m, [3])).toThrow('1 lengths were given for the softmax of 2 rows');
    expect(() => softmaxRows(m, [3, 4])).toThrow(
      'row 1 has 3 values, of which softmax cannot take 4',
    );
    expect(() => softmaxRows(m, [3, 3], -1)).toThrow('the factor of a softmax is -1');
    const norm = { weight: new Float32Array(2), bias: new Float32Array(3) };
    expect(() => layerNorm(m, norm, 0)).toThrow('2 weights and 3 biases for rows of 3 values');
  });
});
