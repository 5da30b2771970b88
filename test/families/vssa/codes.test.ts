import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import {
  clippedCodes,
  demoted,
  encodeTokens,
  fromPlanes,
  planesOf,
  scaleFor,
  truncated,
  wholeCode,
} from '../../../src/families/vssa/format/codes.ts';
import {
  encodeProbabilities,
  importanceCode,
  probabilityCode,
} from '../../../src/families/vssa/format/probabilities.ts';
import { InputError } from '../../../src/numeric/index.ts';
import { matrix } from '../../../src/tensor/index.ts';
import { naiveRow } from './naive.ts';

const everyCode = Int8Array.from({ length: 255 }, (_, i) => i - 127);

describe('codes of tokens', () => {
  it('have a scale for every range, also the extreme ones', () => {
    expect(scaleFor(127)).toBe(1);
    expect(scaleFor(0)).toBe(1);
    expect(scaleFor(2 ** -149)).toBe(2 ** -149);
    for (const bad of [-1, NaN, Infinity]) expect(() => scaleFor(bad)).toThrow(InputError);
    expect([0.5, -0.5, 1.49, 127.6, -300].map((x) => wholeCode(x, 1))).toEqual([
      1, -1, 1, 127, -127,
    ]);
  });

  it('of 4 bits are the nearest multiples of 16, halves up, as far as 7 reaches', () => {
    expect([...[-127, -121, -120, -8, -9, 7, 8, 119, 120, 127].map(truncated)]).toEqual([
      -8, -8, -7, 0, -1, 0, 1, 7, 7, 7,
    ]);
    for (const code of everyCode) {
      const error = Math.abs(16 * truncated(code) - code);
      expect(error, String(code)).toBeLessThanOrEqual(code > 120 ? 15 : 8);
    }
  });

  it('rest in two planes from which the array reads them, and can be demoted there', () => {
    const whole = planesOf(everyCode, 8);
    const short = planesOf(everyCode, 4);
    expect(fromPlanes(whole, 8)).toEqual(everyCode);
    expect(fromPlanes(short, 4)).toEqual(clippedCodes(everyCode));
    expect(demoted(whole)).toEqual(short.high);
    for (const digit of [...whole.low, ...short.low]) expect(digit >> 4).toBe(0);
    for (const { high } of [whole, short]) {
      expect([Math.min(...high), Math.max(...high)]).toEqual([-8, 7]);
    }
    // The short code is not the high nibble wherever the low one rounds up, except at the end of the range.
    expect(everyCode.filter((_, i) => whole.high[i] !== short.high[i])).toHaveLength(120);
  });

  it('are what the rule says, row by row', () => {
    fc.assert(
      fc.property(
        fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), {
          minLength: 1,
          maxLength: 8,
        }),
        fc.constantFrom(8, 4, 0),
        fc.constantFrom('truncation' as const, 'own-scale' as const),
        fc.float({ min: Math.fround(1e-30), max: Math.fround(1e30), noNaN: true }),
        (row, bits, code, range) => {
          const scale = scaleFor(range);
          const x = matrix(1, row.length, Float32Array.from(row));
          const coded = encodeTokens(x, Uint8Array.of(bits), scale, code);
          const expected = naiveRow(row, bits, scale, code === 'own-scale');
          expect([...coded.data]).toEqual(expected.codes.map((c) => c + 0));
          expect(coded.units[0]).toBe(expected.unit);
        },
      ),
    );
  });

  it('are refused to what is not finite, unless the token is pruned', () => {
    for (const bad of [NaN, Infinity, -Infinity]) {
      const x = matrix(2, 2, Float32Array.of(1, 2, 3, bad));
      for (const bits of [8, 4]) {
        expect(() => encodeTokens(x, Uint8Array.of(8, bits), 1, 'own-scale')).toThrow(
          /^row 1 of the activations holds/,
        );
      }
      expect([...encodeTokens(x, Uint8Array.of(8, 0), 1, 'truncation').data]).toEqual([1, 2, 0, 0]);
    }
  });
});

describe('codes of probabilities', () => {
  it('round halves up, with and without the bits of their query', () => {
    expect([0, 0.5 / 255, 0.49 / 255, 1].map(probabilityCode)).toEqual([0, 1, 0, 255]);
    expect([0, 0.5 / 65535, 1].map(importanceCode)).toEqual([0, 1, 65535]);
    const p = matrix(3, 3, Float32Array.of(1, 0, 0, 0.5, 0.25, 0.02, 0.2, 0.1, 0));
    const folds = Float64Array.of(1, 1, 1);
    const bits = Uint8Array.of(4, 4, 8);
    const cut = encodeProbabilities(p, folds, bits, 'truncation');
    // 255, 128 and 64, 5, and whole codes.
    expect([...cut.data]).toEqual([240, 0, 0, 128, 64, 0, 51, 26, 0]);
    expect([...cut.units]).toEqual([1 / 255, 1 / 255, 1 / 255]);
    const own = encodeProbabilities(p, folds, bits, 'own-scale');
    expect([...own.data]).toEqual([240, 0, 0, 240, 128, 16, 51, 26, 0]);
    expect([...own.units]).toEqual([1 / 240, 0.5 / 240, 1 / 255]);
  });

  it('of rows that have nothing are 0', () => {
    const p = matrix(2, 2);
    const coded = encodeProbabilities(p, Float64Array.of(1, 1), Uint8Array.of(4, 0), 'own-scale');
    expect([...coded.data]).toEqual([0, 0, 0, 0]);
    expect(coded.units[0]).toBe(0);
  });
});
