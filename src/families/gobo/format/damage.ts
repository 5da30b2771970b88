import { InputError } from '../../../numeric/index.ts';

const remedy = 'copy the file again, or write it anew with `systole quantize`';

/** The error for bytes that are there and wrong; `offset` counts from the start of the file. */
export function damaged(place: string, offset: number, reason: string): InputError {
  return new InputError(`${place} is damaged at byte ${offset}: ${reason}; ${remedy}.`);
}

/** The error for a file that stops at byte `offset`, within a part that reaches to byte `end`. */
export function truncated(place: string, offset: number, what: string, end: number): InputError {
  return new InputError(
    `${place} is truncated: it ends at byte ${offset}, but ${what} reaches to byte ${end}; ${remedy}.`,
  );
}

/** A checksum as it is printed. */
export function hex(checksum: number): string {
  return `0x${checksum.toString(16).padStart(8, '0')}`;
}
