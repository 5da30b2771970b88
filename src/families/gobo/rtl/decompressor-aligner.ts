import { addressBits } from '../../../ir/index.ts';
import {
  concat,
  constant,
  defineModule,
  fires,
  input,
  mux,
  output,
  reg,
  stream,
  uint,
  vec,
} from '../../../hdl/index.ts';

const doc = `Byte aligner: beats of bytes in, a window of bytes that is taken from in any amount out

The window begins at the first byte that was not taken. A beat is accepted where it fits behind what
this cycle leaves of the window.`;

export interface AlignerParameters {
  readonly inputBytes: number;
  readonly windowBytes: number;
}

/** Bits of a number of bytes in the window. */
export const windowCountBits = ({ windowBytes }: Pick<AlignerParameters, 'windowBytes'>): number =>
  addressBits(windowBytes + 1);

/** Barrel shifter in front of the block parser. */
export const byteAligner = defineModule(
  'gobo_byte_aligner',
  {
    doc,
    parameters: { inputBytes: 'bytes of a beat', windowBytes: 'bytes of the window' },
  },
  (p: AlignerParameters) => {
    const countBits = windowCountBits(p);
    return {
      ports: {
        from: input(stream({ bytes: vec(uint(8), p.inputBytes) }), 'byte 0 first'),
        take: input(uint(countBits), 'bytes taken in this cycle, no more than held'),
        held: output(uint(countBits), 'bytes in the window'),
        window: output(uint(8 * p.windowBytes), 'first byte lowest; 0 beyond those held'),
      },
      body({ from, take, held, window }) {
        const bytes = reg(uint(8 * p.windowBytes), { init: 0 });
        const count = reg(uint(countBits), { init: 0 });
        held.set(count);
        window.set(bytes);

        const left = count.subWrap(take);
        from.ready.set(left.le(p.windowBytes - p.inputBytes));
        const accepted = fires(from);
        const beat = from.data.bytes.asUnsigned().extend(8 * p.windowBytes);
        const rest = bytes.shiftRight(concat(take, constant(3, 0)));
        const added = beat.shiftLeft(concat(left, constant(3, 0)));
        bytes.set(rest.or(mux(accepted, added, 0)));
        count.set(mux(accepted, left.addWrap(p.inputBytes), left));
        return { bytes, count, left, accepted, rest, added };
      },
    };
  },
);
