import type { Matrix } from '../tensor/index.ts';
import type { Checkpoint } from './checkpoint.ts';
import { linearSites } from './sites.ts';
import type { TensorNames } from './tensor-names.ts';

/**
 * What a matrix is to a quantizer: a linear layer of the encoder, its pooler included; a table of embeddings; or what
 * stands on the encoder (the classifier, the dense layer of a masked-LM head), which papers leave in floating point.
 */
export type MatrixKind = 'linear' | 'embeddings' | 'head';

/** A matrix of a model that can be quantized. */
export interface ModelMatrix {
  /** Its tensor in the checkpoint. */
  readonly name: string;
  readonly kind: MatrixKind;
  /** [out x in], or [entries x width] */
  readonly matrix: Matrix;
}

/** Every matrix of a model, once: linear layers in order of use, then the tables. */
export function modelMatrices(
  checkpoint: Checkpoint,
  names: Pick<TensorNames, 'words' | 'positions' | 'types'>,
): readonly ModelMatrix[] {
  const { words, positions, types } = checkpoint.embeddings;
  const linears = linearSites(checkpoint).map(({ site, tensor, weight }): ModelMatrix => {
    const isHead = site.role === 'classifier' || site.role === 'mlm-dense';
    return { name: tensor, kind: isHead ? 'head' : 'linear', matrix: weight };
  });
  const tables: ModelMatrix[] = [
    { name: names.words, kind: 'embeddings', matrix: words },
    { name: names.positions, kind: 'embeddings', matrix: positions },
  ];
  if (types && names.types) tables.push({ name: names.types, kind: 'embeddings', matrix: types });
  return [...linears, ...tables];
}
