import { rng } from '../src/numeric/index.ts';
import { simdKernels, typedKernels } from '../src/tensor/backend.ts';
import type { Kernels } from '../src/tensor/backend.ts';
import { median, rounded } from './measure.ts';
import { loadOnnxruntime, onnxProduct } from './onnxruntime.ts';

const rounds = 3;
/** Each measurement repeats its kernel for at least so much processor time. */
const leastMs = 20;
/** A batch of tokens. */
const rows = 128;
/** Weights [columns x inner] of tiny-nli and of BERT-Base. */
const weights = [
  [128, 128],
  [512, 128],
  [768, 768],
  [3072, 768],
] as const;

type Shape = Parameters<Kernels['productInt8']>[2];
type Numbers = Float32Array | Int8Array | Int16Array;
type Contestants = Readonly<Record<string, (() => unknown) | string>>;

/**
 * x w^T, in billions of multiply-accumulates per second of one core: the loop one writes first, typed arrays,
 * WebAssembly SIMD, and the float32 product of onnxruntime, which is what a user would pick. Then the functions of
 * rows, in millions of values a second.
 */
export async function benchTensor(): Promise<object[]> {
  const onnxruntime = await loadOnnxruntime();
  const results: object[] = [];
  for (const [columns, inner] of weights) {
    const shape = { rows, columns, inner };
    const work = (rows * columns * inner) / 1e9;
    const floats = operands(Float32Array, shape, 1);
    const onnx =
      typeof onnxruntime === 'string' ? undefined : await onnxProduct(onnxruntime, floats.w, shape);
    if (onnx) requireSame(await onnx.run(floats.x), floats, shape);
    const kernels = [
      { kernel: 'float32', name: 'productFloat32', ...floats },
      { kernel: 'int8', name: 'productInt8', ...operands(Int8Array, shape, 127) },
      { kernel: 'int16', name: 'productInt16', ...operands(Int16Array, shape, 32767) },
    ] as const;
    for (const { kernel, name, x, w } of kernels) {
      const naive = freshNaiveProduct();
      const run = (chosen: Kernels | undefined): (() => unknown) | string => {
        // The union of operands goes with the union of kernels, one by one.
        const product = chosen?.[name] as
          ((x: Numbers, w: Numbers, s: Shape) => unknown) | undefined;
        return product ? () => product(x, w, shape) : 'no WebAssembly SIMD here';
      };
      const speeds = await race(work, {
        naive: () => naive(x, w, shape),
        typedArray: run(typedKernels),
        wasm: run(simdKernels),
        onnxruntimeFloat32: onnx ? () => onnx.run(floats.x) : (onnxruntime as string),
      });
      results.push({
        benchmark: 'tensor',
        kernel,
        weights: `${columns}x${inner}`,
        rows,
        unit: 'G multiply-accumulates per core second',
        ...speeds,
      });
    }
  }
  return [...results, ...(await rowKernels())];
}

async function rowKernels(): Promise<object[]> {
  const columns = 128;
  const { x, w } = operands(Float32Array, { rows: 512, columns: 2, inner: columns }, 3);
  const lengths = new Uint32Array(512).fill(columns);
  const [weight, bias] = [w.subarray(0, columns), w.subarray(columns)];
  const kernels: Readonly<Record<string, (chosen: Kernels) => unknown>> = {
    gelu: (chosen) => chosen.gelu(x),
    softmax: (chosen) => chosen.softmaxRows(x, columns, lengths, 0.125),
    layerNorm: (chosen) => chosen.layerNorm(x, weight, bias, 1e-12),
  };
  const results: object[] = [];
  for (const [kernel, run] of Object.entries(kernels)) {
    const simd = simdKernels;
    const speeds = await race(x.length / 1e6, {
      typedArray: () => run(typedKernels),
      wasm: simd ? () => run(simd) : 'no WebAssembly SIMD here',
    });
    const rowsOf = `512 x ${columns}`;
    results.push({
      benchmark: 'tensor',
      kernel,
      values: rowsOf,
      unit: 'M values per core second',
      ...speeds,
    });
  }
  return results;
}

/**
 * What each does per second of processor time, which neighbours on a shared machine disturb least; a median over rounds
 * in turn. A contestant that is a text could not come.
 */
async function race(
  work: number,
  contestants: Contestants,
): Promise<Record<string, number | string>> {
  const times: Record<string, number[]> = {};
  // Round -1 lets the compilers of the engine do their work.
  for (let round = -1; round < rounds; round++) {
    for (const [name, run] of Object.entries(contestants)) {
      if (typeof run === 'string') continue;
      let runs = 0;
      const start = process.cpuUsage();
      let ms: number;
      do {
        await run();
        runs++;
        const { user, system } = process.cpuUsage(start);
        ms = (user + system) / 1000;
      } while (ms < leastMs);
      if (round >= 0) (times[name] ??= []).push(ms / runs);
    }
  }
  return Object.fromEntries(
    Object.entries(contestants).map(([name, run]) => [
      name,
      typeof run === 'string' ? run : rounded((1000 * work) / median(times[name]!)),
    ]),
  );
}

function operands<T extends Numbers>(
  of: new (length: number) => T,
  { rows, columns, inner }: Shape,
  limit: number,
): { readonly x: T; readonly w: T } {
  const random = rng(1);
  const draw = (count: number): T => {
    const out = new of(count);
    for (let i = 0; i < count; i++) out[i] = (2 * random.uniform() - 1) * limit;
    return out;
  };
  return { x: draw(rows * inner), w: draw(columns * inner) };
}

function naiveProduct(x: Numbers, w: Numbers, { rows, columns, inner }: Shape): Float64Array {
  const out = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      let sum = 0;
      for (let p = 0; p < inner; p++) sum += x[i * inner + p]! * w[j * inner + p]!;
      out[i * columns + j] = sum;
    }
  }
  return out;
}

/** A copy of its own for each element type: a loop that has seen several types would be slower than the naive one. */
function freshNaiveProduct(): typeof naiveProduct {
  return new Function(`return ${naiveProduct.toString()}`)() as typeof naiveProduct;
}

/** A comparison of speeds is worth something only between equal products. */
function requireSame(
  got: Float32Array,
  { x, w }: { readonly x: Float32Array; readonly w: Float32Array },
  shape: Shape,
): void {
  const expected = typedKernels.productFloat32(x, w, shape);
  if (got.length !== expected.length || got.some((y, i) => !(Math.abs(y - expected[i]!) < 1e-3))) {
    throw new Error('onnxruntime computes another product.');
  }
}
