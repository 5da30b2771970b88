import type { Bit } from './scalars.ts';
import type { Fields } from './types.ts';
import type { Sink, Source } from './values.ts';

/** 1 in cycles in which a beat moves. */
export const fires = (stream: { readonly valid: Bit; readonly ready: Bit }): Bit =>
  stream.valid.and(stream.ready);

/** Wires a stream that arrives here to one that leaves from here. */
export function connect<F extends Fields>(source: Source<F>, sink: Sink<F>): void {
  sink.valid.set(source.valid);
  source.ready.set(sink.ready);
  for (const [name, value] of Object.entries(source.data)) {
    const field = (sink.data as Readonly<Record<string, { set(value: unknown): void }>>)[name]!;
    field.set(value);
  }
}
