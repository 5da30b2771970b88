import { InputError } from '../../../numeric/index.ts';
import { abfloatMagnitude, largestOutlier, normalTypes, normalValue } from './number-types.ts';
import type { NormalType, OutlierType } from './number-types.ts';

/** Which outlier-victim pairs are meant. */
export interface OvpFormat {
  readonly type: NormalType;
  readonly outliers: OutlierType;
  /** Of the outliers' exponents. */
  readonly bias: number;
}

/** A format as tables; all values are in units of the scale. */
export interface OvpCode extends OvpFormat {
  readonly bits: 4 | 8;
  readonly identifier: number;
  /** Largest normal value. */
  readonly largest: number;
  /** Normal value by code; 0 for the identifier. */
  readonly normals: Int32Array;
  /** Outlier by code, those of 8 bits limited to +-`largestOutlier`; 0 where the magnitude code is 0. */
  readonly outlierValues: Int32Array;
  /** Largest magnitude code of an outlier that the encoder gives. */
  readonly topCode: number;
  /** From so many half units on a value is an outlier: the midpoint of the largest normal and the smallest outlier. */
  readonly threshold: number;
  /** Largest number of half units told apart; larger ones count as this. */
  readonly mostHalves: number;
  /** The nearest magnitude, normal below `threshold` and outlier from there on, by half units. */
  readonly nearest: Uint16Array;
  /** Code by value + `largest` and by outlier magnitude, for packing. */
  readonly normalCodes: Uint8Array;
  readonly outlierCodes: ReadonlyMap<number, number>;
}

/** Bits of a magnitude in half units, in which the encoder decides. */
export const halfBits = { 4: 9, 8: 18 } as const;

/** Largest bias with which the smallest outlier still has a meaning. */
export const mostBias = { 4: 12, 8: 11 } as const;

/** The usual format of a normal type. */
export function usualFormat(type: NormalType): OvpFormat {
  const { bias, outliers } = normalTypes[type];
  return { type, outliers, bias };
}

const made = new Map<string, OvpCode>();

/**
 * The tables of a format; made once for each.
 *
 * @throws InputError for a bias out of range
 */
export function ovpCode(format: OvpFormat): OvpCode {
  const { type, outliers, bias } = format;
  const key = `${type} ${outliers} ${bias}`;
  const found = made.get(key) ?? makeCode(format);
  made.set(key, found);
  return found;
}

function makeCode({ type, outliers, bias }: OvpFormat): OvpCode {
  const { bits, identifier, largest } = normalTypes[type];
  if (!Number.isInteger(bias) || bias < 0 || bias > mostBias[bits]) {
    throw new InputError(
      `The bias of the outliers beside ${type} is ${bias}, allowed are whole numbers from 0 to ${mostBias[bits]}; the usual one is ${normalTypes[type].bias}.`,
    );
  }
  const codes = Array.from({ length: 2 ** bits }, (_, code) => code);
  const normals = Int32Array.from(codes, (code) => normalValue(type, code) || 0);
  const magnitudes = codes
    .slice(0, identifier)
    .map((code) => abfloatMagnitude(outliers, bias, code));
  const limit = bits === 8 ? largestOutlier : Infinity;
  const outlierValues = Int32Array.from(codes, (code) => {
    const magnitude = Math.min(magnitudes[code % identifier]!, limit);
    return code < identifier ? magnitude : -magnitude;
  });
  const topCode = magnitudes.findLastIndex((magnitude) => magnitude <= limit);
  const threshold = largest + magnitudes[1]!;
  const mostHalves = 2 ** halfBits[bits] - 1;
  const normalCodes = new Uint8Array(2 * largest + 1);
  codes.forEach((code) => {
    if (code !== identifier) normalCodes[normals[code]! + largest] = code;
  });
  return {
    ...{ type, outliers, bias, bits, identifier, largest, normals, outlierValues },
    ...{ topCode, threshold, mostHalves },
    nearest: nearestMagnitudes(
      [...normals].filter((value) => value > 0),
      magnitudes.slice(1, topCode + 1),
      threshold,
      mostHalves,
    ),
    normalCodes,
    outlierCodes: new Map(magnitudes.slice(0, topCode + 1).map((value, code) => [value, code])),
  };
}

/** Nearest of 0 and the normals below the threshold, nearest of the outliers from it on; halves go up. */
function nearestMagnitudes(
  normals: readonly number[],
  outliers: readonly number[],
  threshold: number,
  mostHalves: number,
): Uint16Array {
  const table = new Uint16Array(mostHalves + 1);
  const fill = (levels: readonly number[], begin: number, end: number): void => {
    let level = 0;
    for (let half = begin; half < end; half++) {
      while (level + 1 < levels.length && levels[level]! + levels[level + 1]! <= half) level++;
      table[half] = levels[level]!;
    }
  };
  const first = Math.min(threshold, mostHalves + 1);
  fill([0, ...normals.toSorted((a, b) => a - b)], 0, first);
  fill(outliers, first, mostHalves + 1);
  return table;
}

/** The two values of a pair. */
export type PairValues = readonly [first: number, second: number];

/**
 * The values of two codes, the first in the lower address. Pairs that the encoder never gives are illegal: two
 * identifiers, an identifier beside an outlier of magnitude 0, both (0, 0); and an outlier of 8 bits above
 * `largestOutlier`, which counts as that.
 */
export function decodePair(
  code: OvpCode,
  first: number,
  second: number,
): { readonly values: PairValues; readonly legal: boolean } {
  const { identifier, normals, outlierValues, topCode } = code;
  if (first !== identifier && second !== identifier) {
    return { values: [normals[first]!, normals[second]!], legal: true };
  }
  const outlier = first === identifier ? second : first;
  const magnitude = outlier % identifier;
  const value = outlierValues[outlier]!;
  return {
    values: first === identifier ? [0, value] : [value, 0],
    legal: magnitude > 0 && magnitude <= topCode,
  };
}

/**
 * The codes of two values that `decodePair` can give for a legal pair.
 *
 * @throws RangeError for values that no legal pair has
 */
export function encodePair(
  code: OvpCode,
  first: number,
  second: number,
): readonly [first: number, second: number] {
  const a = normalCode(code, first);
  const b = normalCode(code, second);
  if (a >= 0 && b >= 0) return [a, b];
  if (first === 0) return [code.identifier, outlierCode(code, second)];
  if (second === 0) return [outlierCode(code, first), code.identifier];
  throw new RangeError(`(${first}, ${second}) are the values of no pair of ${code.type}`);
}

/** The code of a normal value, -1 for any other. */
function normalCode({ largest, normalCodes, normals }: OvpCode, value: number): number {
  if (value < -largest || value > largest) return -1;
  const found = normalCodes[value + largest]!;
  return normals[found] === value ? found : -1;
}

function outlierCode({ outlierCodes, identifier, type }: OvpCode, value: number): number {
  const magnitude = outlierCodes.get(Math.abs(value));
  if (magnitude === undefined) throw new RangeError(`${value} is no outlier beside ${type}`);
  return value < 0 ? magnitude + identifier : magnitude;
}

/** Bytes of a pair: 1 with codes of 4 bits, the first in the low half; 2 with codes of 8 bits, the first at first. */
export const pairBytes = ({ bits }: Pick<OvpCode, 'bits'>): number => bits / 4;

/** Bytes of a row: each is filled up to whole pairs with a 0. */
export const rowBytes = (code: Pick<OvpCode, 'bits'>, columns: number): number =>
  Math.ceil(columns / 2) * pairBytes(code);

/**
 * Packs quantized values row by row.
 *
 * @param values [rows x columns] that the quantizer gave
 * @throws RangeError for values that are not those of legal pairs
 */
export function packPairs(
  code: OvpCode,
  values: ArrayLike<number>,
  rows: number,
  columns: number,
): Uint8Array {
  const stride = rowBytes(code, columns);
  const bytes = new Uint8Array(rows * stride);
  for (let row = 0; row < rows; row++) {
    let at = row * stride;
    const end = (row + 1) * columns;
    for (let i = row * columns; i < end; i += 2) {
      const [first, second] = encodePair(code, values[i]!, i + 1 < end ? values[i + 1]! : 0);
      if (code.bits === 4) bytes[at++] = first | (second << 4);
      else {
        bytes[at++] = first;
        bytes[at++] = second;
      }
    }
  }
  return bytes;
}

/** What packed pairs stand for. */
export interface UnpackedPairs {
  /** [rows x columns], row-major */
  readonly values: Int32Array;
  /** Pairs that no encoder gives, by row and pair of the row. */
  readonly illegal: readonly { readonly row: number; readonly pair: number }[];
}

/** Unpacks what `packPairs` packed; a pad that is not 0 is illegal, too. */
export function unpackPairs(
  code: OvpCode,
  bytes: Uint8Array,
  rows: number,
  columns: number,
): UnpackedPairs {
  const values = new Int32Array(rows * columns);
  const illegal: { row: number; pair: number }[] = [];
  const pairs = Math.ceil(columns / 2);
  let at = 0;
  for (let row = 0; row < rows; row++) {
    for (let pair = 0; pair < pairs; pair++) {
      const low = bytes[at++]!;
      const { values: decoded, legal } =
        code.bits === 4
          ? decodePair(code, low & 15, low >>> 4)
          : decodePair(code, low, bytes[at++]!);
      const i = row * columns + 2 * pair;
      const padded = 2 * pair + 1 === columns;
      values[i] = decoded[0];
      if (!padded) values[i + 1] = decoded[1];
      if (!legal || (padded && decoded[1] !== 0)) illegal.push({ row, pair });
    }
  }
  return { values, illegal };
}
