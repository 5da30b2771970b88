import {
  bit,
  concat,
  defineModule,
  input,
  output,
  reg,
  sint,
  uint,
  vec,
  vecOf,
  when,
} from '../../../hdl/index.ts';
import type { SInt } from '../../../hdl/index.ts';

export interface SkewParameters {
  /** Lanes: 2 or more. */
  readonly lanes: number;
  /** Bits of a lane. */
  readonly width: number;
}

/** The edge of a systolic array: a plain vector goes in, each lane comes out one step after the one before it. */
export const skew = defineModule(
  'baseline_skew',
  {
    doc: 'Skewed edge of a systolic array: lane i leaves i steps after it came',
    parameters: { lanes: 'lanes of a vector', width: 'bits of a lane' },
    named: (p: SkewParameters) => `baseline_skew_${p.lanes}x${p.width}`,
  },
  ({ lanes, width }: SkewParameters) => ({
    ports: {
      enable: input(bit(), 'moves everything by one step'),
      together: input(vec(sint(width), lanes), 'lanes of one moment, lane 0 lowest'),
      skewed: output(vec(sint(width), lanes)),
    },
    body({ enable, together, skewed }) {
      // Lane i rests in a shift register of i words, the newest lowest.
      const delays = Array.from({ length: lanes - 1 }, (_, i) => reg(uint((i + 1) * width)));
      const delayed = delays.map((delay, i): SInt => {
        const word = together.at(i + 1).asUnsigned();
        when(enable, () => {
          delay.set(i === 0 ? word : concat(delay.bits(0, i * width), word));
        });
        return delay.bits(i * width, width).asSigned();
      });
      skewed.set(vecOf([together.at(0), ...delayed]));
      return { delays };
    },
  }),
);
