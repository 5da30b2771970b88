import { assumeAlways, concat, mux, reg, switchOn, uint } from '../hdl/index.ts';
import type {
  BundleType,
  Case,
  DrivenUInt,
  Fields,
  PortDeclaration,
  Sink,
  Source,
  StreamType,
  UInt,
} from '../hdl/index.ts';
import { fieldsWidth, setFields } from './fields.ts';

export interface ArbiterParameters<F extends Fields = Fields, N extends string = string> {
  readonly fields: F;
  /** Names of the input streams, in order. */
  readonly from: readonly N[];
}

export type ArbiterPorts<F extends Fields, N extends string> = {
  readonly from: PortDeclaration<BundleType<{ readonly [K in N]: StreamType<F> }>, 'input'>;
  readonly to: PortDeclaration<StreamType<F>, 'output'>;
};

/** `3x16`: how many streams of how many bits. */
export const arbiterSize = ({ fields, from }: ArbiterParameters): string =>
  `${from.length}x${fieldsWidth(fields)}`;

/** Only the lowest 1 of `value`. */
export const lowestOne = (value: UInt): UInt => value.and(value.not().addWrap(1));

/**
 * What all arbiters share: passes on the beat of the stream that `choose` picks among the requests.
 * Bit i of the requests is the `valid` of stream i; the answer has one bit set, or none where
 * nobody asks.
 *
 * A beat that was offered and not taken stays: its grant is held, whatever arrives meanwhile.
 */
export function arbitrate(
  sources: readonly Source[],
  to: Sink,
  choose: (requests: UInt) => UInt,
): { readonly requests: UInt; readonly held: DrivenUInt; readonly grant: UInt } {
  const requests = concat(...sources.map(({ valid }) => valid).reverse());
  const held = reg(uint(sources.length), { init: 0 });
  const grant = mux(held.any(), held, choose(requests));
  held.set(mux(to.ready, 0, grant));
  assumeAlways(
    'held_beat_stays',
    held.and(requests.not()).any().not(),
    'a stream withdrew a beat that it had offered',
  );

  to.valid.set(requests.any());
  sources.forEach((source, index) => {
    source.ready.set(grant.bit(index).and(to.ready));
  });
  const passes = sources.map(({ data }, index): Case => [
    1n << BigInt(index),
    () => {
      setFields(to.data, data);
    },
  ]);
  // Without a request the last stream stands in: nobody looks.
  switchOn(grant, passes.slice(0, -1), passes.at(-1)![1]);
  return { requests, held, grant };
}
