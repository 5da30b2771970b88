import {
  bit,
  concat,
  defineModule,
  fires,
  input,
  instance,
  mem,
  mux,
  oneHot,
  output,
  reg,
  sint,
  stream,
  uint,
  when,
} from '../../../hdl/index.ts';
import type { Bit, Inside, SInt, SIntType, UInt } from '../../../hdl/index.ts';
import { floatAdd, half, single } from '../../../parts/float/index.ts';
import { binBits, binCount } from '../params.ts';
import type { PeParameters } from '../params.ts';
import { asFloat, bitsOfFloat, floatType, toSingle, widener, wideHalf } from './number-system.ts';

const doc = `GOBO processing element: adds activations into bins chosen by weight indexes

An operand adds its activation to the bin that its index names, or nothing where the weight is an
outlier. The operand marked last completes the set of bins; a full set leaves as a burst of bins,
lowest index first. With two sets, one fills while the other drains.

Bins rest in a small memory that needs no clearing: a bin that is not marked as used counts as 0.`;

const docFp16 = `GOBO processing element in fp16: adds halves into single-precision bins

An operand adds its activation to the bin that its index names, or nothing where the weight is an
outlier. The operand marked last completes the set of bins; a full set leaves as a burst of bins,
lowest index first. With two sets, one fills while the other drains.

A sum is rounded to single and written in the cycle of its operand, so that the next operand may name
the same bin. A bin that is not marked as used counts as +0.`;

/** What a number system gives a PE: types, and the adder, with the names of its internals. */
interface Adding {
  readonly activation: SIntType;
  readonly bin: SIntType;
  add(
    bin: SInt,
    activation: SInt,
  ): { readonly sum: SInt; readonly names: Readonly<Record<string, unknown>> };
}

/** A PE of any number system. */
function elementOf(p: Pick<PeParameters, 'bits' | 'buffers'>, { activation, bin, add }: Adding) {
  const ports = {
    operands: input(
      stream({ activation, index: uint(p.bits), outlier: bit(), last: bit() }),
      'a weight index and its activation',
    ),
    bins: output(stream({ value: bin, last: bit() }), 'bins of a full set, lowest index first'),
  };
  const body = ({ operands, bins }: Inside<typeof ports>) => {
    const words = binCount(p) * p.buffers;
    const sums = mem(bin, words, { style: 'distributed' });
    const used = reg(uint(words), { init: 0 });
    const fullSets = reg(uint(p.buffers), { init: 0 });
    const drainIndex = reg(uint(p.bits), { init: 0 });
    // A single set needs no number, and no register for it.
    const fillSet = p.buffers === 2 ? reg(bit(), { init: 0 }) : undefined;
    const drainSet = p.buffers === 2 ? reg(bit(), { init: 0 }) : undefined;
    const inSet = (set: Bit | undefined, index: UInt): UInt => (set ? concat(set, index) : index);

    operands.ready.set(fullSets.ne(p.buffers));
    const accepted = fires(operands);
    const adds = accepted.and(operands.data.outlier.not());
    const filled = accepted.and(operands.data.last);
    const fillAddress = inSet(fillSet, operands.data.index);
    const fillWord = sums.read(fillAddress);
    const partial = mux(used.at(fillAddress), fillWord, 0);
    const { sum, names } = add(partial, operands.data.activation);
    when(adds, () => {
      sums.write(fillAddress, sum);
    });

    const lastBin = drainIndex.all();
    const drainAddress = inSet(drainSet, drainIndex);
    bins.valid.set(fullSets.ne(0));
    const drainWord = sums.read(drainAddress);
    bins.data.value.set(mux(used.at(drainAddress), drainWord, 0));
    bins.data.last.set(lastBin);
    const drained = fires(bins);
    const emptied = drained.and(lastBin);
    when(drained, () => {
      drainIndex.set(drainIndex.addWrap(1));
    });

    const marked = mux(adds, oneHot(fillAddress, words), 0);
    const cleared = mux(drained, oneHot(drainAddress, words), 0);
    used.set(used.or(marked).and(cleared.not()));
    when(filled.and(emptied.not()), () => {
      fullSets.set(fullSets.addWrap(1));
    }).elseWhen(emptied.and(filled.not()), () => {
      fullSets.set(fullSets.subWrap(1));
    });
    fillSet?.set(fillSet.xor(filled));
    drainSet?.set(drainSet.xor(emptied));
    return {
      sums,
      used,
      fullSets,
      drainIndex,
      ...(fillSet && drainSet ? { fillSet, drainSet } : {}),
      accepted,
      adds,
      filled,
      fillAddress,
      fillWord,
      partial,
      sum,
      drainAddress,
      drainWord,
      marked,
      cleared,
      drained,
      emptied,
      ...names,
    };
  };
  return { ports, body };
}

/** The PE of GOBO (MICRO 2020): an adder and 2^bits accumulators addressed by the weight index. */
export const processingElement = defineModule(
  'gobo_pe',
  {
    doc,
    parameters: {
      bits: 'bits of a weight index; a set has 2^bits bins',
      activationBits: 'bits of a signed activation',
      maxLength: 'operands of the longest dot product',
      buffers: 'sets of bins',
    },
  },
  (p: PeParameters) =>
    elementOf(p, {
      activation: sint(p.activationBits),
      bin: sint(binBits(p)),
      add: (bin, activation) => ({ sum: bin.accumulate(activation), names: {} }),
    }),
);

/** Numbers of the operands of a PE in fp16: halves, or wide halves where one unit widens for all PEs. */
export interface Fp16ElementParameters extends Pick<PeParameters, 'bits' | 'buffers'> {
  readonly operands: 'half' | 'wide';
}

/** The same PE in fp16: single-precision bins, and an adder that takes one cycle. */
export const processingElementFp16 = defineModule(
  'gobo_pe_fp16',
  {
    doc: docFp16,
    parameters: {
      bits: 'bits of a weight index; a set has 2^bits bins',
      buffers: 'sets of bins',
    },
    named: ({ operands }: Fp16ElementParameters) =>
      operands === 'half' ? 'gobo_pe_fp16' : 'gobo_pe_fp16_wide',
  },
  (p: Fp16ElementParameters) => {
    const isHalf = p.operands === 'half';
    return elementOf(p, {
      activation: floatType(isHalf ? half : wideHalf),
      bin: floatType(single),
      add(bin, activation) {
        const adder = instance(...floatAdd({ format: single }));
        const widen = isHalf ? widener() : undefined;
        widen?.value.set(bitsOfFloat(activation));
        adder.a.set(bitsOfFloat(bin));
        adder.b.set(toSingle(widen?.converted ?? bitsOfFloat(activation)));
        return { sum: asFloat(adder.sum), names: { adder, ...(widen ? { widen } : {}) } };
      },
    });
  },
);
