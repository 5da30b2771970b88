/** The gate: Verilated units against the float arithmetic of this machine. */
import { describe, expect, it } from 'vitest';
import { halfFormat as half, singleFormat as single } from '../../../src/numeric/index.ts';
import { compiler, verilator } from '../../../src/tools/index.ts';
import { mutationsOf } from '../../ir/mutations.ts';
import { available } from '../../tools/available.ts';
import { buildCheck, runCheck } from './build-check.ts';
import { addUnit, convertUnit, multiplyUnit } from './units.ts';
import type { Unit } from './units.ts';

const regress = process.env['SYSTOLE_REGRESS'] !== undefined;
const vectors = regress ? 10_000_000 : 200_000;

const titled = (units: readonly Unit[]): [string, Unit][] =>
  units.map((unit) => [unit.program.top, unit]);

/** What the floating-point mode of hardware is made of. */
const used = [addUnit(single), multiplyUnit(half, single, single)];

const others = [
  addUnit(half),
  multiplyUnit(half, half, half),
  multiplyUnit(half, half, single),
  multiplyUnit(single, single, single),
  convertUnit(single, half),
  convertUnit(half, single),
];

describe.skipIf(!(await available(verilator, compiler)))('Verilated', () => {
  it.each(titled(regress ? [...used, ...others] : used))(
    '%s agrees with this machine',
    async (_, unit) => {
      const check = await buildCheck(unit);
      const { compared, wrong } = await runCheck(check, 'corners', 1, vectors);
      expect(wrong).toEqual([]);
      expect(compared).toBeGreaterThan(vectors);
    },
  );

  it('a unit that overlooks sticky bits is found', async () => {
    const unit = used[0]!;
    // The last reduction of the adder is that of the bits behind the guard bit.
    const faulty = mutationsOf(unit.program).filter(({ what }) =>
      /float_add_f32: .*takes another reduction/.test(what),
    );
    const check = await buildCheck({ ...unit, program: faulty.at(-1)!.program });
    expect((await runCheck(check, 'corners', 1, 1000)).wrong).not.toEqual([]);
  });

  // All 2^32 pairs: SYSTOLE_HALF_PAIRS is `first:count`, by default a part of them.
  const [first, count] = (process.env['SYSTOLE_HALF_PAIRS'] ?? `0:${2 ** 26}`)
    .split(':')
    .map(Number);
  it.skipIf(!regress).each(titled([addUnit(half), multiplyUnit(half, half, half)]))(
    '%s agrees on a range of all pairs of halves',
    async (_, unit) => {
      const check = await buildCheck(unit);
      const { compared, wrong } = await runCheck(check, 'all', first!, count!);
      expect(wrong).toEqual([]);
      expect(compared).toBe(count);
    },
    3_600_000,
  );
});
