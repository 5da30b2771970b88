import { describe, expect, it } from 'vitest';

import { crossover } from '../../../bench/crossover/measure.ts';
import type { Crossover } from '../../../bench/crossover/measure.ts';
import { fixedMatrix } from '../../../src/families/gobo/format/fixed.ts';
import { quantizeGobo } from '../../../src/families/gobo/quantizer.ts';
import { arrayPart, decompressorArray } from '../../../src/families/gobo/rtl/decompressor-array.ts';
import type { ArrayChoice } from '../../../src/families/gobo/rtl/decompressor-array.ts';
import { elaborate } from '../../../src/hdl/index.ts';
import { rng } from '../../../src/numeric/index.ts';
import { emitVerilog } from '../../../src/verilog/index.ts';
import { skipReason } from '../../verilog/against-tools.ts';
import { lint } from '../../verilog/lint.ts';

const lanes = 4;

/** Small arrays; a pass of each is another number of blocks, or a part of one. */
const arrays = (operandBits: number): readonly ArrayChoice[] => [
  { kind: 'systolic', p: { rows: 8, columns: 8, operandBits, lanes } },
  {
    kind: 'row-stationary',
    p: { rows: 2, columns: 8, rowLength: 16, outputs: 4, operandBits, lanes },
  },
  {
    kind: 'dot-product',
    p: { outputs: 4, tokens: 4, inputs: 4, operandBits, lanes, groups: 2, maxLength: 96 },
  },
];

/** A layer of 16 x 96 weights, some of them outliers, and 8 tokens. */
function layer(operandBits: number) {
  const random = rng(3);
  const [rows, columns, tokens] = [16, 96, 8];
  const data = Float32Array.from({ length: rows * columns }, () => 0.05 * random.normal());
  for (let i = 7; i < data.length; i += 97) data[i]! *= 9;
  const { packed } = quantizeGobo({ rows, columns, data }, { bits: 3 });
  const limit = 2 ** (operandBits - 1);
  return {
    weights: fixedMatrix(packed, operandBits),
    activations: Int32Array.from(
      { length: tokens * columns },
      () => [-limit, limit - 1][random.below(8)] ?? random.below(2 * limit) - limit,
    ),
    tokens,
  };
}

describe.each([8, 16])('from compressed weights of %i bits', (operandBits) => {
  const some = layer(operandBits);
  it.each(arrays(operandBits))(
    'the $kind array computes what it does from plain ones, in fewer bytes and cycles',
    async (array) => {
      expect(some.weights.outliers.positions.length).toBeGreaterThan(10);
      // Every result is compared with the product computed whole.
      const found = await crossover(array, some, [1, 4]);
      const [narrow, wide] = found as [Crossover, Crossover];
      expect(narrow.compressedBytes / narrow.plainBytes).toBeLessThan(
        operandBits === 8 ? 0.5 : 0.3,
      );
      // Bound by memory, cycles are bytes.
      expect(narrow.plainCycles).toBeGreaterThanOrEqual(narrow.plainBytes);
      expect(narrow.plainCycles).toBeLessThan(1.1 * narrow.plainBytes);
      expect(narrow.compressedCycles).toBeGreaterThanOrEqual(narrow.compressedBytes);
      expect(narrow.compressedCycles).toBeLessThan(0.9 * narrow.plainCycles);
      for (const { plainCycles, compressedCycles, computeCycles } of found) {
        expect(Math.min(plainCycles, compressedCycles)).toBeGreaterThanOrEqual(computeCycles);
      }
      expect(wide.plainCycles).toBeLessThan(narrow.plainCycles);
      await crossover(array, some, [2], { seed: operandBits, source: 90, sink: 90 });
    },
  );
});

describe('the array behind a decompressor', () => {
  it.skipIf(skipReason !== '').each(arrays(8))(`of $kind is lint-clean${skipReason}`, (array) => {
    const program = elaborate(decompressorArray, { bits: 3, valueBytes: 1, inputBytes: 4, array });
    expect(program.top).toBe(`gobo_decompressor_${array.kind.replace('-', '_')}`);
    expect(lint(emitVerilog(program), program.top)).toBe('');
  });

  it('has the part that was chosen', () => {
    expect(arrays(8).map((array) => elaborate(...arrayPart(array)).top)).toEqual([
      'systolic_array_8x8x8',
      'row_stationary_array_2x8x8',
      'dot_product_unit_4x4x4x8',
    ]);
  });
});
