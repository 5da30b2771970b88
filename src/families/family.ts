import type { Design } from '../testbench/design.ts';

/** One published idea: its folder holds number format, quantizer, golden models and RTL. */
export interface Family {
  readonly name: string;
  /** Authors, title, venue and year, identifier. */
  readonly paper: string;
  /** What can be generated; the first is what `--pe <family>` means. */
  readonly designs: readonly Design[];
}
