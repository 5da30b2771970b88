import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { halfFormat as half, singleFormat as single } from '../../../src/numeric/index.ts';
import type { Program } from '../../../src/ir/index.ts';
import { mutationsOf } from '../../ir/mutations.ts';
import { corners, operands } from './operands.ts';
import { simulated } from './run-unit.ts';
import { addUnit, multiplyUnit } from './units.ts';
import type { Unit } from './units.ts';

/** Operands with their result: every pair of some corners, and drawn ones. */
function vectorsOf(unit: Unit): (readonly [number, number, number])[] {
  const [a, b = a] = unit.operands.map(({ format }) => corners(format));
  const listed = a!.flatMap((x) => b!.map((y) => [x, y] as const));
  const drawn = fc.sample(operands(unit), { numRuns: 20_000, seed: 5 });
  return [...drawn, ...listed].map(([x, y]) => [x, y, unit.golden(x, y)] as const);
}

/** Faults that change no result, with the reason. */
const harmless: readonly (readonly [what: string, reason: string])[] = [
  [
    'normalizer_28_by_27: const is one more',
    'a one that enters by 4 ends below an even last place',
  ],
  ['normalizer_28_by_27: unary takes another reduction', 'of one bit'],
  ['float_add_f32: swap ltUnsigned becomes leUnsigned', 'of equal magnitudes either is the larger'],
  ['float_add_f32: unary takes another reduction', 'a smaller NaN only meets a larger one'],
  [
    'float_add_f32: unary takes another reduction',
    'so far below a normal number, the sticky bit changes no rounding to nearest',
  ],
  ['float_add_f32: unary is stuck at 0', 'part of smaller_nan'],
  ['float_add_f32: smaller_nan and becomes or', 'nothing reads it'],
  ['float_add_f32: smaller_nan is stuck at 0', 'nothing reads it'],
  [
    'float_add_f32: extend extends with the other sign',
    'into the carry of rounding, which is cut off',
  ],
  ['float_add_f32: binary ltUnsigned becomes leUnsigned', 'a limit at which it saturates'],
  ['normalizer_48_by_29: unary takes another reduction', 'of one bit'],
  [
    'float_multiply_f16_f32_to_f32: extend extends with the other sign',
    'the sum of the exponents does not reach its sign',
  ],
  [
    'float_multiply_f16_f32_to_f32: extend extends with the other sign',
    'into the carry of rounding, which is cut off',
  ],
  [
    'float_multiply_f16_f32_to_f32: binary ltUnsigned becomes leUnsigned',
    'a limit at which it saturates',
  ],
];

describe('every small fault that matters is found', () => {
  const units = [addUnit(single), multiplyUnit(half, single, single)];
  it.each(units.map((unit) => [unit.program.top, unit] as const))('in %s', (top, unit) => {
    const vectors = vectorsOf(unit);
    const isRight = (program: Program): boolean => {
      try {
        const result = simulated(unit, program);
        return vectors.every(([a, b, expected]) => result(a, b) === expected);
      } catch {
        // Combinational loops are found out, too.
        return false;
      }
    };
    expect(isRight(unit.program)).toBe(true);
    const mutations = mutationsOf(unit.program);
    // Numbers of nodes change with every edit of a module.
    const alive = mutations
      .filter(({ program }) => isRight(program))
      .map(({ what }) => what.replace(/node \d+ /, ''));
    console.log(`${top}: ${mutations.length - alive.length} of ${mutations.length} killed`);
    const modules = unit.program.modules.map(({ name }) => `${name}: `);
    const expected = harmless
      .map(([what]) => what)
      .filter((what) => modules.some((name) => what.startsWith(name)));
    expect(alive.sort()).toEqual(expected.sort());
  });
});
