import { InputError } from '../../numeric/index.ts';
import type { Matrix } from '../../tensor/index.ts';

/** @throws InputError for a matrix without weights and for weights that are not finite */
export function requireWeights({ rows, columns, data }: Matrix, name: string): void {
  if (data.length === 0) {
    throw new InputError(`${name} has no weights (${rows} x ${columns}); leave it out.`);
  }
  const bad = data.findIndex((weight) => !Number.isFinite(weight));
  if (bad >= 0) {
    throw new InputError(
      `${name}: the weight in row ${Math.floor(bad / columns)}, column ${bad % columns} is ${data[bad]}, allowed are finite values; the checkpoint is damaged or its training diverged.`,
    );
  }
}

/** The error figures of a `MatrixReport`, over all weights. */
export function errorFigures(
  original: Matrix,
  dequantized: Matrix,
): { readonly mse: number; readonly l1: number } {
  let squares = 0;
  let l1 = 0;
  for (let i = 0; i < original.data.length; i++) {
    const error = original.data[i]! - dequantized.data[i]!;
    squares += error * error;
    l1 += Math.abs(error);
  }
  return { mse: squares / original.data.length, l1 };
}
