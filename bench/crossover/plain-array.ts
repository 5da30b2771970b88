import {
  bit,
  concat,
  connect,
  defineModule,
  input,
  instance,
  output,
  sint,
  stream,
  uint,
  vec,
  vecOf,
} from '../../src/hdl/index.ts';
import { arrayPart, arrayShape } from '../../src/families/gobo/rtl/decompressor-array.ts';
import type { ArrayChoice } from '../../src/families/gobo/rtl/decompressor-array.ts';
import { fifo, upsizer } from '../../src/parts/index.ts';

export interface PlainArrayParameters {
  /** Divides the bytes of `lanes` weights. */
  readonly inputBytes: number;
  /** Its weights rest in whole bytes. */
  readonly array: ArrayChoice;
}

/** Weights that wait in front of the array: as many as a decompressor has room for. */
const waitingWeights = 512;

/** The same array without a decompressor: plain weights of the same port, and the same room to wait. */
export const plainArray = defineModule(
  'plain_array',
  {
    doc: 'Plain array with a queue for plain weights',
    parameters: { inputBytes: 'bytes that arrive per cycle' },
  },
  ({ inputBytes, array }: PlainArrayParameters) => {
    const { operandBits, lanes } = array.p;
    const { values, sums, sumBits } = arrayShape(array);
    const beatBits = lanes * operandBits;
    const words = beatBits / 8 / inputBytes;
    return {
      ports: {
        plain: input(stream({ bytes: vec(uint(8), inputBytes), last: bit() })),
        activations: input(stream({ values: vec(sint(operandBits), values), last: bit() })),
        results: output(stream({ sums: vec(sint(sumBits), sums), last: bit() })),
      },
      body({ plain, activations, results }) {
        const fields = { weights: uint(beatBits), last: bit() };
        const queue = instance(...fifo({ fields, depth: waitingWeights / lanes }));
        const multiply = instance(...arrayPart(array));
        const bytes = plain.data.bytes.asUnsigned();
        const widen =
          words > 1 ? instance(...upsizer({ word: uint(8 * inputBytes), words })) : undefined;
        if (widen) {
          widen.from.valid.set(plain.valid);
          plain.ready.set(widen.from.ready);
          widen.from.data.word.set(bytes);
          widen.from.data.last.set(plain.data.last);
          queue.push.valid.set(widen.to.valid);
          widen.to.ready.set(queue.push.ready);
          queue.push.data.weights.set(widen.to.data.words.asUnsigned());
          queue.push.data.last.set(widen.to.data.last);
        } else {
          queue.push.valid.set(plain.valid);
          plain.ready.set(queue.push.ready);
          queue.push.data.weights.set(concat(bytes));
          queue.push.data.last.set(plain.data.last);
        }
        const { weights, last } = queue.pop.data;
        multiply.weights.valid.set(queue.pop.valid);
        queue.pop.ready.set(multiply.weights.ready);
        multiply.weights.data.words.set(
          vecOf(
            Array.from({ length: lanes }, (_, lane) =>
              weights.bits(lane * operandBits, operandBits).asSigned(),
            ),
          ),
        );
        multiply.weights.data.last.set(last);
        connect(activations, multiply.activations);
        connect(multiply.results, results);
        return { ...(widen ? { widen } : {}), queue, multiply };
      },
    };
  },
);
