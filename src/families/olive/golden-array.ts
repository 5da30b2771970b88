import { packBeats } from '../../testbench/beats.ts';
import type { Column } from '../../testbench/beats.ts';
import {
  checkExpected,
  checkStreams,
  dotStarts,
  inputColumns,
} from '../../testbench/golden-input.ts';
import type { Job, Outcome } from '../../testbench/job.ts';
import { leftBeats, resultBeats, rightBeats } from './format/streams.ts';
import { splitPair } from './golden-decoder.ts';
import type { SplitFormat } from './golden-decoder.ts';
import { setupOf } from './golden-setup.ts';
import type { Setup } from './golden-setup.ts';
import {
  columnsAddress,
  illegalBits,
  leftBiasAddress,
  leftTypeAddress,
  modeAddress,
  rightBiasAddress,
  rightTypeAddress,
  rowsAddress,
} from './params.ts';
import type { ArrayParameters } from './params.ts';

/** Setup addresses of the array. */
export const arrayAddresses = [
  modeAddress,
  leftTypeAddress,
  rightTypeAddress,
  leftBiasAddress,
  rightBiasAddress,
  rowsAddress,
  columnsAddress,
];

/** The count of illegal pairs of a tile ends here. */
export const mostIllegal = 2 ** illegalBits - 1;

/** Values of one side, and how many pairs of each beat are illegal. */
interface Side {
  /** By lane, two values for each beat. */
  readonly lanes: readonly Float64Array[];
  /** By beat. */
  readonly illegal: Uint16Array;
}

/** Every value that a pair of codes can have, decoded when it first comes. */
function pairDecoder(
  format: SplitFormat,
): (low: number, high: number) => readonly [number, number, illegal: number] {
  const known = new Map<number, readonly [number, number, number]>();
  return (first, second) => {
    const key = first * 256 + second;
    const found = known.get(key);
    if (found) return found;
    const pair = splitPair(format, first, second);
    const value = ({ integer, exponent }: typeof pair.first): number => integer * 2 ** exponent;
    const made = [value(pair.first), value(pair.second), pair.illegal ? 1 : 0] as const;
    known.set(key, made);
    return made;
  };
}

/** Lane i has the bytes of element i in 4-bit mode, and of elements 2i and 2i + 1 in 8-bit mode. */
export function decodeLanes(
  format: SplitFormat,
  bytes: readonly ArrayLike<number>[],
  lanes: number,
  beats: number,
): Side {
  const decode = pairDecoder(format);
  const illegal = new Uint16Array(beats);
  return {
    illegal,
    lanes: Array.from({ length: lanes }, (_, lane) => {
      const low = bytes[format.bits === 8 ? 2 * lane : lane]!;
      const high = format.bits === 8 ? bytes[2 * lane + 1]! : undefined;
      const values = new Float64Array(2 * beats);
      for (let beat = 0; beat < beats; beat++) {
        const byte = low[beat]!;
        const pair = high ? decode(byte, high[beat]!) : decode(byte & 15, byte >>> 4);
        values[2 * beat] = pair[0];
        values[2 * beat + 1] = pair[1];
        illegal[beat]! += pair[2];
      }
      return values;
    }),
  };
}

/**
 * The array as docs/olive.md specifies it: every sum with its overflow flag, the illegal pairs, and the cycles without
 * outside stalls. A job stands for itself: what it does not write is as after reset.
 *
 * @throws Error for a job that does not follow the protocol
 */
export function goldenArray(
  p: ArrayParameters,
  job: Job,
  blobs: ReadonlyMap<string, Uint8Array>,
): Outcome {
  checkStreams(job, ['left', 'right'], 'results');
  const { bits, rows, columns, left, right } = arraySetup(p, job, arrayAddresses);
  const leftBytes = inputColumns(job, 'left', leftBeats(p), blobs);
  const rightColumns = inputColumns(job, 'right', rightBeats(p), blobs);
  const last: Column = rightColumns[p.columns]!;
  const beats = last.length;
  if (leftBytes[0]!.length !== beats) {
    throw new Error(
      `The job has ${beats} beats of right operands but ${leftBytes[0]!.length} of left ones; every pair needs one of each.`,
    );
  }
  const starts = dotStarts(last, Infinity, 'right');
  const tiles = starts.length - 1;
  checkExpected(job, 'results', tiles * rows);
  const leftSide = decodeLanes({ bits, ...left }, leftBytes, rows, beats);
  const rightSide = decodeLanes({ bits, ...right }, rightColumns, columns, beats);

  const sums = Array.from({ length: p.columns }, () => new Int32Array(tiles * rows));
  const overflows = Array.from({ length: p.columns }, () => new Uint8Array(tiles * rows));
  const illegal = new Uint16Array(tiles * rows);
  const lastRow = new Uint8Array(tiles * rows);
  for (let tile = 0, beat = 0; tile < tiles; tile++) {
    const begin = starts[tile]!;
    const end = starts[tile + 1]!;
    let count = 0;
    for (let k = begin; k < end; k++) count += leftSide.illegal[k]! + rightSide.illegal[k]!;
    for (let row = 0; row < rows; row++, beat++) {
      illegal[beat] = Math.min(count, mostIllegal);
      for (let column = 0; column < columns; column++) {
        const flag = dot(
          leftSide.lanes[row]!.subarray(2 * begin, 2 * end),
          rightSide.lanes[column]!.subarray(2 * begin, 2 * end),
          sums[column]!,
          beat,
        );
        overflows[column]![beat] = flag;
      }
    }
    lastRow[beat - 1] = 1;
  }
  return {
    outputs: {
      results: packBeats(resultBeats(p).widths, [...sums, ...overflows, illegal, lastRow]),
    },
    cycles: arrayCycles(
      p,
      bits,
      starts.slice(1).map((end, tile) => end - starts[tile]!),
      rows,
    ),
    counters: {},
  };
}

/** Puts the wrapped sum of products in place; 1 if it left 32 bits on the way. */
export function dot(a: Float64Array, b: Float64Array, sums: Int32Array, place: number): number {
  let sum = 0;
  let overflow = 0;
  for (let k = 0; k < a.length; k++) {
    const exact = sum + a[k]! * b[k]!;
    sum = exact | 0;
    if (sum !== exact) overflow = 1;
  }
  sums[place] = sum;
  return overflow;
}

/**
 * First accepted operands to last accepted result, inclusive, without outside stalls.
 *
 * @param pairs of each tile, at least one
 * @param rows in use
 */
export function arrayCycles(
  p: Pick<ArrayParameters, 'rows' | 'columns'>,
  bits: 4 | 8,
  pairs: readonly number[],
  rows: number,
): number {
  const skew = p.rows / 2 + p.columns / 2;
  const leaving = bits === 8 ? 2 * rows - 1 : rows;
  const last = pairs.reduce(
    (time, count, tile) =>
      tile === 0 ? 2 * count - 1 : time + Math.max(2 * count, skew + leaving + 1),
    0,
  );
  return last + skew + leaving + 1;
}

/**
 * What a job leaves in a design with the array: rows and columns in use, as the mode has them.
 *
 * @throws Error as `setupOf` does, and for rows or columns that the array does not have
 */
export function arraySetup(
  p: Pick<ArrayParameters, 'rows' | 'columns'>,
  job: Job,
  addresses: readonly number[],
): Setup {
  const setup = setupOf(job, addresses);
  const inUse = (key: 'rows' | 'columns'): number => {
    const most = setup.bits === 8 ? p[key] / 2 : p[key];
    const count = setup[key] === 0 && setup.bits === 4 ? most : setup[key];
    if (count < 1 || count > most) {
      throw new Error(
        `The job has ${key} = ${count} in ${setup.bits}-bit mode, but the array has 1 to ${most} ${key}.`,
      );
    }
    return count;
  };
  return { ...setup, rows: inUse('rows'), columns: inUse('columns') };
}
