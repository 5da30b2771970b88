import type { OvpCode } from './ovp-code.ts';

/**
 * What becomes of a pair with an outlier. By the `paper` the outlier stays, of two the larger. The authors' published
 * code, `artifact`, keeps the left one of two, and a value midway between two goes to the more positive. `nearest-pair`
 * takes the pair with the least squared error, even if an outlier is then cut to the largest normal value.
 */
export type PairRule = 'paper' | 'artifact' | 'nearest-pair';

/** Which of two outliers is larger: by their real magnitudes, or in half units as the hardware sees them. */
export type Comparison = 'real' | 'halves';

/** Pairs by kind: by their values, and for `nearest-pair` by their codes where an outlier was cut. */
export interface PairKinds {
  readonly normalNormal: number;
  readonly outlierNormal: number;
  readonly outlierOutlier: number;
}

/** How values become pairs. */
export interface PairSettings {
  readonly code: OvpCode;
  readonly rule: PairRule;
  readonly comparison: Comparison;
}

/**
 * Half units per unit of a float32 scale, a little above 2 / scale: then x * this, cut to an integer, is the number of
 * half units in |x| / scale exactly. A float32 is either a whole number of halves of a float32 scale or at least 2^-42
 * off (for up to 2^18 halves), which the correction is too small to bridge and rounding of the product is too small to
 * undo.
 */
const upward = (scale: number): number => (2 / scale) * (1 + 2 ** -46);

/** The same, except that a whole number of halves gives one less: what lies midway then goes towards zero. */
const downward = (scale: number): number => (2 / scale) * (1 - 2 ** -46);

/**
 * Quantizes values begin .. end - 1 to pairs at a scale, each value to the nearest normal value or outlier; then the
 * pair rule makes victims. The last value of an odd number is paired with 0.
 *
 * @param x float32 values, finite
 * @param scale a float32 above 0
 * @param out gets the integers at the same places
 * @returns pairs by kind
 */
export function quantizePairs(
  settings: PairSettings,
  x: Float32Array,
  begin: number,
  end: number,
  scale: number,
  out: Int32Array,
): PairKinds {
  const { rule } = settings;
  const { nearest, mostHalves, threshold, largest } = settings.code;
  const up = upward(scale);
  const down = downward(scale);
  const artifact = rule === 'artifact';
  let normalNormal = 0;
  let outlierOutlier = 0;
  for (let i = begin; i < end; i += 2) {
    const a = x[i]!;
    const paired = i + 1 < end;
    const b = paired ? x[i + 1]! : 0;
    const m = Math.abs(a);
    const n = Math.abs(b);
    const p = m * (artifact && a < 0 ? down : up);
    const q = n * (artifact && b < 0 ? down : up);
    const h = p < mostHalves ? p | 0 : mostHalves;
    const k = q < mostHalves ? q | 0 : mostHalves;
    let first = nearest[h]!;
    let second = nearest[k]!;
    if (h < threshold && k < threshold) normalNormal++;
    else {
      const kept = keeps(settings, h, k, m, n, scale);
      if (kept === 'neither') {
        normalNormal++;
        first = Math.min(first, largest);
        second = Math.min(second, largest);
      } else {
        if (h >= threshold && k >= threshold) outlierOutlier++;
        if (kept === 'first') second = 0;
        else first = 0;
      }
    }
    out[i] = a < 0 ? 0 - first : first;
    if (paired) out[i + 1] = b < 0 ? 0 - second : second;
  }
  const pairs = Math.ceil((end - begin) / 2);
  return { normalNormal, outlierNormal: pairs - normalNormal - outlierOutlier, outlierOutlier };
}

/** Which value of a pair with an outlier stays one; for `neither`, both become normal values. */
function keeps(
  { code, rule, comparison }: PairSettings,
  h: number,
  k: number,
  m: number,
  n: number,
  scale: number,
): 'first' | 'second' | 'neither' {
  const { threshold } = code;
  if (rule === 'nearest-pair') return nearestPair(code, h, k, m, n, scale);
  if (k < threshold) return 'first';
  if (h < threshold) return 'second';
  if (rule === 'artifact') return 'first';
  return (comparison === 'halves' ? h > k : m > n) ? 'first' : 'second';
}

/**
 * Which of the three pairs has the least squared error; of equals the one without victim, then the one that keeps the
 * second value. No other pair can be nearer: below the threshold a normal value is as near as an outlier.
 */
function nearestPair(
  { nearest, threshold, largest }: OvpCode,
  h: number,
  k: number,
  m: number,
  n: number,
  scale: number,
): 'first' | 'second' | 'neither' {
  const first = nearest[h]!;
  const second = nearest[k]!;
  const error = (p: number, q: number): number => (m - p * scale) ** 2 + (n - q * scale) ** 2;
  const normals = error(Math.min(first, largest), Math.min(second, largest));
  const left = h < threshold ? Infinity : error(first, 0);
  const right = k < threshold ? Infinity : error(0, second);
  if (normals <= left && normals <= right) return 'neither';
  return left < right ? 'first' : 'second';
}

/**
 * Sum of the squares of x - value x scale over values begin .. end - 1, added in order to `sum`, in float64.
 *
 * @param limit a sum above it need not be complete: what is left can only add to it
 */
export function squaredError(
  settings: PairSettings,
  x: Float32Array,
  begin: number,
  end: number,
  scale: number,
  limit: number,
  sum: number,
): number {
  const { rule } = settings;
  const { nearest, mostHalves, threshold, largest } = settings.code;
  const up = upward(scale);
  const down = downward(scale);
  const artifact = rule === 'artifact';
  for (let i = begin; i < end; i += 2) {
    const a = x[i]!;
    const b = i + 1 < end ? x[i + 1]! : 0;
    const m = Math.abs(a);
    const n = Math.abs(b);
    const p = m * (artifact && a < 0 ? down : up);
    const q = n * (artifact && b < 0 ? down : up);
    const h = p < mostHalves ? p | 0 : mostHalves;
    const k = q < mostHalves ? q | 0 : mostHalves;
    let first = nearest[h]!;
    let second = nearest[k]!;
    if (h >= threshold || k >= threshold) {
      const kept = keeps(settings, h, k, m, n, scale);
      if (kept === 'neither') {
        first = Math.min(first, largest);
        second = Math.min(second, largest);
      } else if (kept === 'first') second = 0;
      else first = 0;
    }
    // Products of a float32 and 16 bits are exact.
    const d = m - first * scale;
    const e = n - second * scale;
    sum += d * d;
    sum += e * e;
    if (sum > limit) return sum;
  }
  return sum;
}
