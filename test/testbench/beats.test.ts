import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { beatBytes, packBeats, unpackBeats } from '../../src/testbench/beats.ts';

interface Case {
  readonly widths: number[];
  readonly signed: boolean[];
  /** Column per field. */
  readonly columns: number[][];
}

const value = (width: number, signed: boolean): fc.Arbitrary<number> => {
  const min = signed ? -(2 ** (width - 1)) : 0;
  const max = 2 ** (signed ? width - 1 : width) - 1;
  return fc.oneof(
    fc.constantFrom(min, max, 0),
    fc.maxSafeInteger().map((n) => {
      const span = BigInt(max) - BigInt(min) + 1n;
      return Number(BigInt(min) + (((BigInt(n) % span) + span) % span));
    }),
  );
};

const width = fc.oneof(fc.integer({ min: 1, max: 53 }), fc.constantFrom(1, 8, 31, 32, 33, 53));
const cases: fc.Arbitrary<Case> = fc
  .record({
    fields: fc.array(fc.record({ width, signed: fc.boolean() }), { minLength: 1, maxLength: 12 }),
    beats: fc.integer({ min: 0, max: 5 }),
  })
  .chain(({ fields, beats }) =>
    fc
      .tuple(
        ...fields.map((field) =>
          fc.array(value(field.width, field.signed), { minLength: beats, maxLength: beats }),
        ),
      )
      .map((columns) => ({
        widths: fields.map((field) => field.width),
        signed: fields.map((field) => field.signed),
        columns,
      })),
  );

/** The format as it is defined, one big number per beat. */
function packSlowly({ widths, columns }: Case): number[] {
  const bytes: number[] = [];
  for (let beat = 0; beat < columns[0]!.length; beat++) {
    let bits = 0n;
    let offset = 0n;
    widths.forEach((w, field) => {
      bits |= BigInt.asUintN(w, BigInt(columns[field]![beat]!)) << offset;
      offset += BigInt(w);
    });
    for (let i = 0n; i * 8n < offset; i++) bytes.push(Number((bits >> (8n * i)) & 255n));
  }
  return bytes;
}

test('packing follows the definition, and unpacking gives the values back', () => {
  fc.assert(
    fc.property(cases, (c) => {
      const bytes = packBeats(c.widths, c.columns);
      expect([...bytes]).toEqual(packSlowly(c));
      const columns = unpackBeats(c.widths, bytes, c.signed);
      expect(columns.map((column) => [...column])).toEqual(c.columns);
    }),
    { numRuns: 500 },
  );
});

test('a beat by hand: {value -2 in 5 bits, flag 1, index 5 in 4 bits}', () => {
  // flag above 11110, then 0101 across the byte border: 0101 1 11110.
  expect([...packBeats([5, 1, 4], [[-2], [1], [5]])]).toEqual([0b01111110, 0b01]);
  expect(beatBytes([5, 1, 4])).toBe(2);
});

describe('what does not fit is refused', () => {
  test.each([
    [8, 256],
    [8, -129],
    [8, 0.5],
    [8, Number.NaN],
    [40, 2 ** 40],
  ])('%i bits, value %d', (bits, bad) => {
    expect(() =>
      packBeats(
        [1, bits],
        [
          [0, 0],
          [0, bad],
        ],
      ),
    ).toThrow(`Value ${bad} of beat 1 does not fit field 1 (${bits} bits).`);
  });

  test('columns of different lengths', () => {
    expect(() => packBeats([1, 1], [[0, 0], [0]])).toThrow('Column 1 has 1 beats, column 0 has 2.');
    expect(() => packBeats([1, 1], [[0]])).toThrow('2 field widths but 1 columns were given.');
  });

  test('fields that are too wide', () => {
    expect(() => packBeats([54], [[0]])).toThrow(/split it into parts of 1 to 53 bits/);
  });

  test('bytes that end within a beat', () => {
    expect(() => unpackBeats([9], new Uint8Array(3))).toThrow(
      '3 bytes are not a whole number of beats of 2 bytes.',
    );
  });
});
