import type { Job } from '../../testbench/job.ts';
import { noStalls } from '../../testbench/job.ts';
import type { NormalType } from './format/number-types.ts';
import { normalTypes } from './format/number-types.ts';
import {
  columnsAddress,
  eightBitMode,
  flint4Type,
  fourBitMode,
  int4Type,
  leftBiasAddress,
  leftTypeAddress,
  modeAddress,
  rightBiasAddress,
  rightTypeAddress,
  rowsAddress,
} from './params.ts';
import type { ArrayParameters } from './params.ts';

/** Cycles that a job may take for each cycle it needs, so that heavy stalls still end. */
const stallAllowance = 64;

/** Rows and columns in use, in values of the mode. */
export interface Shape {
  readonly rows: number;
  readonly columns: number;
}

/** What the codes of both sides mean. */
export interface Formats {
  readonly left: SideFormat;
  readonly right: SideFormat;
}

/** What the codes of one side mean; both sides have codes of as many bits. */
export interface SideFormat {
  readonly type: NormalType;
  readonly bias: number;
}

/** A normal type with its usual bias. */
export const sideFormat = (type: NormalType): SideFormat => ({
  type,
  bias: normalTypes[type].bias,
});

/** Setup of the mode, and of types and biases of both sides: what the array and the tensor core share. */
export function formatWrites({ left, right }: Formats): Job['writes'] {
  const typeOf = ({ type }: SideFormat): number => (type === 'flint4' ? flint4Type : int4Type);
  return [
    [modeAddress, normalTypes[left.type].bits === 8 ? eightBitMode : fourBitMode],
    [leftTypeAddress, typeOf(left)],
    [rightTypeAddress, typeOf(right)],
    [leftBiasAddress, left.bias],
    [rightBiasAddress, right.bias],
  ];
}

/** Lanes that hold values: all, or every second one in 8-bit mode. */
export const lanesOf = (elements: number, type: NormalType): number =>
  normalTypes[type].bits === 8 ? elements / 2 : elements;

/** Operands of tiles of one shape, as the array takes them. */
export interface ArrayOperands {
  readonly left: Uint8Array;
  readonly right: Uint8Array;
  readonly tiles: number;
  /** Beats of all tiles. */
  readonly beats: number;
}

/** A job that computes these tiles. */
export function arrayJob(
  p: ArrayParameters,
  formats: Formats,
  { rows, columns }: Shape,
  { left, right, tiles, beats }: ArrayOperands,
): Job {
  const results = tiles * rows;
  return {
    writes: [...formatWrites(formats), [rowsAddress, rows], [columnsAddress, columns]],
    inputs: { left, right },
    expect: { results },
    stalls: noStalls,
    // A row of 8-bit results takes two cycles to leave, and each tile the way through the array.
    maxCycles: stallAllowance * (2 * beats + 2 * results + (tiles + 1) * (p.rows + p.columns) + 64),
  };
}
