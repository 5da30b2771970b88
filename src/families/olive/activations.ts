import { InputError } from '../../numeric/index.ts';
import { matrix, rowOf } from '../../tensor/index.ts';
import type { Matrix } from '../../tensor/index.ts';
import type { NormalType } from './format/number-types.ts';
import { ovpCode } from './format/ovp-code.ts';
import { quantizePairs } from './format/quantize-pairs.ts';
import type { PairRule, PairSettings } from './format/quantize-pairs.ts';
import { formatOf, formatsFor, searchScale } from './quantizer.ts';
import type { QuantizerOptions, ScaleSearch } from './quantizer.ts';

/** How the activations that reach one place are quantized; plain data, which rests with the model. */
export interface ActivationScale {
  /** `float` where activations are not quantized. */
  readonly type: NormalType | 'float';
  /** What code 1 stands for, a float32. */
  readonly scale: number;
  readonly rule: PairRule;
}

/** Values of a calibration set that the search looks at; many more change nothing but its time. */
const searchedValues = 2 ** 20;

/** Hardware decides by half units. */
const settingsOf = (type: NormalType, rule: PairRule): PairSettings => ({
  code: ovpCode(formatOf(type, rule)),
  rule,
  comparison: 'halves',
});

/**
 * One static scale for a place in the model, with the least squared error over a sample of what reaches it; and the
 * normal type with which that is less, int4 where they are equal.
 *
 * @throws InputError for activations that are not finite
 */
export function searchActivationScale(
  samples: readonly Matrix[],
  options: Pick<QuantizerOptions, 'type' | 'rule'> & { readonly bits: 4 | 8 },
): ActivationScale {
  const x = thinned(samples);
  const bad = x.data.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) {
    throw new InputError(
      `A calibration activation is ${x.data[bad]}, but a scale needs finite ones; look for overflow in the model.`,
    );
  }
  let best: { readonly type: NormalType; readonly found: ScaleSearch } | undefined;
  const block = { data: x.data, begin: 0, end: x.data.length, columns: x.columns };
  for (const { type } of formatsFor(options)) {
    const found = searchScale(settingsOf(type, options.rule), block);
    if (!best || found.error < best.found.error) best = { type, found };
  }
  return { type: best!.type, scale: best!.found.scale, rule: options.rule };
}

/** Evenly spread rows that together have at most `searchedValues` values, but at least one row. */
function thinned(samples: readonly Matrix[]): Matrix {
  const columns = samples[0]?.columns ?? 1;
  const rows = samples.flatMap((sample) =>
    Array.from({ length: sample.rows }, (_, row) => rowOf(sample, row)),
  );
  const stride = Math.max(1, Math.ceil((rows.length * columns) / searchedValues));
  const kept = rows.filter((_, row) => row % stride === 0);
  const out = matrix(kept.length, columns);
  kept.forEach((row, i) => out.data.set(row, i * columns));
  return out;
}

/** Largest outlier of int4. */
const largestInt4Outlier = 96;

/** A scale for when nothing is known but the largest magnitude, which becomes the largest outlier. */
export function scaleFromRange(range: number): ActivationScale {
  if (!(range >= 0 && range < Infinity)) {
    throw new InputError(
      `The largest magnitude is ${range}, but a scale needs a finite one from 0; look for NaN or overflow in the values it was taken from.`,
    );
  }
  if (range === 0) return { type: 'int4', scale: 1, rule: 'paper' };
  const scale = Math.max(Math.fround(range / largestInt4Outlier), 2 ** -149);
  return { type: 'int4', scale, rule: 'paper' };
}

/**
 * Activations as the integers that their pairs stand for, [rows x columns].
 *
 * @throws InputError for NaN; infinities become the largest outlier
 */
export function quantizeActivations(x: Matrix, { type, scale, rule }: ActivationScale): Int32Array {
  if (type === 'float') throw new RangeError('these activations are not quantized');
  const bad = x.data.findIndex(Number.isNaN);
  if (bad >= 0) {
    throw new InputError(
      `Value ${bad} is NaN, which has no code; find out where the model produced it.`,
    );
  }
  const settings = settingsOf(type, rule);
  const values = new Int32Array(x.data.length);
  if (x.columns % 2 === 0) quantizePairs(settings, x.data, 0, x.data.length, scale, values);
  else {
    for (let begin = 0; begin < x.data.length; begin += x.columns) {
      quantizePairs(settings, x.data, begin, begin + x.columns, scale, values);
    }
  }
  return values;
}
