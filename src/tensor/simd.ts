import { readFileSync } from 'node:fs';

import type { Kernels, ProductShape } from './backend.ts';

/** The exports of wasm/kernels.ts; addresses and strides in bytes. */
interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer };
  productFloat32: Product;
  productInt8: Product;
  productInt16(
    low: number,
    high: number,
    w: number,
    out: number,
    rows: number,
    columns: number,
    stride: number,
  ): void;
  splitInt16(values: number, low: number, high: number, bytes: number): void;
  gelu(values: number, bytes: number): void;
  softmaxRows(values: number, lengths: number, rows: number, stride: number, factor: number): void;
  layerNorm(
    values: number,
    weight: number,
    bias: number,
    rows: number,
    columns: number,
    epsilon: number,
  ): void;
}

/** What is needed of the global WebAssembly, which an engine may lack (`node --jitless` does). */
interface Engine {
  validate(bytes: Uint8Array): boolean;
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
}

type Product = (
  x: number,
  w: number,
  out: number,
  rows: number,
  columns: number,
  stride: number,
) => void;

// The memory of 8 MiB never grows: operands pass through it in pieces, w once and x once for each piece of w, so a model
// is never held twice and nothing has to be freed. Copying costs a few percent from 16 rows on.
const kib = 1024;
/** Below lie the tables of the module. */
const wArea = { at: 64 * kib, bytes: 4096 * kib };
/** A piece of x stays in the second-level cache while w passes. */
const xArea = { at: wArea.at + wArea.bytes, bytes: 512 * kib };
const lowArea = { at: xArea.at + xArea.bytes, bytes: xArea.bytes };
const highArea = { at: lowArea.at + lowArea.bytes, bytes: xArea.bytes };
const outArea = { at: highArea.at + highArea.bytes, bytes: 2048 * kib };
/** The longest row, of which the x area must hold two. */
const longestRowBytes = xArea.bytes / 2;

type View = Float32Array | Float64Array | Int8Array | Int16Array | Int32Array;

const roundUp = (value: number, step: number): number => Math.ceil(value / step) * step;

/** Copies rows begin .. begin + count - 1 of `source` to `view`, each padded with zeros to `stride` elements. */
function loadRows(
  view: View,
  stride: number,
  source: View,
  begin: number,
  count: number,
  inner: number,
): void {
  if (stride === inner) {
    view.set(source.subarray(begin * inner, (begin + count) * inner));
    return;
  }
  for (let r = 0; r < count; r++) {
    const from = (begin + r) * inner;
    view.set(source.subarray(from, from + inner), r * stride);
    view.fill(0, r * stride + inner, (r + 1) * stride);
  }
}

/** What one kind of product works on. */
interface Operands {
  readonly x: View;
  readonly w: View;
  /** Views of the areas. */
  readonly xView: View;
  readonly wView: View;
  readonly outView: View;
  /** Multiplies the rows of x in the x area with the rows of w in the w area; sizes are padded. */
  readonly run: (rows: number, columns: number, strideBytes: number) => void;
}

/** Cuts a product into pieces that fit the areas and puts the results into `out`. */
function product<Out extends View>(out: Out, shape: ProductShape, o: Operands): Out {
  const { rows, columns, inner } = shape;
  const size = o.xView.BYTES_PER_ELEMENT;
  const stride = roundUp(inner * size, 32) / size;
  if (out.length === 0 || inner === 0) return out;
  const wRows = Math.min(roundUp(columns, 4), 4 * Math.floor(o.wView.length / stride / 4), 4096);
  const outRows = Math.floor(o.outView.length / wRows);
  const xRows = 2 * Math.floor(Math.min(o.xView.length / stride, outRows) / 2);
  for (let c = 0; c < columns; c += wRows) {
    const wCount = Math.min(wRows, columns - c);
    const width = roundUp(wCount, 4);
    loadRows(o.wView, stride, o.w, c, wCount, inner);
    for (let r = 0; r < rows; r += xRows) {
      const xCount = Math.min(xRows, rows - r);
      loadRows(o.xView, stride, o.x, r, xCount, inner);
      o.run(roundUp(xCount, 2), width, stride * size);
      if (width === columns) {
        out.set(o.outView.subarray(0, xCount * width), r * columns);
        continue;
      }
      for (let i = 0; i < xCount; i++) {
        out.set(o.outView.subarray(i * width, i * width + wCount), (r + i) * columns + c);
      }
    }
  }
  return out;
}

/**
 * The kernels in WebAssembly SIMD, with an instance of the module for each thread that asks.
 *
 * @param otherwise serves the shapes that do not fit the memory: rows beyond 65,536 float32 values
 * @returns undefined where WebAssembly or its SIMD instructions are missing
 */
export function loadSimdKernels(otherwise: Kernels): Kernels | undefined {
  const { WebAssembly: engine } = globalThis as { readonly WebAssembly?: Engine };
  if (!engine) return undefined;
  const bytes = readFileSync(new URL('./wasm/kernels.wasm', import.meta.url));
  if (!engine.validate(bytes)) return undefined;
  const wasm = new engine.Instance(new engine.Module(bytes)).exports as Exports;
  const { buffer } = wasm.memory;

  const float32 = (area: { at: number; bytes: number }) =>
    new Float32Array(buffer, area.at, area.bytes / 4);
  const int8 = (area: { at: number; bytes: number }) => new Int8Array(buffer, area.at, area.bytes);
  const int16 = (area: { at: number; bytes: number }) =>
    new Int16Array(buffer, area.at, area.bytes / 2);
  const floats = { xView: float32(xArea), wView: float32(wArea), outView: float32(outArea) };
  const outInt32 = new Int32Array(buffer, outArea.at, outArea.bytes / 4);
  const bytesOf = { xView: int8(xArea), wView: int8(wArea), outView: outInt32 };
  const outFloat64 = new Float64Array(buffer, outArea.at, outArea.bytes / 8);
  const words = { xView: int16(xArea), wView: int16(wArea), outView: outFloat64 };
  const lengthsView = new Int32Array(buffer, xArea.at, xArea.bytes / 4);

  return {
    name: 'simd',
    productFloat32(x, w, shape) {
      if (4 * shape.inner > longestRowBytes) return otherwise.productFloat32(x, w, shape);
      const run: Operands['run'] = (rows, columns, stride) => {
        wasm.productFloat32(xArea.at, wArea.at, outArea.at, rows, columns, stride);
      };
      const out = new Float32Array(shape.rows * shape.columns);
      return product(out, shape, { x, w, ...floats, run });
    },
    productInt8(x, w, shape) {
      if (shape.inner > longestRowBytes) return otherwise.productInt8(x, w, shape);
      const run: Operands['run'] = (rows, columns, stride) => {
        wasm.productInt8(xArea.at, wArea.at, outArea.at, rows, columns, stride);
      };
      const out = new Int32Array(shape.rows * shape.columns);
      return product(out, shape, { x, w, ...bytesOf, run });
    },
    productInt16(x, w, shape) {
      if (2 * shape.inner > longestRowBytes) return otherwise.productInt16(x, w, shape);
      const run: Operands['run'] = (rows, columns, stride) => {
        wasm.splitInt16(xArea.at, lowArea.at, highArea.at, rows * stride);
        wasm.productInt16(lowArea.at, highArea.at, wArea.at, outArea.at, rows, columns, stride);
      };
      const out = new Float64Array(shape.rows * shape.columns);
      return product(out, shape, { x, w, ...words, run });
    },
    gelu(values) {
      const out = new Float32Array(values.length);
      const view = floats.wView;
      for (let at = 0; at < values.length; at += view.length) {
        const count = Math.min(view.length, values.length - at);
        view.set(values.subarray(at, at + count));
        wasm.gelu(wArea.at, roundUp(4 * count, 16));
        out.set(view.subarray(0, count), at);
      }
      return out;
    },
    softmaxRows(values, columns, lengths, factor) {
      const view = floats.wView;
      const stride = roundUp(columns, 4);
      const rows = Math.min(Math.floor(view.length / stride), lengthsView.length);
      if (rows < 1) return otherwise.softmaxRows(values, columns, lengths, factor);
      const out = new Float32Array(values.length);
      if (columns === 0) return out;
      for (let r = 0; r < lengths.length; r += rows) {
        const count = Math.min(rows, lengths.length - r);
        loadRows(view, stride, values, r, count, columns);
        for (let i = 0; i < count; i++) lengthsView[i] = lengths[r + i]!;
        wasm.softmaxRows(wArea.at, xArea.at, count, 4 * stride, factor);
        if (stride === columns) {
          out.set(view.subarray(0, count * columns), r * columns);
          continue;
        }
        for (let i = 0; i < count; i++) {
          out.set(view.subarray(i * stride, i * stride + columns), (r + i) * columns);
        }
      }
      return out;
    },
    layerNorm(values, weight, bias, epsilon) {
      const columns = weight.length;
      if (columns % 4 !== 0 || 8 * columns > xArea.bytes) {
        return otherwise.layerNorm(values, weight, bias, epsilon);
      }
      const out = new Float32Array(values.length);
      const view = floats.wView;
      floats.xView.set(weight);
      floats.xView.set(bias, columns);
      const rows = Math.floor(view.length / columns);
      for (let at = 0; at < values.length; at += rows * columns) {
        const count = Math.min(rows * columns, values.length - at);
        view.set(values.subarray(at, at + count));
        wasm.layerNorm(
          wArea.at,
          xArea.at,
          xArea.at + 4 * columns,
          count / columns,
          columns,
          epsilon,
        );
        out.set(view.subarray(0, count), at);
      }
      return out;
    },
  };
}
