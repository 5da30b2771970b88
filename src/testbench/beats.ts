/**
 * Beats as bytes: fields packed from bit 0 up, little-endian, in ceil(width / 8) bytes a beat.
 *
 * A field wider than 53 bits (a packed vector) is described as its elements, lowest first: what
 * counts is the list of widths, not how the stream names them.
 */

/** Widths of a beat's fields from bit 0 up; beside each stands whether it is signed. */
export interface BeatFormat {
  readonly widths: readonly number[];
  readonly signed: readonly boolean[];
}

/** Bytes of one beat of fields of these widths. */
export function beatBytes(widths: readonly number[]): number {
  return Math.ceil(widths.reduce((sum, width) => sum + width, 0) / 8);
}

/** The column `last` of a packet of `length` beats: 1 in its final beat. */
export function lastFlags(length: number): Uint8Array {
  const flags = new Uint8Array(length);
  flags[length - 1] = 1;
  return flags;
}

function checkWidths(widths: readonly number[]): void {
  for (const width of widths) {
    if (!Number.isInteger(width) || width < 1 || width > 53) {
      throw new Error(
        `A field of ${width} bits cannot be packed: split it into parts of 1 to 53 bits.`,
      );
    }
  }
}

/**
 * Packs columns of numbers, one column per field and one entry per beat.
 *
 * A value may be unsigned (0 .. 2^width - 1) or negative (down to -2^(width - 1), as two's
 * complement). Throws where a value does not fit or the columns have different lengths.
 */
export function packBeats(
  widths: readonly number[],
  columns: readonly ArrayLike<number>[],
): Uint8Array {
  checkWidths(widths);
  if (columns.length !== widths.length) {
    throw new Error(`${widths.length} field widths but ${columns.length} columns were given.`);
  }
  const beats = columns[0]?.length ?? 0;
  const stride = beatBytes(widths);
  const bytes = new Uint8Array(beats * stride);
  let offset = 0;
  widths.forEach((width, field) => {
    const column = columns[field]!;
    if (column.length !== beats) {
      throw new Error(`Column ${field} has ${column.length} beats, column 0 has ${beats}.`);
    }
    packField(bytes, stride, offset, width, column, field);
    offset += width;
  });
  return bytes;
}

function packField(
  bytes: Uint8Array,
  stride: number,
  offset: number,
  width: number,
  column: ArrayLike<number>,
  field: number,
): void {
  const least = -(2 ** (width - 1));
  const most = 2 ** width - 1;
  const shift = offset & 7;
  const count = Math.ceil((shift + width) / 8);
  const lowWidth = Math.min(width, 32);
  const lowMask = lowWidth === 32 ? -1 : (1 << lowWidth) - 1;
  const highMask = width > 32 ? 2 ** (width - 32) - 1 : 0;
  const beats = column.length;
  let at = offset >>> 3;
  for (let beat = 0; beat < beats; beat++, at += stride) {
    const value = column[beat]!;
    if (!(value >= least && value <= most && Math.floor(value) === value)) {
      throw new Error(
        `Value ${value} of beat ${beat} does not fit field ${field} (${width} bits).`,
      );
    }
    const low = value & lowMask;
    // Bits 0 .. 7 of the field go above the `shift` bits that lower fields have in this byte.
    bytes[at]! |= low << shift;
    if (count === 1) continue;
    const high = highMask === 0 ? 0 : Math.floor(value / 2 ** 32) & highMask;
    for (let i = 1; i < count; i++) {
      const from = 8 * i - shift;
      const part =
        from >= 32
          ? high >>> (from - 32)
          : from > 24
            ? (low >>> from) | (high << (32 - from))
            : low >>> from;
      bytes[at + i]! |= part & 255;
    }
  }
}

/** A column as the narrowest of the usual typed arrays that holds every value of the field. */
export type Column = Int32Array | Uint32Array | Float64Array;

/**
 * The columns of packed beats, one per field; `signed[i]` says whether field i is sign-extended
 * (default: no). Fields of up to 32 bits come as `Int32Array` (`Uint32Array` for unsigned ones of
 * 32 bits), wider ones as `Float64Array`. Throws where the bytes end within a beat.
 */
export function unpackBeats(
  widths: readonly number[],
  bytes: Uint8Array,
  signed: readonly boolean[] = [],
): Column[] {
  checkWidths(widths);
  const stride = beatBytes(widths);
  const beats = stride === 0 ? 0 : bytes.length / stride;
  if (!Number.isInteger(beats)) {
    throw new Error(`${bytes.length} bytes are not a whole number of beats of ${stride} bytes.`);
  }
  let offset = 0;
  return widths.map((width, field) => {
    const column = unpackField(bytes, stride, offset, width, signed[field] ?? false, beats);
    offset += width;
    return column;
  });
}

function unpackField(
  bytes: Uint8Array,
  stride: number,
  offset: number,
  width: number,
  signed: boolean,
  beats: number,
): Column {
  const column =
    width > 32
      ? new Float64Array(beats)
      : width === 32 && !signed
        ? new Uint32Array(beats)
        : new Int32Array(beats);
  const shift = offset & 7;
  const count = Math.ceil((shift + width) / 8);
  const unused = width > 32 ? 64 - width : 32 - width;
  let at = offset >>> 3;
  for (let beat = 0; beat < beats; beat++, at += stride) {
    let low = bytes[at]! >>> shift;
    let high = 0;
    for (let i = 1; i < count; i++) {
      const from = 8 * i - shift;
      const byte = bytes[at + i]!;
      if (from < 32) {
        low |= byte << from;
        if (from > 24) high |= byte >>> (32 - from);
      } else {
        high |= byte << (from - 32);
      }
    }
    if (width > 32) {
      const top = signed ? (high << unused) >> unused : (high << unused) >>> unused;
      column[beat] = top * 2 ** 32 + (low >>> 0);
    } else {
      column[beat] = signed ? (low << unused) >> unused : (low << unused) >>> unused;
    }
  }
  return column;
}
