import { bit, wire } from '../hdl/index.ts';
import type { Source } from '../hdl/index.ts';
import { beatsOf } from './map.ts';
import type { BeatValues, FieldsOf } from './map.ts';

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- of any fields
type Sources = Readonly<Record<string, Source<any>>>;

/**
 * The stream whose beats are what `combine` makes of one beat of every source. A beat of each
 * moves, all in the same cycle, when every source offers one and the result is taken.
 *
 * Pure wiring, no beat is delayed. Combinational paths: from the sources to the result, and to the
 * `ready` of each source from that of the result and the `valid` of the other sources.
 *
 * @throws RangeError where there is no source
 */
export function join<S extends Sources, D extends BeatValues>(
  sources: S,
  combine: (data: { readonly [K in keyof S]: S[K]['data'] }) => D,
): Source<FieldsOf<D>> {
  const list = Object.values(sources);
  const [first] = list;
  if (!first) throw new RangeError('join needs at least one source: name one');
  const ready = wire(bit());
  const valid = list
    .slice(1)
    .reduce<Source['valid']>((all, { valid }) => all.and(valid), first.valid);
  for (const source of list) {
    const others = list.filter((other) => other !== source);
    source.ready.set(others.reduce<Source['valid']>((all, { valid }) => all.and(valid), ready));
  }
  const data = Object.fromEntries(Object.entries(sources).map(([name, { data }]) => [name, data]));
  return beatsOf(valid, ready, combine(data as { readonly [K in keyof S]: S[K]['data'] }));
}
