/**
 * Rows of equal steps: where all that differs between the scopes of a run grows evenly, compiled
 * code needs no tables and V8 can prove that no access leaves its array.
 */

/** One number for each row: the base of its scope, or the slot that an input is read from. */
export type Columns = ReadonlyMap<string, readonly number[]>;

/** `outer` times `inner` rows; row (i, k) has `first + i * outerStep + k * innerStep` in a column. */
export interface Block {
  readonly outer: number;
  readonly inner: number;
  readonly places: ReadonlyMap<string, Progression>;
}

export interface Progression {
  readonly first: number;
  readonly outerStep: number;
  readonly innerStep: number;
}

/** Consecutive rows of equal steps. */
interface Stretch {
  readonly start: number;
  readonly count: number;
}

/**
 * Splits rows into blocks and says how many rows stand in each. In order; with `mayReorder`, alike
 * stretches that others lie between come together, and `order` says which row went where.
 */
export function splitIntoBlocks(
  columns: Columns,
  rows: number,
  mayReorder: boolean,
): { readonly blocks: readonly Block[]; readonly order: readonly number[] } {
  const values = [...columns.values()];
  const stretches = stretchesOf(rows, (row, next) => values.map((c) => c[next]! - c[row]!).join());
  const groups: Stretch[][] = [];
  const groupOf = new Map<string, Stretch[]>();
  let previous: string | undefined;
  for (const stretch of stretches) {
    const { start, count } = stretch;
    const steps = count > 1 ? values.map((column) => column[start + 1]! - column[start]!) : [];
    const shape = [count, ...steps].join();
    const group = mayReorder || shape === previous ? groupOf.get(shape) : undefined;
    if (group === undefined) {
      const created = [stretch];
      groups.push(created);
      groupOf.set(shape, created);
    } else group.push(stretch);
    previous = shape;
  }
  const blocks: Block[] = [];
  const order: number[] = [];
  for (const group of groups) {
    const distance = (index: number, next: number) =>
      values.map((c) => c[group[next]!.start]! - c[group[index]!.start]!).join();
    for (const { start, count: outer } of stretchesOf(group.length, distance)) {
      const members = group.slice(start, start + outer);
      const { start: first, count } = members[0]!;
      // A column of single rows is as good as one stretch.
      const isColumn = count === 1;
      const inner = isColumn ? outer : count;
      const places = [...columns].map(([name, column]): [string, Progression] => {
        const from = column[first]!;
        const across = outer > 1 ? column[members[1]!.start]! - from : 0;
        const along = isColumn ? across : column[first + 1]! - from;
        return [name, { first: from, outerStep: isColumn ? 0 : across, innerStep: along }];
      });
      blocks.push({ outer: isColumn ? 1 : outer, inner, places: new Map(places) });
      for (const member of members) {
        for (let k = 0; k < member.count; k++) order.push(member.start + k);
      }
    }
  }
  return { blocks, order };
}

/** Cuts 0 .. count - 1 into stretches with equal steps; a step that only two share is none. */
function stretchesOf(
  count: number,
  stepBetween: (index: number, next: number) => string,
): Stretch[] {
  const stretches: Stretch[] = [];
  for (let start = 0; start < count;) {
    const step = start + 1 < count ? stepBetween(start, start + 1) : '';
    let end = start + 1;
    while (end < count && stepBetween(end - 1, end) === step) end++;
    // Of two rows alone the second may well begin a longer stretch.
    if (end - start === 2 && count > 2) end--;
    stretches.push({ start, count: end - start });
    start = end;
  }
  return stretches;
}
