/** Quantized matrices for tests of the container, and what they should come back as. */
import fc from 'fast-check';
import type { QuantizedMatrix } from '../../../../src/families/gobo/quantizer.ts';
import { halfToNumber, rng } from '../../../../src/numeric/index.ts';
import type { Rng } from '../../../../src/numeric/index.ts';

/** Values whose bits are easily lost. */
const corners = {
  f32: [0, -0, 2 ** -149, -(2 ** -149), 3.4028234663852886e38, Math.fround(0.1), -65504],
  f16: [0, -0, 2 ** -24, -(2 ** -24), 65504, -65504, 2 ** -14],
} as const;

function randomValue(type: 'f32' | 'f16', random: Rng): number {
  if (random.below(4) === 0) {
    const list = corners[type];
    return list[random.below(list.length)]!;
  }
  if (type === 'f16') return halfToNumber(random.below(0x7c00) | (random.below(2) << 15));
  return Math.fround(random.normal() * 10 ** (random.below(60) - 30));
}

export interface Shape {
  readonly rows: number;
  readonly columns: number;
  readonly bits: number;
  readonly valueType: 'f32' | 'f16';
}

/** A matrix with this share of outliers, not from the quantizer, so that anything can occur in it. */
export function randomQuantized(shape: Shape, share: number, seed: number): QuantizedMatrix {
  const { rows, columns, bits, valueType } = shape;
  const random = rng(seed);
  const positions = Array.from({ length: rows * columns }, (_, i) => i).filter(
    () => random.uniform() < share,
  );
  const indexes = Uint8Array.from({ length: rows * columns }, () => random.below(2 ** bits));
  for (const position of positions) indexes[position] = 0;
  return {
    ...shape,
    centroids: Float32Array.from({ length: 2 ** bits }, () =>
      randomValue(valueType, random),
    ).sort(),
    indexes,
    outliers: {
      positions: Uint32Array.from(positions),
      values: Float32Array.from(positions, () => randomValue(valueType, random)),
    },
  };
}

export const anyShape: fc.Arbitrary<Shape> = fc.record({
  rows: fc.integer({ min: 1, max: 5 }),
  columns: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.constantFrom(255, 256, 257, 511, 512, 600)),
  bits: fc.integer({ min: 2, max: 6 }),
  valueType: fc.constantFrom('f32' as const, 'f16' as const),
});

/** From none over raw blocks, some with 255 outliers of 256, to all. */
export const anyShare = fc.constantFrom(0, 0.001, 0.05, 0.5, 0.99, 0.997, 1);

export const anyQuantized = fc
  .tuple(anyShape, anyShare, fc.integer({ min: 0, max: 2 ** 31 }))
  .map(([shape, share, seed]) => randomQuantized(shape, share, seed));

/**
 * The same matrix with the weights of every block of 255 or more outliers all as outliers, which is
 * how a container holds them; weight by weight, apart from the sources.
 */
export function asStored(q: QuantizedMatrix): QuantizedMatrix {
  const values = new Map([...q.outliers.positions].map((p, i) => [p, q.outliers.values[i]!]));
  const indexes = q.indexes.slice();
  for (let row = 0; row < q.rows; row++) {
    for (let begin = 0; begin < q.columns; begin += 256) {
      const block = Array.from(
        { length: Math.min(256, q.columns - begin) },
        (_, i) => row * q.columns + begin + i,
      );
      if (block.filter((p) => values.has(p)).length < 255) continue;
      for (const p of block) {
        if (!values.has(p)) values.set(p, q.centroids[q.indexes[p]!]!);
        indexes[p] = 0;
      }
    }
  }
  const positions = [...values.keys()].sort((a, b) => a - b);
  return {
    ...q,
    indexes,
    outliers: {
      positions: Uint32Array.from(positions),
      values: Float32Array.from(positions, (p) => values.get(p)!),
    },
  };
}

/** All bits of a matrix; -0 and 0 differ. */
export function bitsOf(q: QuantizedMatrix) {
  const words = (values: Float32Array): number[] => [...new Uint32Array(values.slice().buffer)];
  return {
    shape: [q.rows, q.columns, q.bits, q.valueType],
    centroids: words(q.centroids),
    indexes: [...q.indexes],
    positions: [...q.outliers.positions],
    values: words(q.outliers.values),
  };
}

/** CRC-32 bit by bit. */
export function slowCrc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    for (let bit = 0; bit < 8; bit++) {
      const carry = (crc ^ (byte >>> bit)) & 1;
      crc = (crc >>> 1) ^ (carry ? 0xedb88320 : 0);
    }
  }
  return ~crc >>> 0;
}

/** Puts all checksums of a container right, as a wrong writer would. */
export function resealed(container: Uint8Array): Uint8Array {
  const bytes = container.slice();
  const view = new DataView(bytes.buffer);
  view.setUint32(24, slowCrc32(bytes.subarray(0, 24)), true);
  const bodyBytes = view.getUint32(20, true);
  const body = bytes.length - bodyBytes;
  let at = body - 4 - 4 * Math.ceil(bodyBytes / 65536);
  for (let page = body; page < bytes.length; page += 65536) {
    view.setUint32(at, slowCrc32(bytes.subarray(page, page + 65536)), true);
    at += 4;
  }
  view.setUint32(at, slowCrc32(bytes.subarray(28, at)), true);
  return bytes;
}
