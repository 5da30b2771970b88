import {
  bit,
  concat,
  constant,
  defineModule,
  enumeration,
  fires,
  input,
  instanceArray,
  mem,
  mux,
  output,
  reg,
  stream,
  switchOn,
  uint,
  vecOf,
  when,
} from '../../../hdl/index.ts';
import type { UInt } from '../../../hdl/index.ts';
import {
  comparators,
  eightAddress,
  importanceBits,
  keepAddress,
  setupDataBits,
  tokenBits,
  topKKeyBits,
} from '../params.ts';
import type { TopKParameters } from '../params.ts';
import { sumOf } from './row.ts';
import { laneBits, topKLane, topKWordBits } from './top-k-lane.ts';

const doc = `Engine that chooses the tokens of 8 and of 4 bits

The scores of a sequence come first. Then the lowest key that survives is found bit by bit, from the highest down: a
bit is kept if enough tokens reach the bound with it, 16 of which are compared in one cycle. Protected tokens survive
in any case, and count. In the same way the lowest key of 8 bits is found among the survivors. Then the tokens of 8
bits leave in order, and those of 4 bits after them.

Setup, between sequences: how many survive at address 0, how many of them have 8 bits at address 1.`;

const phases = enumeration('load', 'survivors', 'eights', 'list_eights', 'list_fours');

/** The two-level selection of tokens. */
export const topK = defineModule(
  'vssa_top_k',
  { doc, parameters: { maxTokens: 'tokens of the longest sequence' } },
  (p: TopKParameters) => ({
    ports: {
      setup: input(
        stream({ address: bit(), data: uint(setupDataBits) }),
        'survivors, and those of 8 bits',
      ),
      scores: input(
        stream({ value: uint(importanceBits), protected: bit(), live: bit(), last: bit() }),
        'tokens in order; last ends a sequence',
      ),
      tokens: output(
        stream({ id: uint(tokenBits), bits: uint(2), last: bit() }),
        'tokens of 8 bits (2), then those of 4 (1)',
      ),
    },
    body({ setup, scores, tokens }) {
      const keyBits = topKKeyBits(p);
      const keep = reg(uint(setupDataBits), { init: 0 });
      const eight = reg(uint(setupDataBits), { init: 0 });
      setup.ready.set(1);
      when(setup.valid, () => {
        when(setup.data.address.eq(keepAddress), () => keep.set(setup.data.data));
        when(setup.data.address.eq(eightAddress), () => eight.set(setup.data.data));
      });

      const phase = reg(phases, { init: 'load' });
      const word = reg(uint(topKWordBits(p)), { init: 0 });
      const lastWord = reg(uint(topKWordBits(p)));
      const atLastWord = word.eq(lastWord);

      // Who is there: filled while scores come.
      const target = reg(uint(laneBits), { init: 0 });
      const isFirst = reg(bit(), { init: 1 });
      const protectedCount = reg(uint(setupDataBits));
      const otherCount = reg(uint(setupDataBits));
      const quota = mux(keep.gt(protectedCount), keep.subWrap(protectedCount), 0);
      const keepsOthers = quota.ne(0);
      const survivors = protectedCount.addWrap(mux(quota.lt(otherCount), quota, otherCount));

      // Bounds, which are being found bit by bit.
      // The bit that is tried; a level turns it once around.
      const step = reg(uint(keyBits), { init: 2n ** BigInt(keyBits - 1) });
      const surviving = reg(uint(keyBits));
      const promoted = reg(uint(keyBits));
      const isSurvivors = phase.is('survivors');
      const trial = mux(isSurvivors, surviving, promoted).or(step);
      const lists = phase.is('list_eights', 'list_fours');
      const eightBound = mux(phase.is('eights'), trial, promoted);
      const higherBound = mux(eightBound.gt(surviving), eightBound, surviving);

      const lanes = instanceArray(topKLane, p, [comparators]);
      lanes.lane.each(
        vecOf(Array.from({ length: comparators }, (_, lane) => constant(laneBits, lane))),
      );
      lanes.word.broadcast(word);
      lanes.write.broadcast(fires(scores));
      lanes.target.broadcast(target);
      lanes.score.broadcast(scores.data.value);
      lanes.isProtected.broadcast(scores.data.protected);
      lanes.live.broadcast(scores.data.live);
      const isFours = phase.is('list_fours');
      const mayPass = phase.is('list_eights').not().or(eight.ne(0));
      lanes.bound.broadcast(mux(isSurvivors, trial, mux(isFours, surviving, higherBound)));
      lanes.protectedBound.broadcast(mux(isFours, 0, eightBound));
      lanes.unprotected.broadcast(isSurvivors.or(keepsOthers.and(mayPass)));
      lanes.protectedOnes.broadcast(isSurvivors.not().and(mayPass));
      const passes = lanes.passes.asUnsigned();

      // 0 between levels, as every level leaves it.
      const count = reg(uint(setupDataBits), { init: 0 });
      const reached = count.addWrap(
        sumOf(lanes.passes.elements(), comparators).extend(setupDataBits),
      );
      const enough = reached.ge(mux(isSurvivors, quota, eight));

      // Lists: a word is looked at, then its tokens leave.
      const pending = reg(uint(comparators), { init: 0 });
      const shown = reg(uint(topKWordBits(p)));
      const delivered = reg(uint(setupDataBits));
      const eightMasks = mem(uint(comparators), 2 ** topKWordBits(p), { style: 'distributed' });
      const looks = lists.and(pending.eq(0));
      const found = mux(isFours, passes.and(eightMasks.read(word).not()), passes);
      const rest = pending.and(pending.subWrap(1));
      const lowest = pending.and(rest.not());
      const lane: UInt[] = Array.from({ length: laneBits }, (_, position) => {
        const numbers = Array.from({ length: comparators }, (_, index) => index);
        const mask = numbers.reduce((all, index) => all | (((index >> position) & 1) << index), 0);
        return lowest.and(mask).any();
      });
      tokens.valid.set(pending.ne(0));
      const id = concat(shown, ...lane.reverse());
      tokens.data.id.set(id.width < tokenBits ? id.extend(tokenBits) : id);
      tokens.data.bits.set(mux(isFours, constant(2, 1), constant(2, 2)));
      const lastToken = delivered.addWrap(1).eq(survivors);
      tokens.data.last.set(lastToken);
      const leaves = fires(tokens);
      const listEnds = looks
        .and(atLastWord)
        .and(found.eq(0))
        .or(leaves.and(rest.eq(0)).and(shown.eq(lastWord)));

      scores.ready.set(phase.is('load'));
      const nextWord = mux(atLastWord, 0, word.addWrap(1));
      const finds = (bound: typeof surviving, next: 'eights' | 'list_eights') => () => {
        word.set(nextWord);
        count.set(mux(atLastWord, 0, reached));
        when(atLastWord, () => {
          when(enough, () => bound.set(trial));
          step.set(concat(step.bit(0), step.bits(1, keyBits - 1)));
          when(step.bit(0), () => phase.set(next));
        });
      };
      const lists8or4 = (next: 'list_fours' | 'load') => () => {
        when(looks, () => {
          word.set(nextWord);
          shown.set(word);
          pending.set(found);
        }).elseWhen(tokens.ready, () => {
          pending.set(rest);
          delivered.set(delivered.addWrap(1));
        });
        when(leaves.and(lastToken), () => {
          phase.set('load');
          word.set(0);
        }).elseWhen(listEnds, () => phase.set(next));
      };
      when(looks.and(isFours.not()), () => eightMasks.write(word, found));
      switchOn(phase, {
        load: () => {
          surviving.set(0);
          promoted.set(0);
          delivered.set(0);
          when(scores.valid, () => {
            const counted = (total: typeof protectedCount, isMember: UInt) =>
              total.set(mux(isFirst, 0, total).accumulate(isMember));
            counted(protectedCount, scores.data.live.and(scores.data.protected));
            counted(otherCount, scores.data.live.and(scores.data.protected.not()));
            target.set(target.addWrap(1));
            isFirst.set(0);
            when(target.all(), () => word.set(word.addWrap(1)));
            when(scores.data.last, () => {
              lastWord.set(word);
              word.set(0);
              target.set(0);
              isFirst.set(1);
              phase.set('survivors');
            });
          });
        },
        survivors: finds(surviving, 'eights'),
        eights: finds(promoted, 'list_eights'),
        list_eights: lists8or4('list_fours'),
        list_fours: lists8or4('load'),
      });
      return {
        keep,
        eight,
        phase,
        word,
        lastWord,
        atLastWord,
        target,
        isFirst,
        protectedCount,
        otherCount,
        quota,
        keepsOthers,
        survivors,
        step,
        surviving,
        promoted,
        trial,
        eightBound,
        higherBound,
        lane: lanes,
        passes,
        count,
        reached,
        enough,
        pending,
        shown,
        delivered,
        eightMasks,
        looks,
        found,
        rest,
        lowest,
        lastToken,
        leaves,
        listEnds,
        nextWord,
      };
    },
  }),
);
