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
  transpose,
} from '../../src/tensor/index.ts';

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
