import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { readContainer, writeContainer } from '../../../../src/families/gobo/format/container.ts';
import { denseCodes, fixedMatrix } from '../../../../src/families/gobo/format/fixed.ts';
import { tileImage } from '../../../../src/families/gobo/format/tile-image.ts';
import type { TileImage } from '../../../../src/families/gobo/format/tile-image.ts';
import { quantizeGobo } from '../../../../src/families/gobo/quantizer.ts';
import { rng } from '../../../../src/numeric/index.ts';
import { matrix } from '../../../../src/tensor/index.ts';
import { anyShape, anyShare, asStored, randomQuantized } from './containers.ts';

/** Every weight's code as a tile finds it: words bit by bit, then the records over them. */
function codesOf(image: TileImage): number[][] {
  const stride = Math.ceil((image.pes * image.bits) / 8);
  return image.groups.flatMap(({ rows, words, records }) => {
    const group = Array.from({ length: rows }, (_, row) =>
      Array.from({ length: image.columns }, (_, column) => {
        let index = 0;
        for (let bit = 0; bit < image.bits; bit++) {
          const n = row * image.bits + bit;
          index |= ((words[column * stride + (n >> 3)]! >> (n & 7)) & 1) << bit;
        }
        return image.centroids[index]!;
      }),
    );
    records.columns.forEach((column, i) => {
      group[records.rows[i]!]![column] = records.codes[i]!;
    });
    return group;
  });
}

describe('tile image', () => {
  it('of a container holds the codes of every weight, records by column and row', () => {
    fc.assert(
      fc.property(
        anyShape,
        anyShare,
        fc.nat(),
        fc.integer({ min: 1, max: 32 }),
        fc.integer({ min: 8, max: 16 }),
        (shape, share, seed, pes, weightBits) => {
          const q = randomQuantized(shape, share, seed);
          const stored = readContainer(writeContainer(q), 'q');
          const w = fixedMatrix(stored, weightBits);
          const image = tileImage(w, pes);
          expect(image.groups.map(({ rows }) => rows).reduce((a, b) => a + b)).toBe(q.rows);
          expect(image.groups.every(({ rows }) => rows <= pes)).toBe(true);
          expect(codesOf(image).flat()).toEqual([...denseCodes(w).data]);
          // The same whether or not the matrix has been in a file.
          const codes = [...denseCodes(fixedMatrix(q, weightBits)).data];
          expect(codesOf(image).flat()).toEqual(codes);
          for (const { records } of image.groups) {
            const order = [...records.columns].map((c, i) => c * pes + records.rows[i]!);
            expect(order.every((at, i) => i === 0 || at > order[i - 1]!)).toBe(true);
          }
          expect(image.groups.reduce((sum, { records }) => sum + records.codes.length, 0)).toBe(
            asStored(q).outliers.positions.length,
          );
        },
      ),
      { numRuns: 60 },
    );
  });

  it('takes indexes over, where rounding to codes would choose others', () => {
    // At 8 bits an outlier of 100 makes a step of 0.8: all entries of the dictionary get the code 0,
    // and nearest entries could no longer be told apart.
    const random = rng(1);
    const w = matrix(16, 256);
    for (let i = 0; i < w.data.length; i++) w.data[i] = random.normal() * 0.05;
    w.data[5] = 100;
    const { packed } = quantizeGobo(w, { bits: 3 });
    const image = tileImage(fixedMatrix(readContainer(writeContainer(packed), 'w'), 8), 16);
    expect(new Set(image.centroids)).toEqual(new Set([0]));
    const [group] = image.groups;
    for (let row = 0; row < 16; row++) {
      for (let column = 0; column < 256; column++) {
        const bit = row * 3;
        const word = group!.words.subarray(column * 6, column * 6 + 6);
        const pair = word[bit >> 3]! | ((word[(bit >> 3) + 1] ?? 0) << 8);
        expect((pair >> (bit & 7)) & 7).toBe(packed.indexes[row * 256 + column]);
      }
    }
  });

  it('has a byte-exact example', () => {
    const q = {
      ...{ rows: 3, columns: 2, bits: 3, valueType: 'f32' as const },
      centroids: Float32Array.of(-8, -4, -2, -1, 1, 2, 4, 127),
      indexes: Uint8Array.of(1, 7, 2, 0, 0, 5),
      outliers: { positions: Uint32Array.of(3, 4), values: Float32Array.of(-3, 30) },
    };
    const image = tileImage(fixedMatrix(q, 8), 2);
    expect(image.scale).toBe(1);
    // Column 0 of rows 0 and 1: 1 | 2 << 3; column 1: 7 | 0 << 3. Then row 2 alone.
    expect(image.groups.map(({ rows, words }) => [rows, ...words])).toEqual([
      [2, 0x11, 0x07],
      [1, 0x00, 0x05],
    ]);
    expect(image.groups.map(({ records }) => records)).toEqual([
      { columns: Uint32Array.of(1), rows: Uint8Array.of(1), codes: Int32Array.of(-3) },
      { columns: Uint32Array.of(0), rows: Uint8Array.of(0), codes: Int32Array.of(30) },
    ]);
  });
});
