import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { containerSizes } from '../../../../src/families/gobo/format/container-layout.ts';
import type { ContainerShape } from '../../../../src/families/gobo/format/container-layout.ts';
import { writeContainer } from '../../../../src/families/gobo/format/container.ts';
import { anyQuantized } from './containers.ts';

/** Outliers one to a thousand weights, evenly. */
function perMille({ rows, columns }: ContainerShape): Uint32Array {
  return Uint32Array.from({ length: Math.ceil((rows * columns) / 1000) }, (_, i) => i * 1000);
}

const total = (shape: ContainerShape): number => containerSizes(shape, perMille(shape)).total;

const fp32 = (rows: number, columns: number, bits: number): ContainerShape => ({
  ...{ rows, columns, bits },
  valueType: 'f32',
});

/** The 73 fully connected matrices of BERT-Base. */
const fullyConnected: readonly (readonly [number, number])[] = [
  ...Array.from({ length: 12 }, () => [
    ...Array.from({ length: 4 }, () => [768, 768] as const),
    [3072, 768] as const,
    [768, 3072] as const,
  ]).flat(),
  [768, 768],
];
/** Biases of these, and LayerNorms of embeddings and layers. */
const vectors = 12 * (4 * 768 + 3072 + 768 + 2 * 2 * 768) + 768 + 2 * 768;

const weightsOf = (shapes: readonly (readonly [number, number])[]): number =>
  shapes.reduce((sum, [rows, columns]) => sum + rows * columns, 0);

describe('size of a container', () => {
  it('is that of the bytes written, part by part', () => {
    fc.assert(
      fc.property(anyQuantized, (q) => {
        const bytes = writeContainer(q);
        const sizes = containerSizes(q, q.outliers.positions);
        expect(sizes.total).toBe(bytes.length);
        expect(sizes.header).toBe(bytes.length - new DataView(bytes.buffer).getUint32(20, true));
        const { header, counts, records, raw, indexes } = sizes;
        expect(header + counts + records + raw + indexes).toBe(sizes.total);
        expect(counts).toBe(q.rows * Math.ceil(q.columns / 256));
      }),
      { numRuns: 200 },
    );
  });

  it('exceeds the bits of the indexes by at most 0.08 at 0.1 % outliers', () => {
    const overhead = (rows: number, columns: number, bits: number): number =>
      (8 * total(fp32(rows, columns, bits))) / (rows * columns) - bits;
    for (const [rows, columns] of [
      [512, 256],
      [768, 768],
      [3072, 768],
      [768, 3072],
      [30522, 768],
    ] as const) {
      for (const bits of [3, 4]) {
        const place = `${rows} x ${columns}, ${bits} bits`;
        expect(overhead(rows, columns, bits), place).toBeLessThanOrEqual(0.08);
        expect(overhead(rows, columns, bits), place).toBeGreaterThan(0.071);
      }
    }
    // Where the document says that it begins to hold.
    expect(overhead(256, 256, 3)).toBeLessThanOrEqual(0.08);
    expect(overhead(384, 256, 4)).toBeLessThanOrEqual(0.08);
  });

  it('makes BERT-Base at 0.1 % outliers 9.6 times smaller, embeddings at 4 bits', () => {
    expect(weightsOf(fullyConnected)).toBe(85_524_480);
    const words = [30522, 768] as const;
    const others = [
      [512, 768],
      [2, 768],
    ] as const;
    expect(weightsOf([...fullyConnected, words, ...others]) + vectors).toBe(109_482_240);

    const packed =
      fullyConnected.reduce((sum, [rows, columns]) => sum + total(fp32(rows, columns, 3)), 0) +
      total(fp32(...words, 4));
    const plain = 4 * weightsOf([...fullyConnected, words]);
    expect(plain / packed).toBeGreaterThan(9.6);
    expect((plain / packed).toFixed(2)).toBe('9.74');

    const wholePlain = plain + 4 * (weightsOf(others) + vectors);
    const wholePacked =
      packed +
      others.reduce((sum, [rows, columns]) => sum + total(fp32(rows, columns, 4)), 0) +
      4 * vectors;
    expect((wholePlain / wholePacked).toFixed(2)).toBe('9.63');
  });

  it('is what one layer of BERT-Base takes when it is written', () => {
    const shape = fp32(3072, 768, 3);
    const positions = perMille(shape);
    const indexes = new Uint8Array(3072 * 768).fill(5);
    for (const position of positions) indexes[position] = 0;
    const bytes = writeContainer({
      ...shape,
      centroids: Float32Array.of(-4, -3, -2, -1, 1, 2, 3, 4),
      indexes,
      outliers: { positions, values: new Float32Array(positions.length).fill(0.75) },
    });
    expect(bytes.length).toBe(total(shape));
    expect((32 * 3072 * 768) / (8 * bytes.length)).toBeGreaterThan(10.4);
  });
});
