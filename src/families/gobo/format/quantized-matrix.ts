/** Type of the values that stay: the dictionary's and the outliers'. */
export type ValueType = 'f32' | 'f16';

/** A matrix as a dictionary, an index per weight, and the few weights that stay as they are. */
export interface QuantizedMatrix {
  readonly rows: number;
  readonly columns: number;
  readonly bits: number;
  readonly valueType: ValueType;
  /** The dictionary: K = 2^bits values, ascending, each representable in `valueType`. */
  readonly centroids: Float32Array;
  /** [rows x columns], row-major, one index per byte; 0 where an outlier is. */
  readonly indexes: Uint8Array;
  /** `positions` are row-major (row x columns + column) and ascending. */
  readonly outliers: { readonly positions: Uint32Array; readonly values: Float32Array };
}
