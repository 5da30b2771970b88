/** Units in the embedded simulator: small formats exhaustively, the usual ones by drawn operands. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bfloat16Format as bfloat16,
  halfFormat as half,
  singleFormat as single,
} from '../../../src/numeric/index.ts';
import type { FloatFormat } from '../../../src/numeric/index.ts';
import { createSimulator } from '../../../src/simulator/index.ts';
import { hex, sizeOf } from './bits.ts';
import { corners, operands } from './operands.ts';
import { simulated } from './run-unit.ts';
import { addUnit, convertUnit, multiplyUnit } from './units.ts';
import type { Unit } from './units.ts';

const format = (exponentBits: number, fractionBits: number): FloatFormat => ({
  exponentBits,
  fractionBits,
});

const runs = process.env['SYSTOLE_REGRESS'] ? 200_000 : 5_000;

const titled = (units: readonly Unit[]): [string, Unit][] =>
  units.map((unit) => [unit.program.top, unit]);

const describePair = (unit: Unit, a: number, b: number): string =>
  `${unit.program.top}(${hex(a)}, ${hex(b)})`;

describe('every operand', () => {
  const small = [
    addUnit(format(2, 1)),
    addUnit(format(2, 2)),
    addUnit(format(3, 2)),
    addUnit(format(4, 3)),
    addUnit(format(5, 1)),
    addUnit(format(2, 5)),
    addUnit(format(5, 2)),
    multiplyUnit(format(2, 1), format(2, 1), format(2, 1)),
    multiplyUnit(format(4, 3), format(4, 3), format(4, 3)),
    // Of a wider and a narrower result, which is exact, overflows, or loses subnormals.
    multiplyUnit(format(3, 2), format(4, 3), format(4, 3)),
    multiplyUnit(format(4, 3), format(3, 2), format(3, 1)),
    multiplyUnit(format(2, 1), format(2, 1), format(5, 7)),
    multiplyUnit(format(5, 2), format(2, 3), format(3, 3)),
    multiplyUnit(format(2, 4), format(3, 3), format(2, 2)),
  ];
  it.each(titled(small))('of %s', (_, unit) => {
    const result = simulated(unit, unit.program);
    const [a, b] = unit.operands.map((each) => sizeOf(each.format));
    const wrong: string[] = [];
    for (let x = 0; x < a!; x++) {
      for (let y = 0; y < b!; y++) {
        if (result(x, y) !== unit.golden(x, y)) wrong.push(describePair(unit, x, y));
      }
    }
    expect(wrong).toEqual([]);
  });

  const conversions = [
    convertUnit(half, single),
    convertUnit(half, half),
    convertUnit(half, bfloat16),
    convertUnit(bfloat16, half),
    convertUnit(half, format(3, 2)),
    convertUnit(bfloat16, format(2, 1)),
    convertUnit(format(2, 5), single),
  ];
  it.each(titled(conversions))('of %s', (_, unit) => {
    const result = simulated(unit, unit.program);
    const wrong: string[] = [];
    for (let value = 0; value < sizeOf(unit.operands[0]!.format); value++) {
      if (result(value, 0) !== unit.golden(value, 0)) wrong.push(describePair(unit, value, 0));
    }
    expect(wrong).toEqual([]);
  });
});

describe('corners and drawn operands', () => {
  const units = [
    addUnit(single),
    addUnit(half),
    addUnit(bfloat16),
    multiplyUnit(half, single, single),
    multiplyUnit(half, half, half),
    multiplyUnit(half, half, single),
    multiplyUnit(single, single, single),
    multiplyUnit(bfloat16, bfloat16, single),
    convertUnit(single, half),
    convertUnit(single, bfloat16),
  ];

  it.each(titled(units))('of %s', (_, unit) => {
    const result = simulated(unit, unit.program);
    const [a, b = a] = unit.operands.map((each) => corners(each.format));
    const wrong = a!.flatMap((x) =>
      b!.filter((y) => result(x, y) !== unit.golden(x, y)).map((y) => describePair(unit, x, y)),
    );
    expect(wrong).toEqual([]);
    fc.assert(
      fc.property(operands(unit), ([x, y]) => {
        expect(result(x, y), describePair(unit, x, y)).toBe(unit.golden(x, y));
      }),
      { numRuns: runs },
    );
  });
});

describe('a pipeline', () => {
  const units = [1, 2, 3, 4]
    .map((stages) => ({ stages, unit: addUnit(half, stages) }))
    .concat([1, 2, 3].map((stages) => ({ stages, unit: multiplyUnit(half, half, half, stages) })));

  it.each(units)(
    'of $unit.program.top gives each result as many steps later',
    ({ stages, unit }) => {
      fc.assert(
        fc.property(
          fc.array(fc.tuple(operands(unit), fc.boolean()), { minLength: 20, maxLength: 60 }),
          (cycles) => {
            const simulator = createSimulator(unit.program);
            const due: number[] = [];
            for (const [[a, b], enable] of cycles) {
              simulator.poke('a', a);
              simulator.poke('b', b);
              simulator.poke('enable', enable ? 1 : 0);
              simulator.run(1);
              if (enable) due.push(unit.golden(a, b));
              if (due.length >= stages) {
                const expected = due[due.length - stages];
                expect(Number(simulator.peek(unit.result.port))).toBe(expected);
              }
            }
          },
        ),
        { numRuns: 30 },
      );
    },
  );
});
