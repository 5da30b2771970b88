import type { Design, Parameters } from '../testbench/design.ts';
import type { Film, FilmRequest } from '../testbench/film.ts';
import type { AnyMethod } from '../transformer/index.ts';
import type { FileKind } from './file-kind.ts';
import type { NumberFormat } from './number-format.ts';

/** A line of the table that compares what designs cost, beside plain multiply-accumulate units. */
export interface CostRow {
  readonly label: string;
  /** Name of one of the designs of the family, or of the plain baseline to compare with. */
  readonly design: string;
  /** Parameters that differ from the defaults. */
  readonly parameters?: Readonly<Record<string, number>>;
  /**
   * Products that it accumulates per cycle, without stalls, in the long run; absent for a design that
   * accumulates none.
   */
  readonly productsPerCycle?: number;
  /** What must be known to read the line: work that is left to others, say. */
  readonly note?: string;
}

/** What `systole watch` plays. */
export interface FilmSource {
  /** Name of the design that it shows. */
  readonly design: string;
  /** Parameters that differ from the defaults of the design, so that single elements can be made out. */
  readonly parameters: Readonly<Record<string, number>>;
  /** Throws `InputError` for a request that makes no film. */
  film(p: Parameters, request: FilmRequest): Film;
}

/** One published idea: its folder holds number format, quantizer, golden models and RTL. */
export interface Family {
  readonly name: string;
  /** Authors, title, venue and year, identifier. */
  readonly paper: string;
  /** How it quantizes a model, where it says so. */
  readonly method?: AnyMethod;
  /** Kinds of files that it writes. */
  readonly files?: readonly FileKind[];
  /** Its number formats, where they have tables. */
  readonly formats?: readonly NumberFormat[];
  /** What can be generated; the first is what `--pe <family>` means. */
  readonly designs: readonly Design[];
  /** Further names of designs, beside their own and that of the family. */
  readonly shortNames?: Readonly<Record<string, string>>;
  /** What `systole cost --table <family>` measures. */
  readonly costs?: readonly CostRow[];
  /** An array whose cycles are worth a look. */
  readonly film?: FilmSource;
}
