import { elaborate } from '../../../src/hdl/index.ts';
import type { Program } from '../../../src/ir/index.ts';
import { decodeFloat, encodeFloat } from '../../../src/numeric/index.ts';
import type { FloatFormat } from '../../../src/numeric/index.ts';
import { floatAdd, floatConvert, floatMultiply } from '../../../src/parts/index.ts';

/** A unit with what it computes, by float64 arithmetic and one rounding. */
export interface Unit {
  readonly program: Program;
  readonly operation: 'add' | 'multiply' | 'convert';
  /** Names of the ports of operands, one or two, and their formats. */
  readonly operands: readonly { readonly port: string; readonly format: FloatFormat }[];
  readonly result: { readonly port: string; readonly format: FloatFormat };
  /** Bits of the operands -> bits of the result. */
  golden(a: number, b: number): number;
}

/** Sums of two floats in float64 may be rounded; docs/floating-point.md shows that this is harmless. */
export function addUnit(format: FloatFormat, stages = 0): Unit {
  return {
    program: elaborate(...floatAdd({ format, stages })),
    operation: 'add',
    operands: [
      { port: 'a', format },
      { port: 'b', format },
    ],
    result: { port: 'sum', format },
    golden: (a, b) => encodeFloat(decodeFloat(a, format) + decodeFloat(b, format), format),
  };
}

/** Products of two floats are exact in float64. */
export function multiplyUnit(
  a: FloatFormat,
  b: FloatFormat,
  result: FloatFormat,
  stages = 0,
): Unit {
  return {
    program: elaborate(...floatMultiply({ a, b, result, stages })),
    operation: 'multiply',
    operands: [
      { port: 'a', format: a },
      { port: 'b', format: b },
    ],
    result: { port: 'product', format: result },
    golden: (x, y) => encodeFloat(decodeFloat(x, a) * decodeFloat(y, b), result),
  };
}

export function convertUnit(from: FloatFormat, to: FloatFormat): Unit {
  return {
    program: elaborate(...floatConvert({ from, to })),
    operation: 'convert',
    operands: [{ port: 'value', format: from }],
    result: { port: 'converted', format: to },
    golden: (value) => encodeFloat(decodeFloat(value, from), to),
  };
}
