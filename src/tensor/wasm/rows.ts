// Activation functions and normalisation over linear memory: float32 values, float64 arithmetic, two at a time, in
// exactly the operations of ../typed-rows.ts.

/** The two values behind the first two of four. */
function upper(v: v128): v128 {
  return v128.shuffle<f32>(v, v, 2, 3, 2, 3);
}

/** Four float32 values from two and two in float64. */
function narrowed(low: v128, high: v128): v128 {
  return v128.shuffle<f32>(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 1, 4, 5);
}

/**
 * log2 e, the two parts of ln 2, 1 / n! for n = 11 .. 0, the limits of x, and the number that rounds: in memory, because
 * V8 builds a vector constant anew, in several instructions, wherever it is used.
 */
const exponentialTable = memory.data<f64>([
  1.4426950408889634,
  6.9314718036912381649e-1,
  1.90821492927058770002e-10,
  1 / 39916800.0,
  1 / 3628800.0,
  1 / 362880.0,
  1 / 40320.0,
  1 / 5040.0,
  1 / 720.0,
  1 / 120.0,
  1 / 24.0,
  1 / 6.0,
  0.5,
  1,
  1,
  -708,
  709,
  6755399441056767,
]);

/** Numerator and denominator of `normalTail`, by descending powers, then -1/2 and the limits of x. */
const tailTable = memory.data<f64>([
  0.0001817323526348525, 0.0029974626074159272, 0.02349894318481711, 0.1100814012585947,
  0.3241474583107688, 0.5745867551551807, 0.5000000000007215, 0.0004555354064537424,
  0.007513528517835188, 0.059358497563633726, 0.28345023081167353, 0.8704532013268432,
  1.7018224872445087, 1.947058071288854, 1, -0.5, -40, 40,
]);

/** p * x + entry `index` of `table`. */
function step(p: v128, x: v128, table: usize, index: usize): v128 {
  return f64x2.add(f64x2.mul(p, x), v128.load_splat<f64>(table + (index << 3)));
}

/** See `exponential` of ../exponential.ts. */
function exponential(given: v128): v128 {
  const t = exponentialTable;
  const x = f64x2.pmin(
    f64x2.pmax(given, v128.load_splat<f64>(t, 120)),
    v128.load_splat<f64>(t, 128),
  );
  const magic = v128.load_splat<f64>(t, 136);
  const biased = f64x2.add(f64x2.mul(x, v128.load_splat<f64>(t)), magic);
  const n = f64x2.sub(biased, magic);
  const r = f64x2.sub(
    f64x2.sub(x, f64x2.mul(n, v128.load_splat<f64>(t, 8))),
    f64x2.mul(n, v128.load_splat<f64>(t, 16)),
  );
  // Even and odd powers apart: two short chains of additions instead of a long one.
  const square = f64x2.mul(r, r);
  let odd = v128.load_splat<f64>(t, 24);
  let even = v128.load_splat<f64>(t, 32);
  odd = step(odd, square, t, 5);
  even = step(even, square, t, 6);
  odd = step(odd, square, t, 7);
  even = step(even, square, t, 8);
  odd = step(odd, square, t, 9);
  even = step(even, square, t, 10);
  odd = step(odd, square, t, 11);
  even = step(even, square, t, 12);
  odd = step(odd, square, t, 13);
  even = step(even, square, t, 14);
  const p = f64x2.add(even, f64x2.mul(odd, r));
  // The low bits of `biased` hold n + 1023, the exponent field of 2^n.
  return f64x2.mul(p, i64x2.shl(biased, 52));
}

/** x times the normal distribution function; see `normalTail` of ../exponential.ts. */
function geluOf(given: v128): v128 {
  const t = tailTable;
  const x = f64x2.pmax(given, v128.load_splat<f64>(t, 128));
  const a = f64x2.pmin(f64x2.abs(x), v128.load_splat<f64>(t, 136));
  let p = v128.load_splat<f64>(t);
  p = step(p, a, t, 1);
  p = step(p, a, t, 2);
  p = step(p, a, t, 3);
  p = step(p, a, t, 4);
  p = step(p, a, t, 5);
  p = step(p, a, t, 6);
  let q = v128.load_splat<f64>(t, 56);
  q = step(q, a, t, 8);
  q = step(q, a, t, 9);
  q = step(q, a, t, 10);
  q = step(q, a, t, 11);
  q = step(q, a, t, 12);
  q = step(q, a, t, 13);
  q = step(q, a, t, 14);
  const e = exponential(f64x2.mul(f64x2.mul(a, a), v128.load_splat<f64>(t, 120)));
  const tail = f64x2.div(f64x2.mul(e, p), q);
  const above = f64x2.sub(v128.load_splat<f64>(t, 112), tail);
  return f64x2.mul(x, v128.bitselect(tail, above, f64x2.lt(x, f64x2.splat(0))));
}

/** GELU of `bytes` bytes, a multiple of 16, in place. */
export function gelu(values: usize, bytes: i32): void {
  const end = values + <usize>bytes;
  for (let at = values; at < end; at += 8) {
    const y = geluOf(f64x2.promote_low_f32x4(v128.load_zero<f64>(at)));
    v128.store_lane<f64>(at, f32x4.demote_f64x2_zero(y), 0);
  }
}

/**
 * Softmax of factor * x, factor positive, over the first lengths[r] (int32) values of each row r, in place; the values behind become 0.
 * A row takes `stride` bytes, a multiple of 16.
 */
export function softmaxRows(
  values: usize,
  lengths: usize,
  rows: i32,
  stride: i32,
  factor: f64,
): void {
  const scale = f64x2.splat(factor);
  for (let r = 0; r < rows; r++) {
    const row = values + <usize>(r * stride);
    const length = load<i32>(lengths + ((<usize>r) << 2));
    const last = row + ((<usize>length) << 2);
    // Whole vectors: what is added behind the row must lose every comparison and weigh nothing.
    const end = (last + 15) & ~15;
    for (let at = last; at < end; at += 4) store<f32>(at, -Infinity);
    let max = f64x2.splat(-Infinity);
    for (let at = row; at < end; at += 16) {
      const v = v128.load(at);
      max = f64x2.pmax(max, f64x2.mul(f64x2.promote_low_f32x4(v), scale));
      max = f64x2.pmax(max, f64x2.mul(f64x2.promote_low_f32x4(upper(v)), scale));
    }
    max = f64x2.pmax(max, v128.shuffle<f64>(max, max, 1, 0));
    let low = f64x2.splat(0);
    let high = f64x2.splat(0);
    for (let at = row; at < end; at += 16) {
      const v = v128.load(at);
      const a = exponential(f64x2.sub(f64x2.mul(f64x2.promote_low_f32x4(v), scale), max));
      const b = exponential(f64x2.sub(f64x2.mul(f64x2.promote_low_f32x4(upper(v)), scale), max));
      low = f64x2.add(low, a);
      high = f64x2.add(high, b);
      v128.store(at, narrowed(a, b));
    }
    const pairs = f64x2.add(low, high);
    const sum = f64x2.add(pairs, v128.shuffle<f64>(pairs, pairs, 1, 0));
    for (let at = row; at < end; at += 16) {
      const v = v128.load(at);
      const a = f64x2.div(f64x2.promote_low_f32x4(v), sum);
      const b = f64x2.div(f64x2.promote_low_f32x4(upper(v)), sum);
      v128.store(at, narrowed(a, b));
    }
    memory.fill(last, 0, row + <usize>stride - last);
  }
}

/** LayerNorm of `rows` rows of `columns` values, a multiple of 4, in place. */
export function layerNorm(
  values: usize,
  weight: usize,
  bias: usize,
  rows: i32,
  columns: i32,
  epsilon: f64,
): void {
  const bytes = (<usize>columns) << 2;
  for (let r = 0; r < rows; r++) {
    const row = values + <usize>r * bytes;
    let low = f64x2.splat(0);
    let high = f64x2.splat(0);
    for (let c: usize = 0; c < bytes; c += 16) {
      const v = v128.load(row + c);
      low = f64x2.add(low, f64x2.promote_low_f32x4(v));
      high = f64x2.add(high, f64x2.promote_low_f32x4(upper(v)));
    }
    let pairs = f64x2.add(low, high);
    const mean = f64x2.splat(
      (f64x2.extract_lane(pairs, 0) + f64x2.extract_lane(pairs, 1)) / <f64>columns,
    );
    low = f64x2.splat(0);
    high = f64x2.splat(0);
    for (let c: usize = 0; c < bytes; c += 16) {
      const v = v128.load(row + c);
      const a = f64x2.sub(f64x2.promote_low_f32x4(v), mean);
      const b = f64x2.sub(f64x2.promote_low_f32x4(upper(v)), mean);
      low = f64x2.add(low, f64x2.mul(a, a));
      high = f64x2.add(high, f64x2.mul(b, b));
    }
    pairs = f64x2.add(low, high);
    const squares = f64x2.extract_lane(pairs, 0) + f64x2.extract_lane(pairs, 1);
    const scale = f64x2.splat(1 / sqrt(squares / <f64>columns + epsilon));
    for (let c: usize = 0; c < bytes; c += 16) {
      const v = v128.load(row + c);
      const w = v128.load(weight + c);
      const b = v128.load(bias + c);
      const x0 = f64x2.mul(f64x2.sub(f64x2.promote_low_f32x4(v), mean), scale);
      const x1 = f64x2.mul(f64x2.sub(f64x2.promote_low_f32x4(upper(v)), mean), scale);
      const y0 = f64x2.mul(x0, f64x2.promote_low_f32x4(w));
      const y1 = f64x2.mul(x1, f64x2.promote_low_f32x4(upper(w)));
      const z0 = f64x2.add(y0, f64x2.promote_low_f32x4(b));
      const z1 = f64x2.add(y1, f64x2.promote_low_f32x4(upper(b)));
      v128.store(row + c, narrowed(z0, z1));
    }
  }
}
