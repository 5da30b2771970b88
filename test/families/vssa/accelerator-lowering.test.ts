import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { acceleratorLowering } from '../../../src/families/vssa/accelerator-lowering.ts';
import {
  acceleratorJobs,
  acceleratorSums,
} from '../../../src/families/vssa/accelerator-products.ts';
import { acceleratorResultBeats } from '../../../src/families/vssa/format/accelerator-streams.ts';
import { goldenAccelerator } from '../../../src/families/vssa/golden-accelerator.ts';
import { flagsAddress } from '../../../src/families/vssa/params.ts';
import { InputError, rng } from '../../../src/numeric/index.ts';
import type { Rng } from '../../../src/numeric/index.ts';
import { exactMatmul, matrix } from '../../../src/tensor/index.ts';
import type { IntegerProduct } from '../../../src/tensor/index.ts';
import { beatBytes } from '../../../src/testbench/beats.ts';
import type { Job } from '../../../src/testbench/job.ts';

const none = new Map<string, Uint8Array>();
const p = {
  ...{ rows: 3, cols: 4, skid: 0, maxTokens: 32, loadWords: 2 },
  ...{ leftBlocks: 40, rightBlocks: 40 },
};

const anyBits = (length: number) =>
  fc
    .array(fc.constantFrom(8, 4, 0), { minLength: length, maxLength: length })
    .filter((bits) => bits.some((own) => own > 0));

/** Codes of rows (or, with `columns` bits, of columns) with these bits, from `low` to `high`. */
function codes(
  random: Rng,
  rows: number,
  columns: number,
  bitsAt: (row: number, column: number) => number,
  signed = true,
): Int16Array {
  const data = new Int16Array(rows * columns);
  for (let row = 0, at = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++, at++) {
      const bits = bitsAt(row, column);
      if (bits === 8) data[at] = signed ? random.below(256) - 128 : random.below(256);
      if (bits === 4) data[at] = 16 * (signed ? random.below(16) - 8 : random.below(16));
    }
  }
  return data;
}

/** Rows that take part, from the codes alone. */
function expected({ left, right }: IntegerProduct): (number | undefined)[] {
  const whole = exactMatmul(left, right);
  return Array.from(whole, (sum, at) =>
    left.rowBits?.[Math.floor(at / right.rows)] === 0 || right.rowBits?.[at % right.rows] === 0
      ? 0
      : sum | 0,
  );
}

const run = (parameters: typeof p, products: readonly IntegerProduct[]) => {
  const jobs = acceleratorJobs(parameters, products);
  const outcomes = jobs.map((job) => goldenAccelerator(parameters, job, none));
  return { jobs, outcomes, sums: acceleratorSums(parameters, products, outcomes) };
};

const flagsOf = ({ writes }: Job): number =>
  writes.find(([address]) => address === flagsAddress)![1];

describe('the heads of a layer on the accelerator', () => {
  const scores = (bits: readonly number[], depth: number, random: Rng): IntegerProduct => {
    const rowBits = Uint8Array.from(bits);
    const side = () => ({
      ...{ rows: bits.length, columns: depth, rowBits },
      data: codes(random, bits.length, depth, (row) => bits[row]!),
    });
    return { left: side(), right: side(), leftSigned: true };
  };
  const context = (
    bits: readonly number[],
    depth: number,
    asQuery: boolean,
    random: Rng,
  ): IntegerProduct => {
    const n = bits.length;
    const rows = bits.map((own) => (own === 0 ? 0 : asQuery ? own : 8));
    return {
      left: {
        ...{ rows: n, columns: n, rowBits: Uint8Array.from(rows) },
        data: codes(random, n, n, (row, key) => (bits[key] === 0 ? 0 : rows[row]!), false),
      },
      right: {
        ...{ rows: depth, columns: n, columnBits: Uint8Array.from(bits) },
        data: codes(random, depth, n, (_, key) => bits[key]!),
      },
      leftSigned: false,
    };
  };

  it('are one job, whose sums are those of the tokens that are alive', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 12 }).chain(anyBits),
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 3 }),
        fc.constantFrom('scores', '8-bit', 'query'),
        fc.nat(),
        (bits, depth, heads, kind, seed) => {
          const random = rng(seed);
          const products = Array.from({ length: heads }, () =>
            kind === 'scores'
              ? scores(bits, depth, random)
              : context(bits, depth, kind === 'query', random),
          );
          const { jobs, sums } = run(p, products);
          expect(jobs).toHaveLength(1);
          products.forEach((product, head) => {
            expect([...sums[head]!]).toEqual(expected(product));
          });
        },
      ),
      { numRuns: 60 },
    );
  });

  it('place tokens by the list, and values as indexes', () => {
    const random = rng(1);
    const bits = [8, 0, 4, 8, 4];
    const flags = (product: IntegerProduct): number => flagsOf(acceleratorJobs(p, [product])[0]!);
    // Bits 0 and 1 are signs, 2 and 3 placing by list, 4 index mode, 5 and 6 requantizers, 7 rows by list.
    expect(flags(scores(bits, 4, random))).toBe(0b1110_1111);
    expect(flags(context(bits, 4, true, random))).toBe(0b1101_1010);
    expect(flags(context(bits, 4, false, random))).toBe(0b1101_1010);
  });

  it('hide the load of one behind the work of another', () => {
    const bits = Array.from({ length: 12 }, () => 8);
    const time = (heads: number): number => {
      const random = rng(2);
      const products = Array.from({ length: heads }, () => scores(bits, 8, random));
      return run(p, products).outcomes[0]!.cycles;
    };
    // 4 x 3 tiles of 8 products of 4 cycles; a side loads 12 rows of 4 beats in 48.
    expect(time(3) - time(2)).toBe(12 * 8 * 4);
    expect(time(2) - time(1)).toBe(12 * 8 * 4);
  });

  it('are refused where tokens do not fit, with what would do', () => {
    const bits = Array.from({ length: 33 }, () => 8);
    const small = scores(bits, 2, rng(1));
    expect(() => acceleratorJobs(p, [small])).toThrow(InputError);
    expect(() => acceleratorJobs(p, [small])).toThrow('set maxTokens to at least 33');
    const deep = scores([8, 8, 4, 4, 4, 4, 4], 60, rng(1));
    expect(() => acceleratorJobs(p, [deep])).toThrow('set rightBlocks to at least 60');
    expect(() => acceleratorJobs({ ...p, rightBlocks: 60 }, [deep])).toThrow(
      'set leftBlocks to at least 90',
    );
    expect(run({ ...p, rightBlocks: 60, leftBlocks: 90 }, [deep]).sums[0]).toHaveLength(49);
    const long = context(
      Array.from({ length: 30 }, (_, i) => (i < 3 ? 4 : 8)),
      3,
      false,
      rng(3),
    );
    // 8-bit rows of probabilities are cut: a bank has room for 2 groups of 3.
    const { jobs, sums } = run(p, [long]);
    expect(jobs).toHaveLength(5);
    expect([...sums[0]!]).toEqual(expected(long));
    expect(() => acceleratorJobs({ ...p, leftBlocks: 14 }, [long])).toThrow('leftBlocks');
    expect(() => acceleratorJobs({ ...p, rightBlocks: 14 }, [long])).toThrow('rightBlocks');
  });
});

describe('a linear layer on the accelerator', () => {
  it('is the product computed whole, whatever fits into the banks, beat for beat where `locate` says', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 12 }),
        fc.constantFrom(3, 40),
        fc.nat(),
        (tokens, features, inner, blocks, seed) => {
          const parameters = { ...p, leftBlocks: blocks, rightBlocks: blocks };
          const random = rng(seed);
          const w = matrix(
            features,
            inner,
            Float32Array.from({ length: features * inner }, () => random.normal()),
          );
          const { weights } = acceleratorLowering.quantize(parameters, w, 'w');
          const activations = Int32Array.from(codes(random, tokens, inner, () => 8));
          const call = { weights, tokens, activations };
          const jobs = acceleratorLowering.lower(parameters, call);
          const outcomes = jobs.map((job) => goldenAccelerator(parameters, job, none));
          const whole = acceleratorLowering.product(parameters, call);
          expect([...acceleratorLowering.raise(parameters, call, outcomes)]).toEqual([...whole]);

          const stride = beatBytes(acceleratorResultBeats(p).widths);
          const parts = new Int32Array(whole.length);
          let beats = 0;
          outcomes.forEach(({ outputs }, job) => {
            const bytes = outputs['results']!;
            for (let at = 0; at < bytes.length; at += stride, beats++) {
              const place = acceleratorLowering.locate(parameters, call, job, at / stride);
              expect(place.tile).toBe(Math.floor(place.row / 4));
              // The first sum is behind `row` and `column`, 20 bits.
              const low = new DataView(bytes.buffer, bytes.byteOffset + at).getUint32(2, true);
              const high = bytes[at + 6]!;
              parts[place.token * features + place.row]! += (low >>> 4) | (high << 28);
            }
          });
          expect(acceleratorLowering.resultBeats!(parameters, call)).toBe(beats);
          whole.forEach((sum, at) => {
            if ((at % features) % 4 === 0) expect(parts[at]).toBe(sum);
          });
        },
      ),
      { numRuns: 25 },
    );
  });

  it('takes rows of any precision, and weights of 4 bits', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }).chain(anyBits),
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 10 }),
        fc.constantFrom(3, 40),
        fc.boolean(),
        fc.nat(),
        (drawn, features, inner, blocks, clipped, seed) => {
          const random = rng(seed);
          // Where weights are clipped, all rows have 4 bits.
          const bits = clipped ? drawn.map(() => 4) : drawn;
          const product: IntegerProduct = {
            left: {
              ...{ rows: bits.length, columns: inner, rowBits: Uint8Array.from(bits) },
              data: codes(random, bits.length, inner, (row) => bits[row]!),
            },
            right: {
              ...{ rows: features, columns: inner },
              data: codes(random, features, inner, () => (clipped ? 4 : 8)),
              ...(clipped && { rowBits: new Uint8Array(features).fill(4) }),
            },
            leftSigned: true,
          };
          const parameters = { ...p, leftBlocks: blocks, rightBlocks: blocks };
          expect([...run(parameters, [product]).sums[0]!]).toEqual(expected(product));
        },
      ),
      { numRuns: 40 },
    );
  });

  it('is refused without an activation for every column', () => {
    const w = matrix(2, 5, new Float32Array(10).fill(1));
    const { weights } = acceleratorLowering.quantize(p, w, 'w');
    const call = { weights, tokens: 2, activations: new Int32Array(9) };
    expect(() => acceleratorLowering.lower(p, call)).toThrow(InputError);
  });
});
