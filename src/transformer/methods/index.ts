/** Quantization methods that need no hardware of their own: the baselines that every published method is compared with. */
import type { AnyMethod } from '../method.ts';
import { kmeans } from './kmeans.ts';
import { linear } from './linear.ts';

export { kmeans } from './kmeans.ts';
export type { KmeansMatrix, KmeansOptions } from './kmeans.ts';
export { linear } from './linear.ts';
export type { LinearMatrix, LinearOptions } from './linear.ts';

/** Every baseline. */
export const baselines: readonly AnyMethod[] = [linear, kmeans];
