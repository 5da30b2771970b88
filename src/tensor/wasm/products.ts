// Products x w^T over linear memory. Rows of x and w lie with the inner index contiguous, each row padded with zeros
// to a multiple of 32 bytes; `stride` is a row's size in bytes. `rows` is even, `columns` a multiple of 4.
//
// Two rows of x by four of w are eight sums, which with their six operands fit the sixteen vector registers of x86-64.
// The four rows of w stay in the first-level cache while the rows of x pass.

/** [a0 + a2 + (a1 + a3), the same of b, of c, of d]: the order of additions is part of the definition. */
function totalsFloat32(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab = f32x4.add(v128.shuffle<f32>(a, b, 0, 4, 1, 5), v128.shuffle<f32>(a, b, 2, 6, 3, 7));
  const cd = f32x4.add(v128.shuffle<f32>(c, d, 0, 4, 1, 5), v128.shuffle<f32>(c, d, 2, 6, 3, 7));
  return f32x4.add(v128.shuffle<f32>(ab, cd, 0, 1, 4, 5), v128.shuffle<f32>(ab, cd, 2, 3, 6, 7));
}

function totalsInt32(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab = i32x4.add(v128.shuffle<i32>(a, b, 0, 4, 1, 5), v128.shuffle<i32>(a, b, 2, 6, 3, 7));
  const cd = i32x4.add(v128.shuffle<i32>(c, d, 0, 4, 1, 5), v128.shuffle<i32>(c, d, 2, 6, 3, 7));
  return i32x4.add(v128.shuffle<i32>(ab, cd, 0, 1, 4, 5), v128.shuffle<i32>(ab, cd, 2, 3, 6, 7));
}

/** float32 sums of float32 products: lane l of four adds the products of index l mod 4 in ascending order. */
export function productFloat32(
  x: usize,
  w: usize,
  out: usize,
  rows: i32,
  columns: i32,
  stride: i32,
): void {
  const zero = f32x4.splat(0);
  for (let j = 0; j < columns; j += 4) {
    for (let i = 0; i < rows; i += 2) {
      let x0 = x + <usize>(i * stride);
      let x1 = x0 + <usize>stride;
      let w0 = w + <usize>(j * stride);
      let w1 = w0 + <usize>stride;
      let w2 = w1 + <usize>stride;
      let w3 = w2 + <usize>stride;
      let s00 = zero;
      let s01 = zero;
      let s02 = zero;
      let s03 = zero;
      let s10 = zero;
      let s11 = zero;
      let s12 = zero;
      let s13 = zero;
      const end = x1;
      while (x0 < end) {
        let a = v128.load(x0);
        let b = v128.load(x1);
        let v = v128.load(w0);
        s00 = f32x4.add(s00, f32x4.mul(a, v));
        s10 = f32x4.add(s10, f32x4.mul(b, v));
        v = v128.load(w1);
        s01 = f32x4.add(s01, f32x4.mul(a, v));
        s11 = f32x4.add(s11, f32x4.mul(b, v));
        v = v128.load(w2);
        s02 = f32x4.add(s02, f32x4.mul(a, v));
        s12 = f32x4.add(s12, f32x4.mul(b, v));
        v = v128.load(w3);
        s03 = f32x4.add(s03, f32x4.mul(a, v));
        s13 = f32x4.add(s13, f32x4.mul(b, v));

        a = v128.load(x0, 16);
        b = v128.load(x1, 16);
        v = v128.load(w0, 16);
        s00 = f32x4.add(s00, f32x4.mul(a, v));
        s10 = f32x4.add(s10, f32x4.mul(b, v));
        v = v128.load(w1, 16);
        s01 = f32x4.add(s01, f32x4.mul(a, v));
        s11 = f32x4.add(s11, f32x4.mul(b, v));
        v = v128.load(w2, 16);
        s02 = f32x4.add(s02, f32x4.mul(a, v));
        s12 = f32x4.add(s12, f32x4.mul(b, v));
        v = v128.load(w3, 16);
        s03 = f32x4.add(s03, f32x4.mul(a, v));
        s13 = f32x4.add(s13, f32x4.mul(b, v));

        x0 += 32;
        x1 += 32;
        w0 += 32;
        w1 += 32;
        w2 += 32;
        w3 += 32;
      }
      const at = out + ((<usize>(i * columns + j)) << 2);
      v128.store(at, totalsFloat32(s00, s01, s02, s03));
      v128.store(at + ((<usize>columns) << 2), totalsFloat32(s10, s11, s12, s13));
    }
  }
}

/** Exact int32 sums of int8 products: up to 2^17 - 1 of them, of which none exceeds 2^14. */
export function productInt8(
  x: usize,
  w: usize,
  out: usize,
  rows: i32,
  columns: i32,
  stride: i32,
): void {
  const zero = i32x4.splat(0);
  for (let j = 0; j < columns; j += 4) {
    for (let i = 0; i < rows; i += 2) {
      let x0 = x + <usize>(i * stride);
      let x1 = x0 + <usize>stride;
      let w0 = w + <usize>(j * stride);
      let w1 = w0 + <usize>stride;
      let w2 = w1 + <usize>stride;
      let w3 = w2 + <usize>stride;
      let s00 = zero;
      let s01 = zero;
      let s02 = zero;
      let s03 = zero;
      let s10 = zero;
      let s11 = zero;
      let s12 = zero;
      let s13 = zero;
      const end = x1;
      while (x0 < end) {
        const a = v128.load_ext<i8>(x0);
        const b = v128.load_ext<i8>(x1);
        let v = v128.load_ext<i8>(w0);
        s00 = i32x4.add(s00, i32x4.dot_i16x8_s(a, v));
        s10 = i32x4.add(s10, i32x4.dot_i16x8_s(b, v));
        v = v128.load_ext<i8>(w1);
        s01 = i32x4.add(s01, i32x4.dot_i16x8_s(a, v));
        s11 = i32x4.add(s11, i32x4.dot_i16x8_s(b, v));
        v = v128.load_ext<i8>(w2);
        s02 = i32x4.add(s02, i32x4.dot_i16x8_s(a, v));
        s12 = i32x4.add(s12, i32x4.dot_i16x8_s(b, v));
        v = v128.load_ext<i8>(w3);
        s03 = i32x4.add(s03, i32x4.dot_i16x8_s(a, v));
        s13 = i32x4.add(s13, i32x4.dot_i16x8_s(b, v));
        x0 += 8;
        x1 += 8;
        w0 += 8;
        w1 += 8;
        w2 += 8;
        w3 += 8;
      }
      const at = out + ((<usize>(i * columns + j)) << 2);
      v128.store(at, totalsInt32(s00, s01, s02, s03));
      v128.store(at + ((<usize>columns) << 2), totalsInt32(s10, s11, s12, s13));
    }
  }
}

/**
 * Splits int16 values into low and high parts, value = 256 high + low with low in -128 .. 127, so that products with
 * int16 values leave room for sums in 32 bits. `bytes` is a multiple of 16.
 */
export function splitInt16(values: usize, low: usize, high: usize, bytes: i32): void {
  for (let at: usize = 0; at < <usize>bytes; at += 16) {
    const v = v128.load(values + at);
    const l = i16x8.shr_s(i16x8.shl(v, 8), 8);
    // In 16 bits 32767 - -1 wraps, so the low part's sign is added after the shift: high reaches 128.
    v128.store(low + at, l);
    v128.store(high + at, i16x8.sub(i16x8.shr_s(v, 8), i16x8.shr_s(l, 15)));
  }
}

/** Bytes of int16 values whose products with 8-bit parts, up to 2^22 each, sum to less than 2^31: 256 values. */
const blockBytes: i32 = 512;

/** Exact float64 sums of int16 products; x is given as the parts that `splitInt16` makes. */
export function productInt16(
  low: usize,
  high: usize,
  w: usize,
  out: usize,
  rows: i32,
  columns: i32,
  stride: i32,
): void {
  const zero = i32x4.splat(0);
  const weight = f64x2.splat(256);
  for (let j = 0; j < columns; j += 4) {
    for (let i = 0; i < rows; i++) {
      let sum01 = f64x2.splat(0);
      let sum23 = f64x2.splat(0);
      for (let block = 0; block < stride; block += blockBytes) {
        const bytes = min(blockBytes, stride - block);
        let l = low + <usize>(i * stride + block);
        let h = high + <usize>(i * stride + block);
        let w0 = w + <usize>(j * stride + block);
        let w1 = w0 + <usize>stride;
        let w2 = w1 + <usize>stride;
        let w3 = w2 + <usize>stride;
        let l0 = zero;
        let l1 = zero;
        let l2 = zero;
        let l3 = zero;
        let h0 = zero;
        let h1 = zero;
        let h2 = zero;
        let h3 = zero;
        const end = l + <usize>bytes;
        while (l < end) {
          const a = v128.load(l);
          const b = v128.load(h);
          let v = v128.load(w0);
          l0 = i32x4.add(l0, i32x4.dot_i16x8_s(a, v));
          h0 = i32x4.add(h0, i32x4.dot_i16x8_s(b, v));
          v = v128.load(w1);
          l1 = i32x4.add(l1, i32x4.dot_i16x8_s(a, v));
          h1 = i32x4.add(h1, i32x4.dot_i16x8_s(b, v));
          v = v128.load(w2);
          l2 = i32x4.add(l2, i32x4.dot_i16x8_s(a, v));
          h2 = i32x4.add(h2, i32x4.dot_i16x8_s(b, v));
          v = v128.load(w3);
          l3 = i32x4.add(l3, i32x4.dot_i16x8_s(a, v));
          h3 = i32x4.add(h3, i32x4.dot_i16x8_s(b, v));
          l += 16;
          h += 16;
          w0 += 16;
          w1 += 16;
          w2 += 16;
          w3 += 16;
        }
        const ls = totalsInt32(l0, l1, l2, l3);
        const hs = totalsInt32(h0, h1, h2, h3);
        const high01 = f64x2.mul(f64x2.convert_low_i32x4_s(hs), weight);
        const high23 = f64x2.mul(
          f64x2.convert_low_i32x4_s(v128.shuffle<i32>(hs, hs, 2, 3, 2, 3)),
          weight,
        );
        const low23 = f64x2.convert_low_i32x4_s(v128.shuffle<i32>(ls, ls, 2, 3, 2, 3));
        sum01 = f64x2.add(sum01, f64x2.add(high01, f64x2.convert_low_i32x4_s(ls)));
        sum23 = f64x2.add(sum23, f64x2.add(high23, low23));
      }
      const at = out + ((<usize>(i * columns + j)) << 3);
      v128.store(at, sum01);
      v128.store(at, sum23, 16);
    }
  }
}
