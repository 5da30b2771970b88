import {
  bit,
  defineModule,
  fires,
  input,
  mux,
  output,
  reg,
  stream,
  uint,
  vecOf,
  when,
} from '../hdl/index.ts';
import type { PortDeclaration, ScalarType, StreamType } from '../hdl/index.ts';
import { part } from './part.ts';
import type { Part } from './part.ts';
import { checkWords, countBits, wideFields, wordFields } from './words.ts';
import type { WideFields, WidthParameters, WordFields } from './words.ts';

type Ports<T extends ScalarType> = {
  readonly from: PortDeclaration<StreamType<WordFields<T>>, 'input'>;
  readonly to: PortDeclaration<StreamType<WideFields<T>>, 'output'>;
};

const doc = `Upsizer: packs words into wide beats, the first word lowest

A wide beat leaves when it is full, or with fewer words after the one marked last. Words beyond its
count are 0.`;

const definition = defineModule(
  'upsizer',
  {
    doc,
    parameters: { word: 'type of a word', words: 'words in a wide beat' },
    named: (p: WidthParameters) => `upsizer_${p.words}x${p.word.width}`,
  },
  (p: WidthParameters) => ({
    ports: {
      from: input(stream(wordFields(p)), 'words; last ends a row of them'),
      to: output(stream(wideFields(p)), 'the lowest count words are in use'),
    },
    body({ from, to }) {
      const words = Array.from({ length: p.words }, () => reg(p.word));
      const count = reg(uint(countBits(p)), { init: 0 });
      const last = reg(bit());
      const complete = reg(bit(), { init: 0 });
      const accepted = fires(from);
      // A word that comes while a complete beat leaves is the first of the next one.
      const position = mux(complete, 0, count);
      const counted = position.addWrap(1);

      from.ready.set(complete.not().or(to.ready));
      to.valid.set(complete);
      to.data.words.set(vecOf(words));
      to.data.count.set(count);
      to.data.last.set(last);
      when(accepted, () => {
        count.set(counted);
        last.set(from.data.last);
        complete.set(from.data.last.or(counted.eq(p.words)));
        // The first word clears the others, so that no word of an earlier beat shows beyond the count.
        when(position.eq(0), () => {
          words.forEach((word, index) => {
            word.set(index === 0 ? from.data.word : 0);
          });
        });
        words.slice(1).forEach((word, index) => {
          when(position.eq(index + 1), () => {
            word.set(from.data.word);
          });
        });
      }).elseWhen(fires(to), () => {
        count.set(0);
        complete.set(0);
      });
      return { words, count, last, complete, accepted, position, counted };
    },
  }),
);

/**
 * Width converter up, n words to 1 wide beat: `from`, `to`.
 *
 * Full throughput: a word is taken in every cycle, the first of the next beat in the cycle in which
 * one leaves. Combinational path: from `to.ready` to `from.ready`.
 */
export function upsizer<T extends ScalarType>(
  parameters: WidthParameters<T>,
): Part<WidthParameters<T>, Ports<T>> {
  checkWords(upsizer, parameters.words);
  return part(definition, parameters);
}
