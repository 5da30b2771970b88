import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { InputError } from '../../../src/numeric/index.ts';
import { matrix } from '../../../src/tensor/index.ts';
import { baselines, kmeans, linear } from '../../../src/transformer/index.ts';

const some = matrix(
  3,
  7,
  Float32Array.from({ length: 21 }, (_, i) => Math.sin(i)),
);

describe.each(baselines.map((method) => [method.name, method] as const))(
  'files of %s',
  (_, method) => {
    it('hold exactly what was packed', () => {
      fc.assert(
        fc.property(
          fc.integer({ min: 1, max: 6 }),
          fc.integer({ min: 1, max: 9 }),
          fc.integer({ min: 2, max: 8 }),
          fc.infiniteStream(fc.float({ noNaN: true, noDefaultInfinity: true })),
          (rows, columns, bits, stream) => {
            const data = Float32Array.from(
              { length: rows * columns },
              () => stream.next().value as number,
            );
            const { packed } = method.quantize(matrix(rows, columns, data), 'w', {
              ...method.options.parse({}),
              bits,
            });
            expect(method.format.read(method.format.write(packed), 'w')).toEqual(packed);
          },
        ),
      );
    });

    it('are refused when any byte was changed, and when they were cut', () => {
      const bytes = method.format.write(
        method.quantize(some, 'w', method.options.parse({})).packed,
      );
      for (let at = 0; at < bytes.length; at++) {
        const damaged = bytes.slice();
        damaged[at]! ^= 0x10;
        expect(() => method.format.read(damaged, 'w'), `byte ${at}`).toThrow(InputError);
        expect(() => method.format.read(bytes.subarray(0, at), 'w'), `length ${at}`).toThrow(
          InputError,
        );
      }
    });
  },
);

describe('a file of another kind', () => {
  const bytes = linear.format.write(linear.quantize(some, 'w', { bits: 4 }).packed);

  it('is refused by name', () => {
    expect(() => kmeans.format.read(bytes, 'a.kmeans')).toThrow(
      'a.kmeans: the file starts with "SLIN" instead of "SKMN"; quantize the model again.',
    );
  });

  it('of a later version is refused by its version', () => {
    const later = bytes.slice();
    later[4] = 2;
    expect(() => linear.format.read(later, 'a')).toThrow(
      'a: the file is of version 2, and 1 can be read; quantize the model again.',
    );
  });

  it('of the wrong length says what it should be', () => {
    expect(() => linear.format.read(bytes.subarray(0, 30), 'a')).toThrow(
      'a: the file has 30 bytes, but 3 x 7 codes of 4 bits take 39; quantize the model again.',
    );
  });
});
