import { InputError } from '../../../numeric/index.ts';
import { checksumBytes, headerBytes, isMatrixFile, readHeader, readMatrix } from './matrix-file.ts';
import { normalTypes } from './number-types.ts';
import { ovpCode, rowBytes } from './ovp-code.ts';

/** A packed matrix in the words of the report. */
interface Description {
  readonly shape: readonly [number, number];
  readonly bits: number;
  readonly valueType: string;
  readonly outliers?: number;
  readonly bitsPerWeight: number;
  readonly bytes: Readonly<Record<string, number>> & { readonly total: number };
  readonly damage?: string;
}

/** A packed matrix as `systole inspect` shows it; one with a damaged body is described from its header. */
export const matrixKind = {
  name: 'an OliVe matrix',
  matches: isMatrixFile,
  describe: (bytes: Uint8Array, place: string) => ({
    format: 'OliVe matrix, version 1',
    bytes: bytes.length,
    matrices: [describeMatrix(bytes, place)],
  }),
};

function describeMatrix(bytes: Uint8Array, place: string): Description {
  const header = readHeader(bytes, place);
  const { rows, columns, type } = header;
  const { bits, identifier } = ovpCode(header);
  let found: { readonly outliers: number } | { readonly damage: string };
  try {
    const { pairs } = readMatrix(bytes, place);
    found = { outliers: identifiers(pairs, bits, identifier) };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    found = { damage: error.message };
  }
  return {
    shape: [rows, columns],
    bits: normalTypes[type].bits,
    valueType: type,
    ...found,
    bitsPerWeight: (8 * bytes.length) / (rows * columns),
    bytes: {
      header: headerBytes,
      scales: 4 * rows,
      pairs: rows * rowBytes({ bits }, columns),
      checksum: checksumBytes,
      total: bytes.length,
    },
  };
}

/** As many as there are outliers: each stands beside one. */
function identifiers(pairs: Uint8Array, bits: 4 | 8, identifier: number): number {
  let count = 0;
  for (const byte of pairs) {
    if (bits === 8) count += byte === identifier ? 1 : 0;
    else count += (byte & 15) === identifier || byte >>> 4 === identifier ? 1 : 0;
  }
  return count;
}
