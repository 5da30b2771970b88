/** Widest field a float64 holds exactly. */
const maxWidth = 53;

function requireWidth(width: number): void {
  if (!Number.isInteger(width) || width < 1 || width > maxWidth) {
    throw new RangeError(`a bit field has 1 to ${maxWidth} bits, not ${width}`);
  }
}

/** The field's bits as a non-negative integer; negative values become two's complement. */
function fieldOf(value: number, width: number): number {
  const span = 2 ** width;
  if (!Number.isInteger(value) || value < -span / 2 || value >= span) {
    throw new RangeError(`${value} does not fit a field of ${width} bits`);
  }
  return value < 0 ? value + span : value;
}

function requireRoom(bytes: Uint8Array, offset: number, width: number): void {
  if (!Number.isInteger(offset) || offset < 0 || offset + width > bytes.length * 8) {
    throw new RangeError(
      `bits ${offset} .. ${offset + width - 1} lie outside ${bytes.length} bytes`,
    );
  }
}

/** Ors `width` <= 32 bits in at a bit offset. */
function orWord(bytes: Uint8Array, offset: number, width: number, value: number): void {
  let at = Math.floor(offset / 8);
  const shift = offset % 8;
  bytes[at]! |= (value << shift) & 0xff;
  for (let done = 8 - shift; done < width; done += 8) bytes[++at]! |= (value >>> done) & 0xff;
}

/** `width` <= 32 bits from a bit offset. */
function word(bytes: Uint8Array, offset: number, width: number): number {
  let at = Math.floor(offset / 8);
  const shift = offset % 8;
  let value = bytes[at]! >>> shift;
  for (let done = 8 - shift; done < width; done += 8) value |= bytes[++at]! << done;
  return width === 32 ? value >>> 0 : value & ((1 << width) - 1);
}

/**
 * Writes one field of a little-endian bit vector: bit i of the vector is bit i % 8 of byte floor(i / 8).
 *
 * @param bytes the vector; the field's bits must be 0 before
 * @param offset bit position of the field's lowest bit
 * @param width 1 .. 53
 * @param value an integer in -2^(width-1) .. 2^width - 1; negative ones in two's complement
 * @throws RangeError if the value does not fit the field or the field does not fit the vector
 */
export function writeBits(bytes: Uint8Array, offset: number, width: number, value: number): void {
  requireWidth(width);
  requireRoom(bytes, offset, width);
  const field = fieldOf(value, width);
  orWord(bytes, offset, Math.min(width, 32), field % 2 ** 32);
  if (width > 32) orWord(bytes, offset + 32, width - 32, Math.floor(field / 2 ** 32));
}

/** Reads one unsigned field that `writeBits` wrote; the same offsets, widths and errors. */
export function readBits(bytes: Uint8Array, offset: number, width: number): number {
  requireWidth(width);
  requireRoom(bytes, offset, width);
  const low = word(bytes, offset, Math.min(width, 32));
  return width > 32 ? low + word(bytes, offset + 32, width - 32) * 2 ** 32 : low;
}

/** Reads one two's complement field that `writeBits` wrote; the same offsets, widths and errors. */
export function readSignedBits(bytes: Uint8Array, offset: number, width: number): number {
  const field = readBits(bytes, offset, width);
  return field >= 2 ** (width - 1) ? field - 2 ** width : field;
}

/**
 * Packs fields of one width without gaps, the first in the lowest bits of the first byte.
 *
 * @param values integers in -2^(width-1) .. 2^width - 1; negative ones in two's complement
 * @param width 1 .. 53
 * @returns ceil(values.length * width / 8) bytes; the unused top bits of the last byte are 0
 * @throws RangeError if a value does not fit
 */
export function packBits(values: ArrayLike<number>, width: number): Uint8Array {
  requireWidth(width);
  const bytes = new Uint8Array(Math.ceil((values.length * width) / 8));
  if (width > 24) {
    for (let i = 0; i < values.length; i++) writeBits(bytes, i * width, width, values[i]!);
    return bytes;
  }
  // Up to 24 bits a 32-bit accumulator holds the field and what is left of the byte before it.
  let pending = 0;
  let pendingBits = 0;
  let at = 0;
  const span = 2 ** width;
  const least = -span / 2;
  const mask = span - 1;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if ((value | 0) !== value || value < least || value >= span) fieldOf(value, width);
    pending |= (value & mask) << pendingBits;
    pendingBits += width;
    while (pendingBits >= 8) {
      bytes[at++] = pending;
      pending >>>= 8;
      pendingBits -= 8;
    }
  }
  if (pendingBits > 0) bytes[at] = pending;
  return bytes;
}

/**
 * Unpacks what `packBits` packed.
 *
 * @param count number of fields
 * @param signed read the fields as two's complement
 * @throws RangeError if `bytes` holds fewer than `count` fields
 */
export function unpackBits(
  bytes: Uint8Array,
  width: number,
  count: number,
  signed = false,
): Float64Array {
  requireWidth(width);
  if (count > 0) requireRoom(bytes, 0, count * width);
  const values = new Float64Array(count);
  const sign = signed ? 2 ** (width - 1) : Infinity;
  const span = 2 ** width;
  if (width > 24) {
    for (let i = 0; i < count; i++) {
      const field = readBits(bytes, i * width, width);
      values[i] = field >= sign ? field - span : field;
    }
    return values;
  }
  const mask = span - 1;
  let pending = 0;
  let pendingBits = 0;
  let at = 0;
  for (let i = 0; i < count; i++) {
    while (pendingBits < width) {
      pending |= bytes[at++]! << pendingBits;
      pendingBits += 8;
    }
    const field = pending & mask;
    pending >>>= width;
    pendingBits -= width;
    values[i] = field >= sign ? field - span : field;
  }
  return values;
}
