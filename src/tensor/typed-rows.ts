import { exponential, normalTail } from './exponential.ts';

/** GELU of every value: x (1 - tail) above 0, x tail below, in float64, rounded once to float32. */
export function gelu(values: Float32Array): Float32Array {
  const out = new Float32Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const given = values[i]!;
    const x = given < -40 ? -40 : given;
    const a = Math.abs(x);
    const tail = normalTail(a > 40 ? 40 : a);
    out[i] = x * (x < 0 ? tail : 1 - tail);
  }
  return out;
}

/** Softmax of factor * x over the first lengths[r] values of each row r; the values behind them become 0. */
export function softmaxRows(
  values: Float32Array,
  columns: number,
  lengths: ArrayLike<number>,
  factor: number,
): Float32Array {
  const out = new Float32Array(values.length);
  for (let r = 0; r < lengths.length; r++) {
    const at = r * columns;
    const end = at + lengths[r]!;
    let max = -Infinity;
    for (let i = at; i < end; i++) max = Math.max(max, values[i]! * factor);
    let s0 = 0;
    let s1 = 0;
    let s2 = 0;
    let s3 = 0;
    for (let i = at; i < end; i++) {
      const e = exponential(values[i]! * factor - max);
      out[i] = e;
      // Every fourth value belongs to one sum; the four change places instead of being indexed, and the total
      // below is the same in whichever of the four places they stop.
      const next = s0 + e;
      s0 = s1;
      s1 = s2;
      s2 = s3;
      s3 = next;
    }
    const sum = s0 + s2 + (s1 + s3);
    for (let i = at; i < end; i++) out[i] = out[i]! / sum;
  }
  return out;
}

/** LayerNorm of rows as long as `weight`. */
export function layerNorm(
  values: Float32Array,
  weight: Float32Array,
  bias: Float32Array,
  epsilon: number,
): Float32Array {
  const out = new Float32Array(values.length);
  const n = weight.length;
  const whole = n - (n % 4);
  for (let at = 0; at < values.length; at += n) {
    let s0 = 0;
    let s1 = 0;
    let s2 = 0;
    let s3 = 0;
    for (let i = at; i < at + whole; i += 4) {
      s0 += values[i]!;
      s1 += values[i + 1]!;
      s2 += values[i + 2]!;
      s3 += values[i + 3]!;
    }
    let sum = s0 + s2 + (s1 + s3);
    for (let i = at + whole; i < at + n; i++) sum += values[i]!;
    const mean = sum / n;
    s0 = 0;
    s1 = 0;
    s2 = 0;
    s3 = 0;
    for (let i = at; i < at + whole; i += 4) {
      const d0 = values[i]! - mean;
      const d1 = values[i + 1]! - mean;
      const d2 = values[i + 2]! - mean;
      const d3 = values[i + 3]! - mean;
      s0 += d0 * d0;
      s1 += d1 * d1;
      s2 += d2 * d2;
      s3 += d3 * d3;
    }
    let squares = s0 + s2 + (s1 + s3);
    for (let i = at + whole; i < at + n; i++) {
      const d = values[i]! - mean;
      squares += d * d;
    }
    const scale = 1 / Math.sqrt(squares / n + epsilon);
    for (let c = 0; c < n; c++) {
      out[at + c] = (values[at + c]! - mean) * scale * weight[c]! + bias[c]!;
    }
  }
  return out;
}
