/**
 * The parts with their proof obligations: the hardware itself, and beside it a model of what a queue
 * is that knows nothing of positions and counters.
 *
 * Order is proven by one beat that the solver chooses: `follow` marks any pushed beat, `ahead`
 * counts how many must leave before it, and when it is the next to leave it must be unchanged. What
 * holds for any beat holds for all: none is lost, doubled or overtaken.
 */
import {
  assertAlways,
  bit,
  concat,
  defineModule,
  elaborate,
  fires,
  input,
  mux,
  reg,
  uint,
  when,
} from '../../src/hdl/index.ts';
import type { Bit, Fields, Mem, Sink, Source, UInt, UIntType } from '../../src/hdl/index.ts';
import { addressBits } from '../../src/ir/index.ts';
import type { Program } from '../../src/ir/index.ts';
import { fifo, registerSlice } from '../../src/parts/index.ts';

/** Everything about a queue that its two streams show. */
interface Queue {
  /** Beats that were pushed and not popped, by counting. */
  readonly stored: UInt;
  readonly following: Bit;
  /** Beats that leave before the one that is followed. */
  readonly ahead: UInt;
  /** What was pushed, the fields side by side. */
  readonly followed: UInt;
}

const packed = (data: Source['data']): UInt =>
  Object.values(data)
    .map((value) => value.asUnsigned())
    .reduceRight((bits, value) => concat(bits, value));

/** Asserts that two streams are the ends of a queue of at most `capacity` beats. */
function assertQueue(enters: Source, leaves: Sink, follow: Bit, capacity: number): Queue {
  const entered = fires(enters);
  const left = fires(leaves);
  const count = uint(addressBits(capacity + 1));
  const stored = reg(count, { init: 0 });
  const one = (condition: Bit): UInt => condition.extend(count.width);
  stored.set(stored.addWrap(one(entered)).subWrap(one(left)));
  assertAlways('no_overflow', stored.lt(capacity).or(entered.not()), 'takes a beat without room');
  assertAlways('no_underflow', stored.ne(0).or(left.not()), 'gives a beat that it does not have');
  assertAlways('takes', stored.eq(capacity).or(enters.ready), 'refuses a beat in spite of room');
  assertAlways('gives', stored.eq(0).or(leaves.valid), 'keeps a beat back');

  const beat = packed(enters.data);
  const front = packed(leaves.data);
  const following = reg(bit(), { init: 0 });
  const ahead = reg(count, { init: 0 });
  const followed = reg(uint(beat.width));
  when(following.not().and(entered).and(follow), () => {
    following.set(1);
    ahead.set(stored.subWrap(one(left)));
    followed.set(beat);
  }).elseWhen(left, () => {
    following.set(following.and(ahead.ne(0)));
    ahead.set(ahead.subWrap(1));
  });
  when(following.and(ahead.eq(0)), () => {
    assertAlways('order', leaves.valid.and(front.eq(followed)), 'another beat leaves');
  });
  when(following, () => assertAlways('kept', ahead.lt(stored), 'a beat is lost'));

  const refused = reg(bit(), { init: 0 });
  const offered = reg(uint(front.width));
  refused.set(leaves.valid.and(leaves.ready.not()));
  offered.set(front);
  when(refused, () => {
    assertAlways('stable', leaves.valid.and(front.eq(offered)), 'an offered beat changes');
  });
  return { stored, following, ahead, followed };
}

/** What the solver must know of the state beside what the streams show, to prove it by induction. */
interface FifoInternals {
  readonly beats: Mem<UIntType>;
  readonly head: UInt;
  readonly tail: UInt;
  readonly count: UInt;
}

interface SliceInternals {
  readonly frontValid: Bit;
  readonly front: Source['data'];
  readonly spareValid: Bit;
  readonly spare: Source['data'];
}

const fifoProof = defineModule(
  'fifo_proof',
  { doc: 'A FIFO and what is to be proven of it' },
  (p: { fields: Fields; depth: number }) => {
    const [definition, parameters] = fifo(p);
    const { ports, body } = definition.build(parameters);
    const { depth } = p;
    return {
      ports: { ...ports, follow: input(bit(), 'the solver chooses a beat') },
      body({ push, pop, follow }) {
        const internals = body({ push, pop }) as unknown as FifoInternals;
        const { beats, head, tail, count } = internals;
        const queue = assertQueue(push, pop, follow, depth);
        const { stored, following, ahead, followed } = queue;
        const width = stored.width + 1;
        /** The position `distance` beats behind the head. */
        const behind = (distance: UInt): UInt => {
          const sum = head.extend(width).addWrap(distance.extend(width));
          return mux(sum.ge(depth), sum.subWrap(depth), sum).truncate(head.width);
        };
        assertAlways('count_is_stored', count.eq(stored), 'the counter is wrong');
        assertAlways('count_fits', count.le(depth), 'more beats than words');
        assertAlways('head_fits', head.extend(width).lt(depth), 'the head is out of range');
        assertAlways('tail_follows', tail.eq(behind(count)), 'the tail is not behind all beats');
        when(following, () => {
          const word = beats.read(behind(ahead));
          assertAlways('word_kept', word.eq(followed), 'the memory lost the beat');
        });
        return { ...internals, ...queue };
      },
    };
  },
);

const registerSliceProof = defineModule(
  'register_slice_proof',
  { doc: 'A register slice and what is to be proven of it' },
  (p: { fields: Fields }) => {
    const [definition, parameters] = registerSlice(p);
    const { ports, body } = definition.build(parameters);
    return {
      ports: { ...ports, follow: input(bit(), 'the solver chooses a beat') },
      body({ from, to, follow }) {
        const internals = body({ from, to }) as unknown as SliceInternals;
        const { frontValid, front, spareValid, spare } = internals;
        const queue = assertQueue(from, to, follow, 2);
        const { stored, following, ahead, followed } = queue;
        const held = frontValid.extend(2).addWrap(spareValid.extend(2));
        assertAlways('held_is_stored', held.eq(stored), 'beats appear or vanish');
        assertAlways('front_first', frontValid.or(spareValid.not()), 'the spare beat is alone');
        when(following, () => {
          const kept = mux(ahead.eq(0), packed(front), packed(spare));
          assertAlways('beat_kept', kept.eq(followed), 'the registers lost the beat');
        });
        return { ...internals, ...queue };
      },
    };
  },
);

export const fifoToProve = (fields: Fields, depth: number): Program =>
  elaborate(fifoProof, { fields, depth });

export const registerSliceToProve = (fields: Fields): Program =>
  elaborate(registerSliceProof, { fields });
