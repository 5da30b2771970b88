/** What the units promise, with results written by hand; refusals; clean Verilog. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { defineModule, elaborate, input, instance, output, uint } from '../../../src/hdl/index.ts';
import {
  bfloat16,
  floatAdd,
  floatBits,
  floatConvert,
  floatMultiply,
  half,
  normalizer,
  single,
} from '../../../src/parts/index.ts';
import { createSimulator } from '../../../src/simulator/index.ts';
import { icarus, verilator, yosys } from '../../../src/tools/index.ts';
import { icarusLint, verilatorLint, yosysCheck } from '../../../src/tools/index.ts';
import { writeSources } from '../../../src/testbench/verilog-source.ts';
import { emitVerilog } from '../../../src/verilog/index.ts';
import { available } from '../../tools/available.ts';
import { hex } from './bits.ts';
import { simulated } from './run-unit.ts';
import { addUnit, convertUnit, multiplyUnit } from './units.ts';
import type { Unit } from './units.ts';

type Row = readonly [a: number, b: number, result: number, why: string];

function expectRows(unit: Unit, rows: readonly Row[]): void {
  const result = simulated(unit, unit.program);
  for (const [a, b, expected, why] of rows) expect(hex(result(a, b)), why).toBe(hex(expected));
}

const quiet = 0x7fc00000;
const infinity = 0x7f800000;
const minus = 0x80000000;

describe('single-precision sums', () => {
  it('are rounded to nearest, ties to even', () => {
    expectRows(addUnit(single), [
      [0x3f800000, 0x3f800000, 0x40000000, '1 + 1'],
      [0x3f800000, 0x33800000, 0x3f800000, '1 + 2^-24: a tie, to even'],
      [0x3f800001, 0x33800000, 0x3f800002, '1 + 2^-23 + 2^-24: a tie, to even'],
      [0x3f800000, 0x33800001, 0x3f800001, '1 and a little more than 2^-24'],
      [0x3f800000, 0xb3000000, 0x3f800000, '1 - 2^-25: a tie of the lower binade'],
      [0x3f800000, 0xb3000001, 0x3f7fffff, '1 less a little more than 2^-25'],
      [0x3f800000, 0x80000001, 0x3f800000, 'the least subnormal is lost below 1'],
      [0x4b7fffff, 0x3f000000, 0x4b800000, 'a carry through the whole fraction'],
      [0x7f7fffff, 0x7f7fffff, infinity, 'overflow'],
      [0x7f7fffff, 0x73000000, infinity, 'half a place above the largest number'],
      [0x7f7fffff, 0x72ffffff, 0x7f7fffff, 'just below that'],
    ]);
  });

  it('know subnormals and signed zeros', () => {
    expectRows(addUnit(single), [
      [0x00000001, 0x00000001, 0x00000002, 'two subnormals'],
      [0x007fffff, 0x00000001, 0x00800000, 'from subnormal to normal'],
      [0x00800000, 0x80000001, 0x007fffff, 'from normal to subnormal'],
      [0x01000001, 0x81000000, 0x00000002, 'cancellation into subnormals'],
      [0x3f800000, 0xbf800000, 0, '1 - 1 is +0'],
      [0, minus, 0, '0 - 0'],
      [minus, 0, 0, '-0 + 0'],
      [minus, minus, minus, '-0 - 0'],
      [0xbf800000, 0, 0xbf800000, '-1 + 0'],
    ]);
  });

  it('know infinities and the canonical NaN', () => {
    expectRows(addUnit(single), [
      [infinity, 0x7f7fffff, infinity, 'infinity + the largest number'],
      [0xff7fffff, infinity, infinity, 'infinity - the largest number'],
      [0xff800000, 0xff800000, 0xff800000, 'two negative infinities'],
      [infinity, 0xff800000, quiet, 'infinity - infinity'],
      [0xff800000, infinity, quiet, 'the other way round'],
      [0x7f800001, 0x3f800000, quiet, 'a signalling NaN'],
      [0x3f800000, 0xffffffff, quiet, 'a negative NaN with payload'],
      [0xffc00001, infinity, quiet, 'a NaN and infinity'],
    ]);
  });
});

describe('products', () => {
  it('of a half and a single are rounded once', () => {
    expectRows(multiplyUnit(half, single, single), [
      [0x3c00, 0x3f800000, 0x3f800000, '1 * 1'],
      [0xc000, 0x3fc00000, 0xc0400000, '-2 * 1.5'],
      [0x3c01, 0x3f800000, 0x3f802000, '(1 + 2^-10) * 1'],
      [0x3c01, 0x3f800200, 0x3f802200, 'a tie: (1 + 2^-10) (1 + 2^-14), to even'],
      [0x3c01, 0x3f800201, 0x3f802202, 'above a tie'],
      [0x0001, 0x4b800000, 0x3f800000, 'the least half * 2^24'],
      [0x3800, 0x00000001, 0, 'half the least subnormal: a tie, to zero'],
      [0x3801, 0x00000001, 1, 'a little more than that'],
      [0x3800, 0x00000003, 2, 'a tie among subnormals, to even'],
      [0x3bff, 0x00800000, 0x007ff000, 'from normal to subnormal'],
      [0x0001, 0x80000001, minus, 'underflow keeps the sign'],
      [0x7bff, 0x7f7fffff, infinity, 'overflow'],
      [0xbc00, 0, minus, '-1 * 0'],
      [0x7c00, 0xbf800000, 0xff800000, 'infinity * -1'],
      [0x7c00, 0, quiet, 'infinity * 0'],
      [0x8000, infinity, quiet, '-0 * infinity'],
      [0x7c01, 0x3f800000, quiet, 'a signalling NaN'],
      [0x3c00, 0xffffffff, quiet, 'a NaN with payload'],
    ]);
  });

  it('of two halves are rounded in half, and exact in single precision', () => {
    expectRows(multiplyUnit(half, half, half), [
      [0x7bff, 0x3c00, 0x7bff, 'the largest number * 1'],
      [0x7bff, 0x3c01, 0x7c00, 'overflow'],
      [0x0400, 0x3800, 0x0200, 'half the least normal number'],
      [0x0001, 0x3800, 0, 'a tie, to zero'],
      [0x0001, 0x3801, 1, 'above the tie'],
    ]);
    expectRows(multiplyUnit(half, half, single), [
      [0x0001, 0x0001, 0x27800000, '2^-48'],
      [0x7bff, 0x7bff, 0x4f7fc004, '65504^2'],
      [0x3c01, 0x3c01, 0x3f804008, '(1 + 2^-10)^2'],
    ]);
  });
});

describe('conversions', () => {
  it('widen exactly and narrow by rounding once', () => {
    expectRows(convertUnit(half, single), [
      [0x0001, 0, 0x33800000, '2^-24'],
      [0x83ff, 0, 0xb87fc000, 'the largest subnormal, negative'],
      [0x7bff, 0, 0x477fe000, '65504'],
      [0xfc00, 0, 0xff800000, '-infinity'],
      [0xfe01, 0, quiet, 'NaN'],
      [0x8000, 0, minus, '-0'],
    ]);
    expectRows(convertUnit(single, half), [
      [0x477fefff, 0, 0x7bff, 'just below 65520'],
      [0x477ff000, 0, 0x7c00, '65520'],
      [0x3f801000, 0, 0x3c00, '1 + 2^-11: a tie, to even'],
      [0x3f803000, 0, 0x3c02, '1 + 3 * 2^-11: a tie, to even'],
      [0x33000000, 0, 0, '2^-25: a tie, to zero'],
      [0x33000001, 0, 1, 'above it'],
      [0x387fffff, 0, 0x0400, 'rounds up to the least normal number'],
      [0x80000001, 0, 0x8000, 'the least subnormal, negative'],
      [0x7f800001, 0, 0x7e00, 'a signalling NaN'],
    ]);
  });
});

describe('the normalizer', () => {
  it('shifts by the leading zeros, at most by the limit', () => {
    const sizes = [[2], [3], [5], [8], [8, 1], [8, 3], [5, 2]];
    for (const [width, reach = width! - 1] of sizes as [number, number?][]) {
      const program = elaborate(...normalizer({ width, reach }));
      const simulator = createSimulator(program);
      const limits = program.modules[0]!.ports.find(({ name }) => name === 'limit')!.width;
      for (let value = 0; value < 2 ** width; value++) {
        for (let limit = 0; limit < 2 ** limits; limit++) {
          simulator.poke('value', value);
          simulator.poke('limit', limit);
          // Math.clz32 counts in 32 bits.
          const zeros = value === 0 ? limit : Math.clz32(value) - (32 - width);
          const shift = Math.min(zeros, limit);
          const at = `${width} bits: ${value}, ${limit}`;
          expect(Number(simulator.peek('shift')), at).toBe(shift);
          const normalized = (value << shift) % 2 ** width;
          expect(Number(simulator.peek('normalized')), at).toBe(normalized);
        }
      }
    }
  });
});

describe('parameters', () => {
  const odd = { exponentBits: 1, fractionBits: 3 };
  it.each([
    [() => floatAdd({ format: odd }), /^floatAdd needs 2 to 15 exponent bits in format, not 1/],
    [
      () => floatAdd({ format: { exponentBits: 5, fractionBits: 0 } }),
      /^floatAdd needs 1 fraction bit or more in format, not 0/,
    ],
    [() => floatAdd({ format: half, stages: 5 }), /^floatAdd has 0 to 4 stages, not 5/],
    [
      () => floatMultiply({ a: half, b: odd, result: half }),
      /^floatMultiply needs 2 to 15 exponent bits in b, not 1/,
    ],
    [
      () => floatMultiply({ a: half, b: half, result: half, stages: 1.5 }),
      /^floatMultiply has 0 to 3 stages, not 1.5/,
    ],
    [() => floatConvert({ from: half, to: odd }), /^floatConvert needs 2 to 15 .* in to, not 1/],
    [() => normalizer({ width: 1 }), /^a normalizer shifts values of 2 bits or more, not 1/],
    [
      () => normalizer({ width: 5, reach: 5 }),
      /^a normalizer of 5 bits reaches 1 to 4 places, not 5/,
    ],
  ])('that cannot be are refused where they were written: %o', (make, message) => {
    expect(make).toThrow(message);
    try {
      make();
    } catch (error) {
      expect((error as Error).stack!.split('\n')[1]).toContain('rules.test.ts');
    }
  });

  it('decide whether there is an enable', () => {
    const both = defineModule('both', { doc: 'A sum and a later product' }, () => ({
      ports: { a: input(uint(16)), b: input(uint(16)), result: output(uint(16)) },
      body({ a, b, result }) {
        const adder = instance(...floatAdd({ format: half }));
        const multiplier = instance(
          ...floatMultiply({ a: half, b: half, result: half, stages: 2 }),
        );
        adder.a.set(a);
        adder.b.set(b);
        // @ts-expect-error -- a combinational unit has none
        expect(adder.enable).toBeUndefined();
        multiplier.enable.set(1);
        multiplier.a.set(adder.sum);
        multiplier.b.set(b);
        result.set(multiplier.product);
        return { adder, multiplier };
      },
    }));
    const { modules } = elaborate(both, undefined);
    expect(modules.map(({ name }) => name)).toEqual([
      'normalizer_15_by_14',
      'float_add_f16',
      'normalizer_34_by_23',
      'float_multiply_f16_f16_to_f16_2_stages',
      'both',
    ]);
  });

  it('that are equal share a module: no stages are the default', () => {
    const pair = defineModule('pair', { doc: 'Two adders' }, () => ({
      ports: { a: input(uint(16)), sum: output(uint(16)) },
      body({ a, sum }) {
        const first = instance(...floatAdd({ format: bfloat16 }));
        const second = instance(...floatAdd({ stages: 0, format: { ...bfloat16 } }));
        first.a.set(a);
        first.b.set(a);
        second.a.set(first.sum);
        second.b.set(a);
        sum.set(second.sum);
        return { first, second };
      },
    }));
    const { modules } = elaborate(pair, undefined);
    expect(modules.map(({ name }) => name)).toEqual([
      'normalizer_12_by_11',
      'float_add_bf16',
      'pair',
    ]);
    expect(floatBits(bfloat16)).toBe(16);
  });
});

const cases: [string, Unit][] = [
  addUnit(single),
  addUnit(half),
  addUnit(bfloat16),
  addUnit({ exponentBits: 2, fractionBits: 1 }),
  addUnit({ exponentBits: 2, fractionBits: 13 }),
  addUnit(single, 4),
  multiplyUnit(half, single, single),
  multiplyUnit(half, half, half),
  multiplyUnit(half, half, single),
  multiplyUnit(bfloat16, bfloat16, single),
  multiplyUnit(single, single, single),
  multiplyUnit(single, single, single, 3),
  convertUnit(half, single),
  convertUnit(single, half),
  convertUnit({ exponentBits: 2, fractionBits: 1 }, single),
].map((unit) => [unit.program.top, unit]);

describe.skipIf(!(await available(verilator, icarus, yosys)))('Verilog', () => {
  it.each(cases)('of %s is clean in three tools', async (_, { program }) => {
    const folder = await mkdtemp(join(tmpdir(), 'systole-float-'));
    try {
      const files = await writeSources(folder, emitVerilog(program));
      const { top } = program;
      const found = await Promise.all([
        verilatorLint(files, { top }),
        icarusLint(files, { top }),
        yosysCheck(files, { top }),
      ]);
      expect(found.flat()).toEqual([]);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
