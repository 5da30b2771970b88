/** The nets of the elements of an array that the rest of a module reads. */
import type { Instance, Module, NodeId } from '../ir/index.ts';
import { elementCount } from '../ir/operands.ts';
import { chainParts, isRowChain } from './chains.ts';
import type { Chain } from './chains.ts';
import { locationOf } from './instances.ts';
import type { InstanceContext } from './instances.ts';
import { part, slices } from './loops.ts';
import type { Loops } from './loops.ts';
import type { Names } from './names.ts';
import { bitsOf } from './syntax.ts';
import type { Expression, Item, Range } from './syntax.ts';
import type { Span, Tap, Tapped } from './taps.ts';

export interface NamedTap extends Tap {
  readonly name: string;
}

export interface NamedTaps extends Tapped {
  readonly taps: readonly NamedTap[];
}

/** Each tap is called after its output and where in the array it is. */
export function nameTaps(
  module: Module,
  tapped: ReadonlyMap<NodeId, Tapped>,
  nets: ReadonlyMap<NodeId, string>,
  names: Names,
): ReadonlyMap<NodeId, NamedTaps> {
  const named = new Map<NodeId, NamedTaps>();
  for (const [id, { taps, ...rest }] of [...tapped].sort(([a], [b]) => a - b)) {
    const dimensions = dimensionsOf(module, id);
    const place = placeIn(taps, dimensions);
    const name = (tap: Tap) => names.claim(`${nets.get(id)!}_${place(tap)}`);
    named.set(id, { ...rest, taps: taps.map((tap) => ({ ...tap, name: name(tap) })) });
  }
  return named;
}

function dimensionsOf(module: Module, id: NodeId): readonly number[] {
  const node = module.nodes[id]!;
  return node.kind === 'output' ? module.instances[node.instance]!.dimensions : [];
}

/** `first_row`, `row_3`, `rows_3_to_5_last_column`, `4`: where in the array each of its taps is. */
function placeIn(taps: readonly Tap[], [height, width]: readonly number[]): (tap: Tap) => string {
  const rows = spanIn(
    taps.map((tap) => tap.rows),
    height!,
    width === undefined ? '' : 'row',
  );
  if (width === undefined) return (tap) => rows(tap.rows);
  const columns = spanIn(
    taps.map((tap) => tap.columns),
    width,
    'column',
  );
  return (tap) => [rows(tap.rows), columns(tap.columns)].filter(Boolean).join('_');
}

/** Names spans of `count`, nothing for all of them. In a list of many, the ends are numbered, too. */
function spanIn(spans: readonly Span[], count: number, noun: string): (span: Span) => string {
  const join = (...words: string[]) => words.filter(Boolean).join('_');
  const isList = spans.filter(([first, last]) => first === last).length > 2;
  return ([first, last]) => {
    if (last - first + 1 === count) return '';
    if (first !== last) return join(noun && `${noun}s`, `${first}_to_${last}`);
    if (!isList && first === 0) return join('first', noun);
    return !isList && first === count - 1 ? join('last', noun) : join(noun, `${first}`);
  };
}

/** Bits `low` .. `low + width - 1` of an output of an array, read of its taps. */
export function tappedBits(
  module: Module,
  id: NodeId,
  { taps }: NamedTaps,
  low: number,
  width: number,
): Expression {
  const dimensions = dimensionsOf(module, id);
  const [, columns = 1] = dimensions;
  const element = module.nodes[id]!.width / elementCount(dimensions);
  const pieces: Expression[] = [];
  for (let next = low; next < low + width;) {
    const from = next;
    // The tap that holds most of what follows.
    const [best] = taps
      .map((tap) => ({ tap, end: Math.min(low + width, endOf(tap, from)) }))
      .sort((a, b) => b.end - a.end);
    const { tap, end } = best!;
    const [left, right] = tap.columns;
    const tapColumns = right - left + 1;
    const at = Math.floor(from / element);
    const position = (Math.floor(at / columns) - tap.rows[0]) * tapColumns + (at % columns) - left;
    const whole = (tap.rows[1] - tap.rows[0] + 1) * tapColumns * element;
    pieces.unshift(bitsOf(tap.name, whole, position * element + (from % element), end - from));
    next = end;
  }
  return pieces.length === 1 ? pieces[0]! : { kind: 'concat', parts: pieces };

  /** Where a run of bits that starts at `from` leaves the tap; `from` itself outside of it. */
  function endOf(tap: Tap, from: number): number {
    const at = Math.floor(from / element);
    const row = Math.floor(at / columns);
    const column = at % columns;
    const isInside = (value: number, [first, last]: Span) => first <= value && value <= last;
    if (!isInside(row, tap.rows) || !isInside(column, tap.columns)) return from;
    const isWide = tap.columns[1] - tap.columns[0] + 1 === columns;
    return ((isWide ? tap.rows[1] : row) * columns + tap.columns[1] + 1) * element;
  }
}

/** The taps of one output, out of the chain that carries it or else of the net of all elements. */
export function wireTaps(
  context: InstanceContext,
  instance: Instance,
  loops: Loops,
  id: NodeId,
  width: number,
  carrier: Chain | undefined,
): { readonly nets: readonly Item[]; readonly perRow: readonly Item[] } {
  const nets: Item[] = [];
  const perRow: Item[] = [];
  const source = sourceOf(context, loops, id, width, carrier);
  for (const { name, rows, columns } of context.tapped.get(id)?.taps ?? []) {
    const height = rows[1] - rows[0] + 1;
    const row = (columns[1] - columns[0] + 1) * width;
    const lows = Array.from({ length: height }, (_, index) =>
      source.low(rows[0] + index, columns[0]),
    );
    const declaration = {
      kind: 'net',
      type: 'wire',
      signed: false,
      width: height * row,
      name,
      ...locationOf(instance),
    } as const;
    const isContiguous = lows.every((low, index) => low === lows[0]! + index * row);
    if (isContiguous) {
      const value = bitsOf(source.name, source.width, lows[0]!, height * row);
      nets.push({ ...declaration, value });
    } else if (height === loops.rows) {
      nets.push(declaration);
      perRow.push({
        kind: 'assign',
        target: part(name, row, height, loops.row!),
        value: partOfRow(source, columns[0], row, lows),
      });
    } else {
      const parts = lows.map((low) => bitsOf(source.name, source.width, low, row)).reverse();
      nets.push({ ...declaration, value: { kind: 'concat', parts } });
    }
  }
  return { nets, perRow };

  function partOfRow(
    from: Source,
    column: number,
    bits: number,
    lows: readonly number[],
  ): Expression {
    const reads = lows.map((low): Range => [low, low + bits - 1]);
    const at = from.at(column);
    return bits === width
      ? part(from.name, width, from.width / width, at, reads)
      : slices(from.name, bits, width === 1 ? at : `${width}*${at}`, reads);
  }
}

/** A packed vector that holds an output of all elements. */
interface Source {
  readonly name: string;
  readonly width: number;
  /** The lowest bit of an element. */
  low(row: number, column: number): number;
  /** Where in this row of the loop the element of a column stands, in parts. */
  at(column: number): string;
}

function sourceOf(
  context: InstanceContext,
  loops: Loops,
  id: NodeId,
  width: number,
  carrier: Chain | undefined,
): Source {
  const { rows, columns, row, columnsName } = loops;
  const symbolic = (start: string, offset: number): string => {
    if (offset === 0) return start;
    if (offset < columns - 1) return `(${start} + ${offset})`;
    return `(${start} + ${columnsName}${offset === columns ? '' : ' - 1'})`;
  };
  if (carrier === undefined) {
    return {
      name: context.netOf(id),
      width: rows * columns * width,
      low: (r, c) => (r * columns + c) * width,
      at: (c) => symbolic(`${columnsName}*${row}`, c),
    };
  }
  const ahead = carrier.connection.step === 1 ? 1 : 0;
  const whole = { name: carrier.name, width: chainParts(loops, carrier) * width };
  return isRowChain(loops, carrier)
    ? {
        ...whole,
        low: (r, c) => (r * (columns + 1) + c + ahead) * width,
        at: (c) => symbolic(`(${columnsName} + 1)*${row}`, c + ahead),
      }
    : {
        ...whole,
        low: (r, c) => ((r + ahead) * columns + c) * width,
        at: (c) =>
          symbolic(ahead === 1 ? `${columnsName}*(${row} + 1)` : `${columnsName}*${row}`, c),
      };
}
