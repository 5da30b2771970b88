import { describe, expect, it } from 'vitest';

import {
  bfloat16sToFloat32,
  bfloat16ToNumber,
  halfToNumber,
  halvesToFloat32,
  numberToBfloat16,
  numberToHalf,
  roundToHalf,
} from '../../src/numeric/index.ts';

const float = new Float32Array(1);
const bitsOfFloat = new Uint32Array(float.buffer);

/** Half -> float32 by moving bit fields, as hardware would do it; subnormals by shifting until the one leads. */
function decodeByFields(half: number): number {
  const sign = (half & 0x8000) << 16;
  let exponent = (half >>> 10) & 31;
  let fraction = half & 1023;
  if (exponent === 31) exponent = 255;
  else if (exponent !== 0) exponent += 112;
  else if (fraction !== 0) {
    exponent = 113;
    while (fraction < 1024) {
      fraction <<= 1;
      exponent--;
    }
    fraction &= 1023;
  }
  bitsOfFloat[0] = sign | (exponent << 23) | (fraction << 13);
  return float[0]!;
}

const double = new Float64Array(1);
const bitsOfDouble = new BigInt64Array(double.buffer);

/** The float64 next to a positive one. */
function neighbour(x: number, step: 1n | -1n): number {
  double[0] = x;
  bitsOfDouble[0] = bitsOfDouble[0]! + step;
  return double[0];
}

/** Every finite value, every midpoint between neighbours and the float64 on either side of it must round right. */
function checkRounding(
  encode: (x: number) => number,
  decode: (bits: number) => number,
  infinity: number,
  overflow: number,
): void {
  let wrong = 0;
  const check = (x: number, expected: number): void => {
    if (encode(x) !== expected || encode(-x) !== (expected | 0x8000)) wrong++;
  };
  for (let bits = 0; bits < infinity; bits++) {
    const value = decode(bits);
    check(value, bits);
    const next = bits + 1 === infinity ? overflow : decode(bits + 1);
    const midpoint = (value + next) / 2;
    check(midpoint, bits % 2 === 0 ? bits : bits + 1);
    check(neighbour(midpoint, -1n), bits);
    check(neighbour(midpoint, 1n), bits + 1);
  }
  expect(wrong).toBe(0);
  expect(encode(Infinity)).toBe(infinity);
  expect(encode(-Infinity)).toBe(infinity | 0x8000);
  expect(encode(Number.MAX_VALUE)).toBe(infinity);
  expect(encode(-Number.MIN_VALUE)).toBe(0x8000);
}

describe('half precision', () => {
  it('decodes all 65536 patterns as an independent decoder does', () => {
    const all = halvesToFloat32(Uint16Array.from({ length: 0x10000 }, (_, i) => i));
    let wrong = 0;
    for (let bits = 0; bits < 0x10000; bits++) {
      const expected = decodeByFields(bits);
      if (!Object.is(halfToNumber(bits), expected) || !Object.is(all[bits], expected)) wrong++;
    }
    expect(wrong).toBe(0);
    expect(halfToNumber(0x3c00)).toBe(1);
    expect(halfToNumber(0x7bff)).toBe(65504);
    expect(halfToNumber(0x0001)).toBe(5.960464477539063e-8);
  });

  it('rounds to nearest even at every midpoint and beside it', () => {
    checkRounding(numberToHalf, halfToNumber, 0x7c00, 65536);
    expect(numberToHalf(NaN)).toBe(0x7e00);
    expect(numberToHalf(0.1)).toBe(0x2e66);
    expect(roundToHalf(0.1)).toBe(0.0999755859375);
  });

  it('rounds once: a float64 just above a midpoint does not become a tie on the way', () => {
    const x = 1 + 2 ** -11 + 2 ** -40;
    expect(Math.fround(x)).toBe(1 + 2 ** -11);
    expect(numberToHalf(x)).toBe(0x3c01);
  });
});

describe('bfloat16', () => {
  it('decodes all 65536 patterns as the upper half of a float32', () => {
    const all = bfloat16sToFloat32(Uint16Array.from({ length: 0x10000 }, (_, i) => i));
    let wrong = 0;
    for (let bits = 0; bits < 0x10000; bits++) {
      const exponent = (bits >>> 7) & 255;
      const fraction = bits & 127;
      let expected = 2 ** (exponent - 134) * (128 + fraction);
      if (exponent === 0) expected = 2 ** -133 * fraction;
      if (exponent === 255) expected = fraction === 0 ? Infinity : NaN;
      if (bits & 0x8000) expected = -expected;
      if (!Object.is(bfloat16ToNumber(bits), expected) || !Object.is(all[bits], expected)) wrong++;
    }
    expect(wrong).toBe(0);
  });

  it('rounds to nearest even at every midpoint and beside it', () => {
    checkRounding(numberToBfloat16, bfloat16ToNumber, 0x7f80, 2 ** 128);
    expect(numberToBfloat16(NaN)).toBe(0x7fc0);
  });
});
