import type {
  Bit,
  DataType,
  Fields,
  FieldValues,
  Scalar,
  SInt,
  SIntType,
  Source,
  UInt,
  UIntType,
  Vec,
  VecType,
} from '../hdl/index.ts';

/** The values of a beat, by field. */
export type BeatValues = Readonly<Record<string, Scalar | Vec>>;

type ScalarTypeOf<V> =
  V extends UInt<infer W> ? UIntType<W> : V extends SInt<infer W> ? SIntType<W> : never;

type TypeOf<V> = V extends Vec<infer S> ? VecType<ScalarTypeOf<S>> : ScalarTypeOf<V>;

/** The fields whose values these are. */
export type FieldsOf<D extends BeatValues> = {
  readonly [K in keyof D]: TypeOf<D[K]> extends infer T extends DataType ? T : never;
};

/**
 * The stream whose beats are what `change` makes of the beats of `source`: pure wiring, no beat is
 * delayed. `source` is used up; its `ready` is that of the result.
 */
export function map<F extends Fields, D extends BeatValues>(
  source: Source<F>,
  change: (data: FieldValues<F>) => D,
): Source<FieldsOf<D>> {
  return beatsOf(source.valid, source.ready, change(source.data));
}

/** A stream of these wires. */
export const beatsOf = <D extends BeatValues>(
  valid: Bit,
  ready: Source['ready'],
  data: D,
): Source<FieldsOf<D>> =>
  // `FieldsOf` turns values to types, and `FieldValues` turns them back.
  ({ valid, ready, data }) as unknown as Source<FieldsOf<D>>;
