import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { numberFormats } from '../../../src/families/olive/format/number-formats.ts';
import { abfloatMagnitude, normalTypes } from '../../../src/families/olive/format/number-types.ts';
import {
  decodePair,
  encodePair,
  ovpCode,
  packPairs,
  unpackPairs,
  usualFormat,
} from '../../../src/families/olive/format/ovp-code.ts';
import { quantizePairs } from '../../../src/families/olive/format/quantize-pairs.ts';
import { InputError } from '../../../src/numeric/index.ts';
import { naive, naiveDecode, naiveNearest, naivePair } from './naive-ovp.ts';
import type { Type } from './naive-ovp.ts';

const types: readonly Type[] = ['int4', 'flint4', 'int8'];
const usual = (type: Type) => ovpCode(usualFormat(type));

/** Quantizes one pair at scale 1. */
function quantized(type: Type, a: number, b: number, rule: 'paper' | 'artifact' = 'paper') {
  const out = new Int32Array(2);
  const settings = { code: usual(type), rule, comparison: 'real' as const };
  quantizePairs(settings, Float32Array.of(a, b), 0, 2, 1, out);
  return [...out];
}

describe('number types', () => {
  it('have the values of the paper', () => {
    expect([1, 2, 3, 4, 5, 6, 7].map((code) => abfloatMagnitude('e2m1', 0, code))).toEqual([
      3, 4, 6, 8, 12, 16, 24,
    ]);
    const positive = (type: Type) => [...usual(type).outlierValues].slice(1, 8);
    expect(positive('int4')).toEqual([12, 16, 24, 32, 48, 64, 96]);
    expect(positive('flint4')).toEqual([24, 32, 48, 64, 96, 128, 192]);
    expect(positive('int8').slice(0, 3)).toEqual([144, 160, 176]);
    expect([...new Set([...usual('flint4').normals].map(Math.abs))].sort((a, b) => a - b)).toEqual([
      0, 1, 2, 3, 4, 6, 8, 16,
    ]);
    expect(usual('int8').topCode).toBe(0x40);
    expect(types.map((type) => usual(type).threshold / 2)).toEqual([9.5, 20, 135.5]);
    const artifact = ovpCode({ type: 'int8', outliers: 'e2m5', bias: 2 });
    expect(artifact.outlierValues[1]).toBe(132);
    expect(artifact.outlierValues[artifact.topCode]).toBe(2016);
  });

  it('have biases in range', () => {
    for (const [type, bias] of [
      ['int4', 13],
      ['int8', 12],
      ['flint4', -1],
      ['int4', 1.5],
    ] as const) {
      expect(() => ovpCode({ ...usualFormat(type), bias })).toThrow(InputError);
    }
  });
});

describe('pairs', () => {
  it('encode the examples of the paper', () => {
    const byte = (a: number, b: number): number => {
      const values = quantized('int4', a, b);
      return packPairs(usual('int4'), values, 1, 2)[0]!;
    };
    expect(byte(1.5, 2.6)).toBe(0x32);
    expect(byte(-5.2, -98)).toBe(0xf8);
    expect(byte(17.6, 4.2)).toBe(0x82);
    expect(byte(7.1, -6.8)).toBe(0x97);
    expect(byte(1.2, 6.3)).toBe(0x61);
    expect(byte(30.7, 5.9)).toBe(0x84);
    // A value first, then the pair rule: not the nearest pair.
    expect(quantized('int4', 10, 7)).toEqual([12, 0]);
  });

  it.each(types)(
    'decode every code of %s as the table says, and legal ones encode again',
    (type) => {
      for (const bias of [...new Set([normalTypes[type].bias, 0, 5, type === 'int8' ? 11 : 12])]) {
        const code = ovpCode({ ...usualFormat(type), bias });
        const reference = naive(type, bias);
        const span = 2 ** normalTypes[type].bits;
        const wrong: string[] = [];
        let legals = 0;
        for (let first = 0; first < span; first++) {
          for (let second = 0; second < span; second++) {
            const { values, legal } = decodePair(code, first, second);
            const [a, b, expected] = naiveDecode(reference, first, second);
            const again =
              !legal || bias < normalTypes[type].bias
                ? [first, second]
                : encodePair(code, values[0], values[1]);
            if (values[0] !== a || values[1] !== b || legal !== expected) {
              wrong.push(`${first} ${second}: ${values.join(' ')} ${legal}`);
            }
            if (again[0] !== first || again[1] !== second) wrong.push(`${first} ${second} again`);
            legals += legal ? 1 : 0;
          }
        }
        expect(wrong).toEqual([]);
        if (span === 16) expect(legals).toBe(253);
        // 255^2 pairs of normals; the identifier on either side of 2 x 64 outliers.
        if (span === 256 && bias === 4) expect(legals).toBe(255 * 255 + 2 * 2 * 64);
      }
    },
  );

  it.each(types)('of %s take the nearest value on a grid of eighths', (type) => {
    const code = usual(type);
    const reference = naive(type, code.bias);
    const top = type === 'int8' ? 3000 : 300;
    const wrong: number[] = [];
    for (let eighth = -8 * top; eighth <= 8 * top; eighth++) {
      const x = eighth / 8;
      const [value] = quantized(type, x, 0);
      const values = [...reference.normals.values(), ...reference.outliers.values()];
      // The reference decides normal or outlier by the threshold; nearest over the union is the same.
      const nearest = Math.min(...values.map((v) => Math.abs(v - x)));
      if (value !== naiveNearest(reference, x) || Math.abs(value - x) !== nearest) wrong.push(x);
      if (type === 'int8' && Math.abs(x) > 400) eighth += 6;
    }
    expect(wrong).toEqual([]);
  });

  it('do with two outliers, ties and scales as the description says', () => {
    expect(quantized('int4', 20, -30)).toEqual([0, -32]);
    expect(quantized('int4', 30, 20)).toEqual([32, 0]);
    expect(quantized('int4', 20, 20)).toEqual([0, 24]);
    expect(quantized('int4', 20, -30, 'artifact')).toEqual([24, 0]);
    expect(quantized('int4', 2.5, -2.5)).toEqual([3, -3]);
    expect(quantized('int4', 2.5, -2.5, 'artifact')).toEqual([3, -2]);
    expect(quantized('int4', 9.5, 0)).toEqual([12, 0]);
    expect(quantized('int4', -9.5, 0, 'artifact')).toEqual([-7, 0]);
    expect(quantized('int4', 1e30, -1e30)).toEqual([0, -96]);

    fc.assert(
      fc.property(
        fc.constantFrom(...types),
        fc.constantFrom('paper' as const, 'artifact' as const),
        fc.constantFrom('real' as const, 'halves' as const),
        fc.float({ min: Math.fround(2 ** -149), max: Math.fround(2 ** 60), noNaN: true }),
        fc.array(fc.tuple(fc.integer({ min: -2000, max: 2000 }), fc.boolean()), {
          minLength: 1,
          maxLength: 9,
        }),
        (type, rule, comparison, scale, halves) => {
          // Whole halves of the scale, and values just beside them.
          const next = (x: number): number => Math.fround(x * (1 + 2 ** -23));
          const x = Float32Array.from(halves, ([h, beside]) => {
            const exact = Math.fround((h / 2) * scale);
            return beside ? next(exact) : exact;
          });
          const format = usual(type);
          const reference = naive(type, format.bias);
          const out = new Int32Array(x.length);
          const kinds = quantizePairs(
            { code: format, rule, comparison },
            x,
            0,
            x.length,
            scale,
            out,
          );
          const counted = [0, 0, 0];
          for (let i = 0; i < x.length; i += 2) {
            const b = i + 1 < x.length ? x[i + 1]! : 0;
            const { values, outliers } = naivePair(reference, x[i]! / scale, b / scale, {
              artifact: rule === 'artifact',
              halves: comparison === 'halves',
            });
            counted[outliers]!++;
            expect([...out.subarray(i, i + 2)]).toEqual(values.slice(0, x.length - i));
          }
          expect(Object.values(kinds)).toEqual(counted);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('pack rows one by one, each filled up, and count what no encoder gives', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...types),
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 9 }),
        fc.infiniteStream(fc.float({ min: -300, max: 300, noNaN: true })),
        (type, rows, columns, stream) => {
          const code = usual(type);
          const values = new Int32Array(rows * columns);
          for (let row = 0; row < rows; row++) {
            const x = Float32Array.from({ length: columns }, () => stream.next().value as number);
            const out = new Int32Array(columns);
            const settings = { code, rule: 'paper', comparison: 'real' } as const;
            quantizePairs(settings, x, 0, columns, 1, out);
            values.set(out, row * columns);
          }
          const bytes = packPairs(code, values, rows, columns);
          expect(bytes.length).toBe((rows * Math.ceil(columns / 2) * code.bits) / 4);
          expect(unpackPairs(code, bytes, rows, columns)).toEqual({ values, illegal: [] });
        },
      ),
    );
    const code = usual('int4');
    const illegal = unpackPairs(code, Uint8Array.of(0x21, 0x88, 0x08, 0x13), 2, 3).illegal;
    // The last byte has a pad of 1, which nobody writes.
    expect(illegal).toEqual([
      { row: 0, pair: 1 },
      { row: 1, pair: 0 },
      { row: 1, pair: 1 },
    ]);
    expect(() => encodePair(code, 12, 3)).toThrow(RangeError);
    expect(() => encodePair(code, 0, 9)).toThrow(RangeError);
  });
});

describe('tables', () => {
  it('list every code with its values', () => {
    const [int4, , int8] = numberFormats;
    const rows = int4!.rows();
    expect(rows.length).toBe(256);
    expect(rows[0xf8]).toEqual({ numbers: [0xf8, 0, -96], legal: true });
    expect(rows.filter(({ legal }) => !legal).map(({ numbers }) => numbers)).toEqual([
      [0x08, 0, 0],
      [0x80, 0, 0],
      [0x88, 0, 0],
    ]);
    expect(int4!.rows(3)[0x18]!.numbers).toEqual([0x18, 0, 24]);
    expect(int8!.rows().length).toBe(65536);
    expect(int8!.rows()[0x80 * 256 + 0xc1]).toEqual({
      numbers: [0x80, 0xc1, 0, -32768],
      legal: false,
    });
  });
});
