/** A row of the table of a number format. */
export interface NumberRow {
  /** One for each column. */
  readonly numbers: readonly number[];
  /** Whether an encoder gives these codes. */
  readonly legal: boolean;
}

/** A number format of a family as a table of all its codes: what `systole table` prints. */
export interface NumberFormat {
  /** As on the command line: `ovp-int4`. */
  readonly name: string;
  /** For help texts. */
  readonly summary: string;
  /** Codes first, then values. */
  readonly columns: readonly string[];
  /** The usual bias of exponents. */
  readonly bias: number;
  /**
   * Every code, in order.
   *
   * @param bias of exponents, the usual one unless given
   * @throws InputError for a bias that the format does not have
   */
  rows(bias?: number): readonly NumberRow[];
}
