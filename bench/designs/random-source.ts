import { bit, concat, defineModule, input, output, reg, uint, when } from '../../src/hdl/index.ts';

/**
 * Pseudo-random words: 31 bits of the sequence of x^31 + x^28 + 1 (ITU-T O.150), eight new ones in
 * each step. The stimulus of a benchmark stands in its design, so that the engine is measured and
 * not what feeds it.
 */
export const randomSource = defineModule(
  'random_source',
  { doc: 'Pseudo-random words from a shift register', parameters: { seed: 'first word, not 0' } },
  (p: { seed: number }) => ({
    ports: {
      advance: input(bit(), 'takes eight new bits'),
      word: output(uint(31), 'the latest bits, the newest lowest'),
    },
    body({ advance, word }) {
      const state = reg(uint(31), { init: p.seed });
      const fresh = state.bits(23, 8).xor(state.bits(20, 8));
      when(advance, () => state.set(concat(state.bits(0, 23), fresh)));
      word.set(state);
      return { state };
    },
  }),
);
