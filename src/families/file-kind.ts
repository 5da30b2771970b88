/** What a file of quantized matrices, or a folder of them, holds: what `systole inspect` shows. */
export interface FileDescription {
  /** Such as `GOBO model, version 1`. */
  readonly format: string;
  readonly bytes: number;
  readonly matrices: readonly MatrixDescription[];
  /** Tensors beside the matrices that stayed in floating point. */
  readonly rest?: { readonly parameters: number; readonly bytes: number };
}

export interface MatrixDescription {
  /** As in the file; undefined where the file holds a single matrix without a name. */
  readonly name?: string;
  /** [rows, columns] */
  readonly shape: readonly [number, number];
  /** Bits of a weight's code. */
  readonly bits: number;
  /** Type of the values kept, such as f32, where the format has several. */
  readonly valueType?: string;
  /** Weights that are values of their own, where the format has them. */
  readonly outliers?: number;
  /** Bits in the file for everything, per weight. */
  readonly bitsPerWeight: number;
  /** What codes stand for, where the method has a table of it. */
  readonly dictionary?: readonly number[];
  /** Bytes by what they hold, and `total`. */
  readonly bytes: Readonly<Record<string, number>>;
  /** What is wrong with the matrix and where; undefined where all checksums are right. */
  readonly damage?: string;
}

/** A kind of file that a family writes. */
export interface FileKind {
  /** As messages call it. */
  readonly name: string;
  /** Whether a file of this kind can begin with these bytes. */
  matches(bytes: Uint8Array): boolean;
  /**
   * @param place what messages call the file
   * @throws InputError where not even the beginning can be trusted
   */
  describe(bytes: Uint8Array, place: string): FileDescription;
}
