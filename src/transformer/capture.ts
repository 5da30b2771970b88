import { InputError } from '../numeric/index.ts';
import { maxMagnitude } from '../tensor/index.ts';
import type { Matrix } from '../tensor/index.ts';
import { packBatch } from './batch.ts';
import type { Batch } from './batch.ts';
import type { Checkpoint } from './checkpoint.ts';
import { encode } from './encoder.ts';
import { floatEngine } from './float-engine.ts';
import { siteKey } from './matmul-engine.ts';
import type { MatmulEngine, Site } from './matmul-engine.ts';
import type { Observer } from './observer.ts';
import { linearSites } from './sites.ts';
import type { Encoding } from './text-tokenizer.ts';

/** An observer of what reaches each linear layer. */
function linearOperands(see: (site: Site, x: Matrix) => void): Observer {
  return {
    product({ operation, site, operands }) {
      if (operation === 'linear') see(site, operands[0]!);
    },
  };
}

/** The activations that reach one linear layer. */
export interface Captured {
  readonly site: Site;
  /** [tokens x in]; for the pooler and the classifier [sequences x in] */
  readonly x: Matrix;
}

/**
 * Runs the encoder once and keeps what reaches each linear layer.
 *
 * @param engine what computes the products; floating point unless given
 * @returns by `siteKey`, in order of use: `0.query`, `0.key`, ...
 */
export async function captureActivations(
  checkpoint: Checkpoint,
  batch: Batch,
  engine: MatmulEngine = floatEngine(linearSites(checkpoint)),
): Promise<ReadonlyMap<string, Captured>> {
  const captured = new Map<string, Captured>();
  const observer = linearOperands((site, x) => {
    captured.set(siteKey(site), { site, x });
  });
  await encode(checkpoint, batch, engine, { observer });
  return captured;
}

/** Sequences per forward pass of a calibration: enough to amortise each call, few enough to stay in cache. */
const calibrationBatch = 32;

/**
 * The largest |x| that reaches each linear layer in floating point, over a calibration set.
 *
 * @returns by `siteKey`
 * @throws InputError if there is no sequence, or if an activation is not finite
 */
export async function calibrate(
  checkpoint: Checkpoint,
  sequences: readonly Encoding[],
): Promise<ReadonlyMap<string, number>> {
  if (sequences.length === 0) {
    throw new InputError('there is no calibration sequence; give at least one example.');
  }
  const ranges = new Map<string, number>();
  const engine = floatEngine(linearSites(checkpoint));
  const observer = linearOperands((site, x) => {
    const key = siteKey(site);
    const range = maxMagnitude(x);
    if (!Number.isFinite(range)) {
      throw new InputError(
        `${checkpoint.path}: an activation that reaches ${key} is ${range}, allowed are finite values; the checkpoint overflows in float32.`,
      );
    }
    ranges.set(key, Math.max(ranges.get(key) ?? 0, range));
  });
  for (let at = 0; at < sequences.length; at += calibrationBatch) {
    const batch = packBatch(checkpoint.config, sequences.slice(at, at + calibrationBatch));
    await encode(checkpoint, batch, engine, { observer });
  }
  return ranges;
}
