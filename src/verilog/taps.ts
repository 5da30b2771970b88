/**
 * What the rest of a module reads of the elements of an array.
 *
 * A simulator that evaluates a net as a whole builds it anew from all elements wherever a process
 * reads a few bits of it. So rows, columns and single elements that are read get nets of their own.
 */
import type { Connection, Module, NodeId } from '../ir/index.ts';
import { elementCount, operandsOf } from '../ir/operands.ts';
import { readOperands, writeOperands } from './live.ts';
import type { Live } from './live.ts';

/** First and last. */
export type Span = readonly [first: number, last: number];

/** Elements that are read together; a one-dimensional array is one column. */
export interface Tap {
  readonly rows: Span;
  readonly columns: Span;
}

export interface Tapped {
  readonly taps: readonly Tap[];
  /** Whether the elements of another array read the output as well, each its part. */
  readonly feedsArray: boolean;
}

// Verilator takes apart, word by word, what has no more words than this.
const widestTap = 64 * 32;

/**
 * For each output of an array that is not read as one net: which elements are read. Of an output that
 * is read as a whole all elements are in one net, unless that would be very wide.
 */
export function planTaps(module: Module, live: Live): ReadonlyMap<NodeId, Tapped> {
  const tapped = new Map<NodeId, Tapped>();
  const { slices, whole, parts } = findReads(module, live);
  for (const [id, ranges] of slices) {
    if (whole.has(id)) continue;
    const node = module.nodes[id]!;
    if (node.kind !== 'output') continue;
    const { dimensions } = module.instances[node.instance]!;
    const [rows, columns = 1] = dimensions;
    if (rows === undefined) continue;
    const width = node.width / elementCount(dimensions);
    const isRead = new Uint8Array(rows * columns);
    for (const [low, high] of ranges) {
      isRead.fill(1, Math.floor(low / width), Math.floor(high / width) + 1);
    }
    const rectangles = cover(isRead, columns);
    // Scattered over the array, they are read best where they are.
    if (rectangles.length > rows + columns) continue;
    const taps = rectangles.flatMap((tap) => lines(tap, columns, width));
    const isWhole = taps.length === 1 && area(taps[0]!) === rows * columns;
    if (!isWhole) tapped.set(id, { taps, feedsArray: parts.has(id) });
  }
  return tapped;
}

interface Reads {
  /** The bits that slices take of outputs of instances. */
  readonly slices: ReadonlyMap<NodeId, readonly Span[]>;
  /** Nodes that something reads as a whole. */
  readonly whole: ReadonlySet<NodeId>;
  /** Nodes of which each element of an array reads its part. */
  readonly parts: ReadonlySet<NodeId>;
}

function findReads(module: Module, live: Live): Reads {
  const slices = new Map<NodeId, Span[]>();
  const whole = new Set<NodeId>();
  const parts = new Set<NodeId>();
  for (const id of live.nodes) {
    const node = module.nodes[id]!;
    if (node.kind === 'slice' && module.nodes[node.a]!.kind === 'output') {
      const range: Span = [node.low, node.low + node.width - 1];
      const known = slices.get(node.a);
      if (known) known.push(range);
      else slices.set(node.a, [range]);
    } else operandsOf(node).forEach((operand) => whole.add(operand));
  }
  for (const index of live.memories) {
    const memory = module.memories[index]!;
    [...memory.reads.flatMap(readOperands), ...writeOperands(memory)].forEach((id) =>
      whole.add(id),
    );
  }
  for (const instance of module.instances) {
    for (const connection of Object.values(instance.inputs)) {
      if (readsInParts(connection)) parts.add(valueOf(connection));
      else whole.add(valueOf(connection));
    }
  }
  for (const port of module.ports) if (port.value !== undefined) whole.add(port.value);
  for (const check of module.checks) whole.add(check.condition);
  return { slices, whole, parts };
}

const valueOf = (connection: Connection): NodeId =>
  connection.kind === 'neighbour' ? connection.edge : connection.value;

/** The rows of an array take their parts of an edge in the loop, too. */
const readsInParts = (connection: Connection): boolean =>
  connection.kind === 'each' || (connection.kind === 'neighbour' && connection.axis === 1);

/** Rectangles of read elements, as large as possible, that together hold all of them. */
function cover(isRead: Uint8Array, columns: number): Tap[] {
  const rows = isRead.length / columns;
  const isFree = isRead.slice();
  const holds = ([top, bottom]: Span, [left, right]: Span): boolean => {
    for (let row = top; row <= bottom; row++) {
      for (let column = left; column <= right; column++) {
        if (isRead[row * columns + column] === 0) return false;
      }
    }
    return true;
  };
  const taps: Tap[] = [];
  for (let next = isFree.indexOf(1); next >= 0; next = isFree.indexOf(1, next)) {
    const row = Math.floor(next / columns);
    const column = next % columns;
    const wide = grow([column, column], columns, (span) => holds([row, row], span));
    const high = grow([row, row], rows, (span) => holds(span, [column, column]));
    const lying = { rows: grow([row, row], rows, (span) => holds(span, wide)), columns: wide };
    const standing = {
      rows: high,
      columns: grow([column, column], columns, (span) => holds(high, span)),
    };
    const tap = area(lying) >= area(standing) ? lying : standing;
    for (let each = tap.rows[0]; each <= tap.rows[1]; each++) {
      isFree.fill(0, each * columns + tap.columns[0], each * columns + tap.columns[1] + 1);
    }
    taps.push(tap);
  }
  return taps;
}

/** A tap that would be too wide as rows or columns of their own, whichever are fewer. */
function lines(tap: Tap, columns: number, width: number): readonly Tap[] {
  if (area(tap) * width <= widestTap || columns === 1) return [tap];
  const single = ([first, last]: Span): Span[] =>
    Array.from({ length: last - first + 1 }, (_, index) => [first + index, first + index]);
  return length(tap.rows) <= length(tap.columns)
    ? single(tap.rows).map((rows) => ({ ...tap, rows }))
    : single(tap.columns).map((span) => ({ ...tap, columns: span }));
}

const length = ([first, last]: Span): number => last - first + 1;
const area = (tap: Tap): number => length(tap.rows) * length(tap.columns);

/** The longest span around `span`, below `limit`, that is `right`. */
function grow(span: Span, limit: number, right: (span: Span) => boolean): Span {
  let [first, last] = span;
  while (first > 0 && right([first - 1, last])) first -= 1;
  while (last < limit - 1 && right([first, last + 1])) last += 1;
  return [first, last];
}
