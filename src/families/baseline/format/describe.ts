import { InputError } from '../../../numeric/index.ts';
import { fileParts, hasMagic, readHeader, readMatrix } from './matrix-file.ts';

/** What is wrong with a file behind its header; undefined where it is intact. */
function damageOf(bytes: Uint8Array, place: string): string | undefined {
  try {
    readMatrix(bytes, place);
    return undefined;
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return error.message;
  }
}

function describe(bytes: Uint8Array, place: string) {
  const header = readHeader(bytes, place);
  const damage = damageOf(bytes, place);
  const { rows, columns, weightBits } = header;
  const parts = fileParts(header);
  const total = bytes.length;
  return {
    format: 'baseline matrix, version 1',
    bytes: total,
    matrices: [
      {
        shape: [rows, columns] as const,
        bits: weightBits,
        bitsPerWeight: (8 * total) / (rows * columns),
        // How much of a damaged file is codes is not known.
        bytes: damage === undefined ? parts : { header: parts['header']!, total },
        ...(damage === undefined ? {} : { damage }),
      },
    ],
  };
}

/** A matrix that the method `baseline` packed. */
export const matrixKind = { name: 'a baseline matrix', matches: hasMagic, describe };
