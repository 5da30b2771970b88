import {
  assertAlways,
  defineModule,
  fires,
  input,
  mux,
  output,
  reg,
  stream,
  uint,
  when,
} from '../hdl/index.ts';
import type { PortDeclaration, ScalarType, StreamType } from '../hdl/index.ts';
import { part } from './part.ts';
import type { Part } from './part.ts';
import { checkWords, countBits, wideFields, wordFields } from './words.ts';
import type { WideFields, WidthParameters, WordFields } from './words.ts';

type Ports<T extends ScalarType> = {
  readonly from: PortDeclaration<StreamType<WideFields<T>>, 'input'>;
  readonly to: PortDeclaration<StreamType<WordFields<T>>, 'output'>;
};

const doc = `Downsizer: unpacks wide beats into words, the lowest word first

Words beyond the count of a beat are left out. The last word of a beat marked last is marked so.`;

const definition = defineModule(
  'downsizer',
  {
    doc,
    parameters: { word: 'type of a word', words: 'words in a wide beat' },
    named: (p: WidthParameters) => `downsizer_${p.words}x${p.word.width}`,
  },
  (p: WidthParameters) => ({
    ports: {
      from: input(stream(wideFields(p)), 'the lowest count words are in use'),
      to: output(stream(wordFields(p)), 'words; last ends a row of them'),
    },
    body({ from, to }) {
      const position = reg(uint(countBits(p)), { init: 0 });
      const counted = position.addWrap(1);
      const lastWord = counted.eq(from.data.count);

      to.valid.set(from.valid);
      to.data.word.set(from.data.words.at(position));
      to.data.last.set(from.data.last.and(lastWord));
      from.ready.set(to.ready.and(lastWord));
      when(fires(to), () => {
        position.set(mux(lastWord, 0, counted));
      });
      when(from.valid, () => {
        const { count } = from.data;
        assertAlways(
          'count_in_range',
          count.ge(1).and(count.le(p.words)),
          'the count of a wide beat is not one of its words',
        );
      });
      return { position, counted, lastWord };
    },
  }),
);

/**
 * Width converter down, 1 wide beat to n words: `from`, `to`.
 *
 * Full throughput, no latency: a word leaves in every cycle. Combinational paths: from `from` to
 * `to`, and to `from.ready` from `to.ready` and `from.count`.
 */
export function downsizer<T extends ScalarType>(
  parameters: WidthParameters<T>,
): Part<WidthParameters<T>, Ports<T>> {
  checkWords(downsizer, parameters.words);
  return part(definition, parameters);
}
