import { halfToNumber, numberToHalf } from '../../../numeric/index.ts';
import type { ValueType } from './quantized-matrix.ts';

/** Bytes of one value. */
export const valueBytes = { f32: 4, f16: 2 } as const satisfies Readonly<Record<ValueType, number>>;

/** Reads the little-endian value at a byte. */
export function getValue(view: DataView, at: number, type: ValueType): number {
  return type === 'f16' ? halfToNumber(view.getUint16(at, true)) : view.getFloat32(at, true);
}

/**
 * Writes a little-endian value.
 *
 * @throws RangeError for a value that `type` does not represent exactly, and for one that is not finite
 */
export function setValue(view: DataView, at: number, type: ValueType, value: number): void {
  if (type === 'f16') view.setUint16(at, numberToHalf(value), true);
  else view.setFloat32(at, value, true);
  if (!Number.isFinite(value) || !Object.is(getValue(view, at, type), value)) {
    throw new RangeError(`${value} is not a finite ${type} value`);
  }
}
