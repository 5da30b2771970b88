import {
  bitsOf,
  concat,
  connect,
  defineModule,
  input,
  instance,
  instanceArray,
  output,
  reg,
  stream,
  uint,
  vec,
  when,
} from '../../../hdl/index.ts';
import { addressBits } from '../../../ir/index.ts';
import { fifo } from '../../../parts/index.ts';
import {
  decompressorSetupBits,
  decompressorSizes,
  openBlocks,
  setupAddressBits,
  shapeBits,
} from '../params.ts';
import type { DecompressorParameters } from '../params.ts';
import { expander } from './decompressor-expander.ts';
import { bankWordBits, blockFields, blockParser } from './decompressor-parser.ts';
import { deepQueue } from './decompressor-queue.ts';

const doc = `GOBO decompressor: blocks of a container in, dense weights out

For any engine that wants plain weights: they rest and travel as indexes and outliers, and are
expanded where they enter. The parser runs ahead of the expander by up to two blocks, so that the
records of a block, which come before its indexes, cost no time of the output.

Setup, while nothing is inside: entry k of the dictionary at address k, then columns and rows.`;

/** Use 1 of GOBO (MICRO 2020): memory compression in front of other compute arrays. */
export const decompressor = defineModule(
  'gobo_decompressor',
  {
    doc,
    parameters: {
      bits: 'bits of a weight index; 2^bits entries in the dictionary',
      valueBytes: 'bytes of a value',
      inputBytes: 'bytes that arrive per cycle',
      lanes: 'weights that leave per cycle',
    },
  },
  (p: DecompressorParameters) => {
    const { banks, bankDepth, indexWords } = decompressorSizes(p);
    const valueBits = 8 * p.valueBytes;
    const wordBits = 8 * p.inputBytes;
    return {
      ports: {
        setup: input(
          stream({ address: uint(setupAddressBits(p)), data: uint(decompressorSetupBits(p)) }),
          'dictionary, columns and rows',
        ),
        compressed: input(
          stream({ bytes: vec(uint(8), p.inputBytes) }),
          'blocks of the container, each matrix from the start of a beat',
        ),
        weights: output(
          stream({
            words: vec(uint(valueBits), p.lanes),
            count: uint(addressBits(p.lanes + 1)),
            last: uint(1),
          }),
          'the lowest count words are weights; last ends a row',
        ),
      },
      body({ setup, compressed, weights }) {
        const parser = instance(blockParser, p);
        const blocks = instance(...fifo({ fields: blockFields, depth: openBlocks }));
        const bank = instanceArray(deepQueue, { width: bankWordBits(p), depth: bankDepth }, [
          banks,
        ]);
        const indexQueue = instance(deepQueue, { width: wordBits + 1, depth: indexWords });
        const expand = instance(expander, p);

        // Setup.
        const columns = reg(uint(shapeBits), { init: 1 });
        const rows = reg(uint(shapeBits), { init: 1 });
        const { address, data } = setup.data;
        const toShape = address.bit(p.bits);
        setup.ready.set(1);
        when(setup.valid.and(toShape), () => {
          when(address.bit(0), () => {
            rows.set(data.bits(0, shapeBits));
          }).otherwise(() => {
            columns.set(data.bits(0, shapeBits));
          });
        });
        expand.write.set(setup.valid.and(toShape.not()));
        expand.address.set(address.truncate(p.bits));
        expand.entry.set(data.bits(0, valueBits));
        parser.columns.set(columns);
        parser.rows.set(rows);

        connect(compressed, parser.from);
        connect(parser.blocks, blocks.push);
        connect(blocks.pop, expand.blocks);
        bank.push.valid.each(bitsOf(parser.bankValid));
        bank.push.data.word.each(parser.bankWords);
        parser.bankRoom.set(bank.push.ready.asUnsigned().all());
        bank.pop.ready.each(bitsOf(expand.bankTaken));
        expand.bankValid.set(bank.pop.valid.asUnsigned());
        expand.bankWords.set(bank.pop.data.word);
        indexQueue.push.valid.set(parser.indexes.valid);
        parser.indexes.ready.set(indexQueue.push.ready);
        indexQueue.push.data.word.set(concat(parser.indexes.data.last, parser.indexes.data.word));
        expand.indexes.valid.set(indexQueue.pop.valid);
        indexQueue.pop.ready.set(expand.indexes.ready);
        expand.indexes.data.word.set(indexQueue.pop.data.word.bits(0, wordBits));
        expand.indexes.data.last.set(indexQueue.pop.data.word.bit(wordBits));
        connect(expand.to, weights);
        return { columns, rows, parser, blocks, bank, indexes: indexQueue, expand, toShape };
      },
    };
  },
);
