import type { IntegerMatrix } from './matrix.ts';

/** Integers with as many bits as their row, or their column, has. */
export interface PreciseMatrix extends IntegerMatrix {
  /** One per row; 0 for a row that does not take part. All alike unless given. */
  readonly rowBits?: Uint8Array | undefined;
  /** One per column, likewise; on the right side of a product: one per index of the sums. */
  readonly columnBits?: Uint8Array | undefined;
}

/** left right^T: [n x k] times [m x k]. */
export interface IntegerProduct {
  readonly left: PreciseMatrix;
  readonly right: PreciseMatrix;
  /** Whether values of the left side may be negative; those of the right one may. */
  readonly leftSigned: boolean;
}

/**
 * Where integer products are computed: [n x m] exact sums, row by row, wrapped to 32 bits, and the clock cycles where
 * there is a clock. What stands in rows and columns that do not take part does not matter.
 */
export type IntegerProducts = (
  product: IntegerProduct,
) => Promise<{ readonly sums: Int32Array; readonly cycles?: number }>;
