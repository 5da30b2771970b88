import { execFileSync } from 'node:child_process';
import { Worker } from 'node:worker_threads';

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { rng } from '../../src/numeric/index.ts';
import { kernels, simdKernels, typedKernels } from '../../src/tensor/backend.ts';
import { floats, integers, shapes } from './arbitrary.ts';

const backendFile = new URL('../../src/tensor/backend.ts', import.meta.url).href;

type Values = Float32Array | Float64Array | Int32Array;

/** Index of the first difference in bits, -1 without one; every NaN counts as the same. */
function firstDifference(a: Values, b: Values): number {
  if (a.length !== b.length || a.constructor !== b.constructor) return 0;
  return a.findIndex((value, i) => !Object.is(value, b[i]));
}

describe('the choice of kernels', () => {
  const chosen = (flags: readonly string[], wasm = ''): string => {
    const script = `import(${JSON.stringify(backendFile)}).then((m) => console.log(m.kernels.name))`;
    return execFileSync(process.execPath, [...flags, '--import', 'tsx', '-e', script], {
      env: { ...process.env, SYSTOLE_WASM: wasm },
      stdio: ['ignore', 'pipe', 'ignore'],
      encoding: 'utf8',
    }).trim();
  };

  it('is SIMD, unless the environment or the machine forbids it', () => {
    expect(simdKernels?.name).toBe('simd');
    expect(chosen([])).toBe('simd');
    expect(chosen([], '0')).toBe('typed');
    // Without WebAssembly, and as on a processor without its SIMD instructions.
    expect(chosen(['--jitless'])).toBe('typed');
    if (process.arch === 'x64') expect(chosen(['--no-enable-sse4-1'])).toBe('typed');
  });

  it('holds in a worker thread too', async () => {
    // In Node 20 a worker needs the loader of TypeScript registered by itself.
    const entry = new URL('./product-worker.ts', import.meta.url).href;
    const code = `import('tsx/esm/api').then(({ register }) => {
      register();
      return import(${JSON.stringify(entry)});
    })`;
    const worker = new Worker(code, { eval: true });
    const answer = await new Promise((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', reject);
    });
    await worker.terminate();
    expect(answer).toEqual([kernels.name, 32]);
  });
});

describe.skipIf(!simdKernels)('SIMD and typed-array kernels give the same bits', () => {
  const simd = simdKernels!;

  it('in float32 products, NaN, infinities and tiny numbers included', () => {
    fc.assert(
      fc.property(shapes, fc.boolean(), ({ seed, ...shape }, specials) => {
        const x = floats(seed, shape.rows * shape.inner, specials);
        const w = floats(seed + 1, shape.columns * shape.inner, specials);
        const expected = typedKernels.productFloat32(x, w, shape);
        expect(firstDifference(simd.productFloat32(x, w, shape), expected)).toBe(-1);
      }),
      { numRuns: 100 },
    );
  });

  it.each([
    { name: 'productInt8', limit: 2 ** 7 },
    { name: 'productInt16', limit: 2 ** 15 },
  ] as const)('in $name', ({ name, limit }) => {
    fc.assert(
      fc.property(shapes, ({ seed, ...shape }) => {
        const x = Int32Array.from(integers(seed, shape.rows * shape.inner, limit));
        const w = Int32Array.from(integers(seed + 1, shape.columns * shape.inner, limit));
        expect(firstDifference(simd[name](x, w, shape), typedKernels[name](x, w, shape))).toBe(-1);
      }),
      { numRuns: 100 },
    );
  });

  // More columns than a piece of w takes, more rows than a piece of x, rows so long that few fit, and too long a row.
  it.each([
    { rows: 3, columns: 4099, inner: 5 },
    { rows: 66, columns: 500, inner: 2500 },
    { rows: 9000, columns: 2, inner: 130 },
    { rows: 3, columns: 18, inner: 65_536 },
    { rows: 2, columns: 2, inner: 300_001 },
  ])('in products that do not fit the memory at once: $rows x $columns x $inner', (shape) => {
    const random = rng(7);
    const draw = (count: number) =>
      Int16Array.from({ length: count }, () => random.below(2 ** 16) - 2 ** 15);
    const x = draw(shape.rows * shape.inner);
    const w = draw(shape.columns * shape.inner);
    const [xf, wf] = [x, w].map((values) => Float32Array.from(values, (v) => v / 1000));
    expect(
      firstDifference(simd.productInt16(x, w, shape), typedKernels.productInt16(x, w, shape)),
    ).toBe(-1);
    expect(
      firstDifference(
        simd.productFloat32(xf!, wf!, shape),
        typedKernels.productFloat32(xf!, wf!, shape),
      ),
    ).toBe(-1);
    const [x8, w8] = [Int8Array.from(x, (v) => v >> 8), Int8Array.from(w, (v) => v >> 8)];
    if (shape.inner < 2 ** 17) {
      expect(
        firstDifference(simd.productInt8(x8, w8, shape), typedKernels.productInt8(x8, w8, shape)),
      ).toBe(-1);
    }
  });

  it('in softmax, LayerNorm and GELU', () => {
    fc.assert(
      fc.property(shapes, fc.boolean(), ({ rows, columns, inner, seed }, specials) => {
        const random = rng(seed);
        const width = inner + columns;
        const values = floats(seed, rows * width, specials);
        const lengths = Uint32Array.from({ length: rows }, () => random.below(width + 1));
        expect(
          firstDifference(
            simd.softmaxRows(values, width, lengths, 0.125),
            typedKernels.softmaxRows(values, width, lengths, 0.125),
          ),
        ).toBe(-1);
        const [weight, bias] = [floats(seed + 1, width), floats(seed + 2, width)];
        expect(
          firstDifference(
            simd.layerNorm(values, weight, bias, 1e-12),
            typedKernels.layerNorm(values, weight, bias, 1e-12),
          ),
        ).toBe(-1);
        expect(firstDifference(simd.gelu(values), typedKernels.gelu(values))).toBe(-1);
      }),
      { numRuns: 100 },
    );
  });

  it('in rows that do not fit the memory at once', () => {
    const [rows, columns] = [1100, 1000];
    const values = floats(3, rows * columns);
    const lengths = new Uint32Array(rows).fill(columns - 1);
    expect(firstDifference(simd.gelu(values), typedKernels.gelu(values))).toBe(-1);
    expect(
      firstDifference(
        simd.softmaxRows(values, columns, lengths, 1),
        typedKernels.softmaxRows(values, columns, lengths, 1),
      ),
    ).toBe(-1);
    const [weight, bias] = [floats(4, columns), floats(5, columns)];
    expect(
      firstDifference(
        simd.layerNorm(values, weight, bias, 1),
        typedKernels.layerNorm(values, weight, bias, 1),
      ),
    ).toBe(-1);
  });
});
