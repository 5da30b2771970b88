/** How the generate loops over an array refer to its elements. */
import type { Instance } from '../ir/index.ts';
import type { InstanceContext } from './instances.ts';
import type { Names } from './names.ts';
import { net } from './syntax.ts';
import type { Expression, Item, Range } from './syntax.ts';

export interface Loops {
  readonly rows: number;
  /** 1 in an array of one dimension. */
  readonly columns: number;
  /** The genvars; one dimension has no rows to loop over. */
  readonly row: string | undefined;
  readonly column: string;
  /** The localparam that holds the number of columns. */
  readonly columnsName: string;
}

export function loopsOf(
  context: InstanceContext,
  instance: Instance,
  limits: readonly string[],
): Loops {
  const [first, second] = instance.dimensions;
  return second === undefined
    ? {
        rows: first!,
        columns: 1,
        row: undefined,
        column: context.genvar('i'),
        columnsName: limits[0]!,
      }
    : {
        rows: first!,
        columns: second,
        row: context.genvar('row'),
        column: context.genvar('column'),
        columnsName: limits[1]!,
      };
}

/** The loops themselves; `limits` are the localparams that bound them. */
export function nest(
  names: Names,
  loops: Loops,
  limits: readonly string[],
  stem: string,
  perRow: readonly Item[],
  inner: readonly Item[],
): Item[] {
  const { row, column } = loops;
  const last = limits.at(-1)!;
  if (row === undefined) {
    return [
      { kind: 'for', genvar: column, limit: last, label: names.claim(`g_${stem}`), items: inner },
    ];
  }
  return [
    {
      kind: 'for',
      genvar: row,
      limit: limits[0]!,
      label: names.claim(`g_${stem}_row`),
      items: [
        ...perRow,
        { kind: 'for', genvar: column, limit: last, label: names.claim(`g_${stem}`), items: inner },
      ],
    },
  ];
}

/** Where the element of this iteration stands in a vector of all elements. */
export const position = (loops: Loops): string =>
  loops.row === undefined ? loops.column : `(${loops.columnsName}*${loops.row} + ${loops.column})`;

/** Part `at` of a packed vector of so many parts of `width` bits. */
export function part(
  name: string,
  width: number,
  parts: number,
  at: string,
  reads?: readonly Range[],
): Expression {
  // What has one part is no vector, and of one bit nothing can be selected.
  if (parts === 1) return net(name);
  return width === 1
    ? {
        kind: 'index',
        name,
        index: { kind: 'genvar', text: at.replace(/^\((.*)\)$/, '$1') },
        ...(reads === undefined ? {} : { reads }),
      }
    : slices(name, width, `${width}*${at}`, reads);
}

/** `width` bits of a net from the computed bit `from` on. */
export const slices = (
  name: string,
  width: number,
  from: string,
  reads?: readonly Range[],
): Expression => ({
  kind: 'part',
  name,
  from: { kind: 'genvar', text: from },
  width,
  ...(reads === undefined ? {} : { reads }),
});
