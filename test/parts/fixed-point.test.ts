import { describe, expect, it } from 'vitest';
import {
  constant,
  defineModule,
  elaborate,
  input,
  output,
  sint,
  uint,
} from '../../src/hdl/index.ts';
import type { Program } from '../../src/ir/index.ts';
import { round } from '../../src/parts/index.ts';
import type { Rounding } from '../../src/parts/index.ts';
import { createSimulator } from '../../src/simulator/index.ts';
import { mutationsOf } from '../ir/mutations.ts';
import { run } from '../hdl/run.ts';

const modes: readonly Rounding[] = ['truncate', 'half-up', 'half-away-from-zero', 'half-to-even'];

interface Point {
  readonly width: number;
  readonly drop: number;
  readonly mode: Rounding;
}

/** Bits of the result, by the documentation. */
const resultBits = ({ width, drop, mode }: Point): number =>
  width - drop + (drop > 0 && mode !== 'truncate' ? 1 : 0);

const unsignedRounder = defineModule('unsigned_rounder', { doc: 'Rounds' }, (p: Point) => ({
  ports: { a: input(uint(p.width)), q: output(uint(resultBits(p))) },
  body({ a, q }) {
    q.set(round(a, p.drop, p.mode));
    return {};
  },
}));

const signedRounder = defineModule('signed_rounder', { doc: 'Rounds' }, (p: Point) => ({
  ports: { a: input(sint(p.width)), q: output(sint(resultBits(p))) },
  body({ a, q }) {
    q.set(round(a, p.drop, p.mode));
    return {};
  },
}));

/** By the words of the definition, on exact fractions. */
function expected(value: number, drop: number, mode: Rounding): number {
  const exact = value / 2 ** drop;
  const below = Math.floor(exact);
  if (mode === 'truncate') return below;
  const distance = exact - below;
  if (distance !== 0.5) return distance < 0.5 ? below : below + 1;
  switch (mode) {
    case 'half-up':
      return below + 1;
    case 'half-away-from-zero':
      return exact > 0 ? below + 1 : below;
    case 'half-to-even':
      return below % 2 === 0 ? below : below + 1;
  }
}

describe('round', () => {
  const points = modes.flatMap((mode) =>
    [1, 2, 5, 7].flatMap((width) =>
      Array.from({ length: width }, (_, drop) => ({ mode, width, drop })),
    ),
  );

  it.each(points)('$mode, $drop of $width bits: every value, both signs', (point) => {
    for (const signed of [false, true]) {
      const { poke, peek } = run(
        signed ? elaborate(signedRounder, point) : elaborate(unsignedRounder, point),
      );
      const { width, drop, mode } = point;
      const bits = resultBits(point);
      for (let value = 0; value < 2 ** width; value++) {
        poke({ a: value });
        const number = signed ? Number(BigInt.asIntN(width, BigInt(value))) : value;
        const raw = BigInt(peek('q'));
        const got = Number(signed ? BigInt.asIntN(bits, raw) : raw);
        // Without the negative zero that Math.floor can give.
        expect(got, `${number}`).toBe(expected(number, drop, mode) + 0);
      }
    }
  });

  it.each(modes)('%s: every small fault is found', (mode) => {
    for (const signed of [false, true]) {
      const point = { width: 7, drop: 3, mode };
      const right = signed ? elaborate(signedRounder, point) : elaborate(unsignedRounder, point);
      const isRight = (program: Program): boolean => {
        const simulator = createSimulator(program);
        return Array.from({ length: 128 }, (_, value) => {
          simulator.poke('a', signed ? Number(BigInt.asIntN(7, BigInt(value))) : value);
          const exact = expected(signed ? (value << 25) >> 25 : value, 3, mode);
          return simulator.peek('q') === BigInt.asUintN(resultBits(point), BigInt(exact));
        }).every(Boolean);
      };
      expect(isRight(right)).toBe(true);
      const alive = mutationsOf(right).filter(({ program }) => isRight(program));
      expect(alive.map(({ what }) => what)).toEqual([]);
    }
  });

  it('refuses to drop all bits, or parts of bits, where it was called', () => {
    const build = (drop: number) => () =>
      elaborate(
        defineModule('bad', { doc: 'Bad' }, () => ({
          ports: { q: output(uint(9)) },
          body({ q }) {
            q.set(round(constant(8, 3), drop, 'half-up'));
            return {};
          },
        })),
        {},
      );
    for (const drop of [8, -1, 1.5]) {
      expect(build(drop)).toThrow(
        /test\/parts\/fixed-point.test.ts:\d+: .*round drops 0 to 7 of 8/,
      );
    }
  });
});
