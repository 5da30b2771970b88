import { InputError } from '../numeric/index.ts';
import { matrix, maxMagnitude, rowOf } from '../tensor/index.ts';
import type { Matrix } from '../tensor/index.ts';
import { encode, floatEngine, linearSites, packBatch, siteKey } from '../transformer/index.ts';
import type { AnyMethod, Checkpoint, Encoding, Site } from '../transformer/index.ts';
import type { SiteScale } from './stored-model.ts';

/** Sequences per forward pass: enough to amortise each call, few enough to stay in cache. */
const batchSize = 32;
/** Rows of activations kept for each site, so that a method can search its scale among them. */
const keptRows = 4096;

/**
 * Runs calibration sequences through the encoder in floating point and notes what reaches each linear layer, and
 * attention where the method's engine computes that, too.
 *
 * @param method if it has `calibrate`, gives the scale of each site, by `options`; of an attention operand it sees every
 *   head's columns as rows of their own
 * @returns by `siteKey`
 * @throws InputError for no sequence, and for an activation that is not finite
 */
export async function calibrateSites(
  checkpoint: Checkpoint,
  sequences: readonly Encoding[],
  method: AnyMethod,
  options: unknown,
  onProgress?: (fraction: number) => void,
): Promise<Readonly<Record<string, SiteScale>>> {
  if (sequences.length === 0) {
    throw new InputError('there is no calibration example; give a file with at least one.');
  }
  const rows = sequences.reduce((sum, { ids }) => sum + ids.length, 0);
  const stride = Math.max(1, Math.ceil(rows / keptRows));
  const found = new Map<string, { site: Site; range: number; samples: Matrix[] }>();
  const engine = floatEngine(linearSites(checkpoint));
  const see = (site: Site, x: Matrix): void => {
    const key = siteKey(site);
    const entry = found.get(key) ?? { site, range: 0, samples: [] };
    found.set(key, entry);
    entry.range = Math.max(entry.range, maxMagnitude(x));
    if (method.calibrate) entry.samples.push(everyRow(x, stride));
  };
  for (let at = 0; at < sequences.length; at += batchSize) {
    const batch = packBatch(checkpoint.config, sequences.slice(at, at + batchSize));
    await encode(checkpoint, batch, engine, {
      observer: {
        product({ operation, site, operands: [a, b] }) {
          const { layer } = site;
          switch (operation) {
            case 'linear':
              see(site, a!);
              break;
            case 'scores':
              if (!method.attention) break;
              see({ layer, role: 'queries' }, a!);
              see({ layer, role: 'keys' }, b!);
              break;
            case 'context':
              if (method.attention) see({ layer, role: 'values' }, b!);
              break;
          }
        },
      },
    });
    onProgress?.(Math.min(1, (at + batchSize) / sequences.length));
  }
  return Object.fromEntries(
    [...found].map(([key, { site, range, samples }]): [string, SiteScale] => [
      key,
      {
        range,
        ...(method.calibrate && { scale: method.calibrate(site, { range, samples }, options) }),
      },
    ]),
  );
}

/** Every `stride`-th row, from the first on. */
function everyRow(x: Matrix, stride: number): Matrix {
  const out = matrix(Math.ceil(x.rows / stride), x.columns);
  for (let r = 0; r < out.rows; r++) rowOf(out, r).set(rowOf(x, r * stride));
  return out;
}
