import type { Design } from '../testbench/design.ts';
import type { AnyMethod } from '../transformer/index.ts';
import type { FileKind } from './file-kind.ts';

/** One published idea: its folder holds number format, quantizer, golden models and RTL. */
export interface Family {
  readonly name: string;
  /** Authors, title, venue and year, identifier. */
  readonly paper: string;
  /** How it quantizes a model, where it says so. */
  readonly method?: AnyMethod;
  /** Kinds of files that it writes. */
  readonly files?: readonly FileKind[];
  /** What can be generated; the first is what `--pe <family>` means. */
  readonly designs: readonly Design[];
}
