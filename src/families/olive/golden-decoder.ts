import { packBeats } from '../../testbench/beats.ts';
import { checkExpected, checkStreams, inputColumns } from '../../testbench/golden-input.ts';
import type { Job, Outcome } from '../../testbench/job.ts';
import { codeBeats, decodedBeats } from './format/streams.ts';
import { setupOf } from './golden-setup.ts';
import { exponentBits, leftBiasAddress, leftTypeAddress } from './params.ts';
import type { DecoderParameters } from './params.ts';

/** A value of the hardware: integer x 2^exponent. */
export interface SplitValue {
  /** 0 .. 15 */
  readonly exponent: number;
  readonly integer: number;
}

/** A pair as the decoder gives it. */
export interface SplitPair {
  readonly first: SplitValue;
  readonly second: SplitValue;
  readonly illegal: boolean;
}

/** Which codes are decoded. */
export interface SplitFormat {
  readonly bits: 4 | 8;
  /** Of 4-bit codes: flint4 instead of int4. */
  readonly flint: boolean;
  /** Of the outliers, 0 .. 15. */
  readonly bias: number;
}

const zero: SplitValue = { exponent: 0, integer: 0 };

/** 4-bit outliers whose exponent leaves its bits keep the low ones. */
const exponents = 2 ** exponentBits;

/** Magnitudes of flint4 by code, with the exponents that the specification pins. */
const flint4Splits: readonly SplitValue[] = [
  zero,
  { exponent: 0, integer: 1 },
  { exponent: 0, integer: 2 },
  { exponent: 0, integer: 3 },
  { exponent: 2, integer: 4 },
  { exponent: 2, integer: 2 },
  { exponent: 0, integer: 4 },
  { exponent: 0, integer: 6 },
];

/** 8-bit outliers end at 8 x 2^12. */
const mostExponent = 12;
const leastInteger = 8;

/** The two values of a pair of codes, as docs/olive.md splits them. */
export function splitPair(format: SplitFormat, first: number, second: number): SplitPair {
  const identifier = format.bits === 8 ? 0x80 : 0x8;
  if (first !== identifier && second !== identifier) {
    return {
      first: splitNormal(format, first),
      second: splitNormal(format, second),
      illegal: false,
    };
  }
  const outlier = first === identifier ? second : first;
  const magnitude = outlier % identifier;
  if (magnitude === 0) return { first: zero, second: zero, illegal: true };
  const { value, illegal } = splitMagnitude(format, magnitude);
  const signed = outlier > identifier ? { ...value, integer: -value.integer } : value;
  return first === identifier
    ? { first: zero, second: signed, illegal }
    : { first: signed, second: zero, illegal };
}

function splitNormal({ bits, flint }: SplitFormat, code: number): SplitValue {
  if (bits === 8) return { exponent: 0, integer: code < 128 ? code : code - 256 };
  if (!flint) return { exponent: 0, integer: code < 8 ? code : code - 16 };
  const { exponent, integer } = flint4Splits[code & 7]!;
  return { exponent, integer: code < 8 ? integer : 0 - integer };
}

/** The magnitude of an outlier; its code is not 0. */
function splitMagnitude(
  { bits, bias }: SplitFormat,
  code: number,
): { readonly value: SplitValue; readonly illegal: boolean } {
  if (bits === 4) {
    return {
      value: { exponent: (bias + (code >>> 1)) % exponents, integer: 2 + (code & 1) },
      illegal: false,
    };
  }
  const exponent = bias + (code >>> 3);
  const integer = leastInteger + (code & 7);
  if (integer * 2 ** exponent > leastInteger * 2 ** mostExponent) {
    return { value: { exponent: mostExponent, integer: leastInteger }, illegal: true };
  }
  return { value: { exponent, integer }, illegal: false };
}

/**
 * The pair decoder as docs/olive.md specifies it: combinational, so that a job takes a cycle for each pair.
 *
 * @throws Error for a job that does not follow the protocol
 */
export function goldenDecoder(
  p: DecoderParameters,
  job: Job,
  blobs: ReadonlyMap<string, Uint8Array>,
): Outcome {
  checkStreams(job, ['pairs'], 'values');
  const { left } = setupOf(job, [leftTypeAddress, leftBiasAddress]);
  const [first, second, last] = inputColumns(job, 'pairs', codeBeats(p), blobs);
  checkExpected(job, 'values', last!.length);
  const format: SplitFormat = { bits: p.bits === 8 ? 8 : 4, ...left };
  const split = Array.from(first!, (code, i) => splitPair(format, code, second![i]!));
  return {
    outputs: {
      values: packBeats(decodedBeats(p).widths, [
        split.map((pair) => pair.first.exponent),
        split.map((pair) => pair.first.integer),
        split.map((pair) => pair.second.exponent),
        split.map((pair) => pair.second.integer),
        split.map((pair) => (pair.illegal ? 1 : 0)),
        last!,
      ]),
    },
    cycles: last!.length,
    counters: {},
  };
}
