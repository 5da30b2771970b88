/** A quantized matrix whose values are codes of W bits; the number system says what they stand for. */
export interface CodedMatrix {
  readonly rows: number;
  readonly columns: number;
  /** Of an index. */
  readonly bits: number;
  readonly weightBits: number;
  /** K = 2^bits codes, in ascending order of their values. */
  readonly centroids: Int32Array;
  /** [rows x columns], row-major; 0 where an outlier is. */
  readonly indexes: Uint8Array;
  /** Row-major positions, ascending, and the codes there. */
  readonly outliers: { readonly positions: Uint32Array; readonly codes: Int32Array };
}
