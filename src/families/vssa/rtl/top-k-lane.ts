import { addressBits } from '../../../ir/index.ts';
import {
  bit,
  concat,
  defineModule,
  input,
  mem,
  mux,
  output,
  uint,
  when,
} from '../../../hdl/index.ts';
import { importanceBits, topKKeyBits, topKWords } from '../params.ts';
import type { TopKParameters } from '../params.ts';

/** Bits of the number of a lane. */
export const laneBits = 4;

/** Bits of the number of a word. */
export const topKWordBits = (p: TopKParameters): number => addressBits(topKWords(p));

const doc = `Lane of the engine that chooses tokens: every 16th token, and a comparator

A key is the score, and below it the number of the token, inverted: no two are equal, and of equal scores the earlier
token has the higher key.`;

/** Memory of a lane and its comparator. */
export const topKLane = defineModule(
  'vssa_top_k_lane',
  { doc, parameters: { maxTokens: 'tokens of the longest sequence' } },
  (p: TopKParameters) => ({
    ports: {
      lane: input(uint(laneBits), 'number of this one'),
      word: input(uint(topKWordBits(p)), 'that is written or compared'),
      write: input(bit(), 'a token comes'),
      target: input(
        uint(laneBits),
        'lane of the token; lane 0 begins a word, and empties the others',
      ),
      score: input(uint(importanceBits)),
      isProtected: input(bit()),
      live: input(bit()),
      bound: input(uint(topKKeyBits(p)), 'lowest key that passes'),
      protectedBound: input(uint(topKKeyBits(p)), 'the same for protected tokens'),
      unprotected: input(bit(), 'tokens that are not protected may pass'),
      protectedOnes: input(bit(), 'protected ones may'),
      passes: output(bit(), 'the token of this word reaches its bound'),
    },
    body(ports) {
      const { lane, word, write, target, bound, protectedBound } = ports;
      const tokens = mem(uint(importanceBits + 2), topKWords(p), { style: 'distributed' });
      const isTarget = target.eq(lane);
      when(write.and(isTarget.or(target.eq(0))), () => {
        tokens.write(word, concat(ports.live.and(isTarget), ports.isProtected, ports.score));
      });
      const token = tokens.read(word);
      const wasProtected = token.bit(importanceBits);
      const wasLive = token.bit(importanceBits + 1);
      const number = topKWords(p) > 1 ? concat(word, lane) : lane;
      const key = concat(token.truncate(importanceBits), number.not());
      const reaches = key.ge(mux(wasProtected, protectedBound, bound));
      const mayPass = mux(wasProtected, ports.protectedOnes, ports.unprotected);
      ports.passes.set(wasLive.and(reaches).and(mayPass));
      return { tokens, isTarget, token, wasProtected, wasLive, key, reaches, mayPass };
    },
  }),
);
