import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';

import { InputError, rng } from '../../src/numeric/index.ts';
import { openSafetensors } from '../../src/transformer/index.ts';
import { messageOf, safetensorsBytes, temporaryFolder } from './fixtures.ts';

const folder = temporaryFolder();
const path = join(folder, 'model.safetensors');
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const entry = (dtype: string, shape: unknown, begin: unknown, end: unknown) => ({
  dtype,
  shape,
  data_offsets: [begin, end],
});

function write(header: object | string, dataBytes: number, headerLength?: number): void {
  const text = typeof header === 'string' ? header : JSON.stringify(header);
  writeFileSync(path, safetensorsBytes(text, new Uint8Array(dataBytes), headerLength));
}

describe('openSafetensors', () => {
  it('reads F32, F16 and BF16 tensors in any order of names, each into its own buffer', () => {
    const tensor = fc.record({
      dtype: fc.constantFrom('F32', 'F16', 'BF16'),
      shape: fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 3 }),
    });
    fc.assert(
      fc.property(fc.array(tensor, { maxLength: 6 }), fc.nat(), (list, seed) => {
        const random = rng(seed);
        const header: Record<string, unknown> = { __metadata__: { format: 'pt' } };
        const expected = new Map<string, number[]>();
        const bytes: Buffer[] = [];
        let at = 0;
        for (const [i, { dtype, shape }] of list.entries()) {
          const count = shape.reduce((a, b) => a * b, 1);
          // Quarters up to 15.75 are exact in all three types.
          const values = Array.from({ length: count }, () => (random.below(127) - 63) / 4);
          const size = dtype === 'F32' ? 4 : 2;
          const data = Buffer.alloc(count * size);
          values.forEach((value, j) => {
            if (dtype === 'F32') data.writeFloatLE(value, j * 4);
            else data.writeUInt16LE(dtype === 'F16' ? halfOf(value) : bfloatOf(value), j * 2);
          });
          header[`t${(i * 7) % 11}`] = entry(dtype, shape, at, at + data.length);
          expected.set(`t${(i * 7) % 11}`, values);
          bytes.push(data);
          at += data.length;
        }
        const shuffled = Object.fromEntries(Object.entries(header).reverse());
        writeFileSync(
          path,
          safetensorsBytes(`${JSON.stringify(shuffled)}   `, Buffer.concat(bytes)),
        );
        const file = openSafetensors(path);
        expect([...file.tensors.keys()].sort()).toEqual([...expected.keys()].sort());
        for (const [name, values] of expected) {
          const read = file.read(name);
          expect([...read].map((v) => v + 0)).toEqual(values.map((v) => v + 0));
          expect(read.byteOffset).toBe(0);
          expect(read.buffer.byteLength).toBe(values.length * 4);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('keeps names that look like JSON and tensors of types it cannot read', () => {
    write({ 'a"b:{': entry('F32', [1], 0, 4), ids: entry('I64', [2], 4, 20) }, 20);
    const file = openSafetensors(path);
    expect([...file.tensors.keys()]).toEqual(['a"b:{', 'ids']);
    expect(file.tensors.get('ids')).toMatchObject({ dtype: 'I64', shape: [2], bytes: 16 });
    expect(() => file.read('ids')).toThrow(InputError);
    expect(messageOf(folder, () => file.read('ids'))).toBe(
      '<folder>/model.safetensors: tensor "ids" is I64, allowed are F32, F16 and BF16; convert the checkpoint to one of them.',
    );
  });

  const corruptions: [what: string, damage: () => void, message: string][] = [
    [
      'absent',
      () => {
        rmSync(path, { force: true });
      },
      'cannot be opened (ENOENT); give the path of a safetensors file.',
    ],
    [
      'shorter than the header length',
      () => {
        writeFileSync(path, 'short');
      },
      'the file has 5 bytes, but a safetensors file starts with 8 bytes of header length; download it again.',
    ],
    [
      'a header length beyond the file',
      () => {
        write({}, 0, 1000);
      },
      'the header length is 1000, allowed is 2 to 2 in a file of 10 bytes; the file is truncated or no safetensors file.',
    ],
    [
      'a pickle instead',
      () => {
        writeFileSync(path, 'PK\x03\x04 this is a zip archive');
      },
      'the header length is 7595448452415441744, allowed is 2 to 18 in a file of 26 bytes; the file is truncated or no safetensors file.',
    ],
    [
      'broken JSON',
      () => {
        write('{"a": ', 0);
      },
      'the header is not valid JSON (Unexpected end of JSON input); the file is damaged, download it again.',
    ],
    [
      'an array as header',
      () => {
        write('[1]', 0);
      },
      'the header is not a JSON object of tensors; the file is damaged, download it again.',
    ],
    [
      'a name twice',
      () => {
        write(
          '{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"\\u0078":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}',
          8,
        );
      },
      'the header names the tensor "x" twice, allowed is once; export the checkpoint again.',
    ],
    [
      'an unknown type',
      () => {
        write({ a: entry('F31', [1], 0, 4) }, 4);
      },
      'tensor "a" has dtype "F31", allowed are F32, F16, BF16, BOOL, U8, I8, F8_E5M2, F8_E4M3, I16, U16, I32, U32, F64, I64, U64; export the checkpoint again.',
    ],
    [
      'no entry',
      () => {
        write({ a: null }, 0);
      },
      'tensor "a" has dtype undefined, allowed are F32, F16, BF16, BOOL, U8, I8, F8_E5M2, F8_E4M3, I16, U16, I32, U32, F64, I64, U64; export the checkpoint again.',
    ],
    [
      'a shape with a negative size',
      () => {
        write({ a: entry('F32', [-1, 2], 0, 4) }, 4);
      },
      'tensor "a" has shape [-1,2], allowed is a list of sizes of 0 or more; export the checkpoint again.',
    ],
    [
      'offsets that are no numbers',
      () => {
        write({ a: entry('F32', [1], 0, 'end') }, 4);
      },
      'tensor "a" has data_offsets [0,"end"], allowed is [begin, end] with 0 <= begin <= end; export the checkpoint again.',
    ],
    [
      'offsets in reverse',
      () => {
        write({ a: entry('F32', [1], 4, 0) }, 4);
      },
      'tensor "a" has data_offsets [4, 0], -4 bytes, but F32 of shape [1] needs 4; export the checkpoint again.',
    ],
    [
      'a shape that does not fit its bytes',
      () => {
        write({ a: entry('F16', [3, 2], 0, 8) }, 8);
      },
      'tensor "a" has data_offsets [0, 8], 8 bytes, but F16 of shape [3, 2] needs 12; export the checkpoint again.',
    ],
    [
      'an overlap',
      () => {
        write({ a: entry('F32', [2], 0, 8), b: entry('F32', [2], 4, 12) }, 12);
      },
      'tensor "b" begins at data byte 4 and overlaps tensor "a", which ends at 8; export the checkpoint again.',
    ],
    [
      'a hole',
      () => {
        write({ a: entry('F32', [1], 0, 4), b: entry('F32', [1], 8, 12) }, 12);
      },
      'tensor "b" begins at data byte 8, which leaves a hole after tensor "a", which ends at 4; export the checkpoint again.',
    ],
    [
      'a truncated file',
      () => {
        write({ a: entry('F32', [4], 0, 16) }, 15);
      },
      'the file has 78 bytes, but tensor "a" ends at byte 79; the file is truncated, download it again.',
    ],
    [
      'bytes after the last tensor',
      () => {
        write({ a: entry('F32', [4], 0, 16) }, 20);
      },
      'the file has 83 bytes, but tensor "a" ends at byte 79 and nothing may follow; download it again.',
    ],
  ];
  it.each(corruptions)('refuses %s', (_, damage, message) => {
    damage();
    expect(() => openSafetensors(path)).toThrow(InputError);
    expect(messageOf(folder, () => openSafetensors(path))).toBe(
      `<folder>/model.safetensors: ${message}`,
    );
  });

  it('refuses values that are not finite, absent tensors and files truncated later', () => {
    const data = Buffer.alloc(16);
    data.writeFloatLE(-Infinity, 8);
    const bytes = safetensorsBytes(JSON.stringify({ a: entry('F32', [2, 2], 0, 16) }), data);
    writeFileSync(path, bytes);
    const file = openSafetensors(path);
    expect(messageOf(folder, () => file.read('a'))).toBe(
      '<folder>/model.safetensors: tensor "a" holds -Infinity at index 2, allowed are finite values; the checkpoint is damaged or its training diverged.',
    );
    expect(messageOf(folder, () => file.read('b'))).toBe(
      '<folder>/model.safetensors: there is no tensor "b".',
    );
    writeFileSync(path, bytes.subarray(0, -4));
    expect(messageOf(folder, () => file.read('a'))).toBe(
      '<folder>/model.safetensors: the file ends at byte 77, but bytes up to 81 are needed; download it again.',
    );
  });
});

/** The upper half of the float32. */
function bfloatOf(value: number): number {
  const view = new DataView(new ArrayBuffer(4));
  view.setFloat32(0, value);
  return view.getUint16(0);
}

/** The half of a quarter-valued number below 16, by searching for its exponent. */
function halfOf(value: number): number {
  if (value === 0) return 0;
  let exponent = 15;
  let magnitude = Math.abs(value);
  for (; magnitude >= 2; magnitude /= 2) exponent++;
  for (; magnitude < 1; magnitude *= 2) exponent--;
  return (value < 0 ? 0x8000 : 0) | (exponent << 10) | ((magnitude - 1) * 1024);
}
