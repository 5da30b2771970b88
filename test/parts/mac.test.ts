import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { elaborate } from '../../src/hdl/index.ts';
import { decodeFloat, encodeFloat, halfFormat, singleFormat } from '../../src/numeric/index.ts';
import { floatMac, half, integerMac, single } from '../../src/parts/index.ts';
import { run } from '../hdl/run.ts';

/** What goes in with one clock edge. */
interface Step {
  readonly enable: number;
  readonly first: number;
  readonly a: number;
  readonly b: number;
}

const steps = (bits: number) =>
  fc.array(
    fc.record({
      enable: fc.integer({ min: 0, max: 1 }),
      first: fc.integer({ min: 0, max: 1 }),
      a: fc.integer({ min: 0, max: 2 ** bits - 1 }),
      b: fc.integer({ min: 0, max: 2 ** bits - 1 }),
    }),
    { maxLength: 12 },
  );

const signed = (value: number, bits: number): number =>
  value >= 2 ** (bits - 1) ? value - 2 ** bits : value;

describe('integerMac', () => {
  it.each([4, 8])('is the sum of products, modulo its width, at %i bits', (bits) => {
    const width = 2 * bits + 1;
    const mac = run(elaborate(...integerMac({ a: bits, b: bits, sum: width })));
    fc.assert(
      fc.property(steps(bits), (sequence) => {
        mac.reset();
        let sum = 0n;
        for (const step of sequence as readonly Step[]) {
          mac.poke({ ...step });
          mac.tick();
          const product = BigInt(signed(step.a, bits) * signed(step.b, bits));
          if (step.enable) sum = (step.first ? 0n : sum) + product;
          expect(mac.peek('sum')).toBe(Number(BigInt.asUintN(width, sum)));
        }
      }),
      { numRuns: 50 },
    );
  });

  it('refuses a sum that cannot hold a product', () => {
    expect(() => integerMac({ a: 8, b: 8, sum: 15 })).toThrow(
      'integerMac has operands of 8 and 8 bits and a sum of 15: give operands at least 2 bits, and ' +
        'the sum those of both',
    );
  });
});

describe('floatMac', () => {
  it('rounds every sum once; products of halves are exact in single', () => {
    const mac = run(elaborate(...floatMac({ operand: half, sum: single })));
    fc.assert(
      fc.property(steps(16), (sequence) => {
        mac.reset();
        let sum = 0;
        for (const step of sequence as readonly Step[]) {
          mac.poke({ ...step });
          mac.tick();
          const product = decodeFloat(step.a, halfFormat) * decodeFloat(step.b, halfFormat);
          if (step.enable) sum = step.first ? product : Math.fround(sum + product);
          expect(mac.peek('sum')).toBe(encodeFloat(sum, singleFormat));
        }
      }),
      { numRuns: 50 },
    );
  });
});
