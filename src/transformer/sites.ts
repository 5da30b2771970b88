import type { Matrix } from '../tensor/index.ts';
import type { Checkpoint, EncoderLayer, Linear } from './checkpoint.ts';
import { attentionOperands } from './matmul-engine.ts';
import type { LinearRole, Site } from './matmul-engine.ts';

/** A linear layer and the first place where the encoder uses it. */
export interface LinearSite {
  readonly site: Site & { readonly role: LinearRole; readonly tensor: string };
  /** Name of the weight in the checkpoint. */
  readonly tensor: string;
  /** [out x in] */
  readonly weight: Matrix;
  /** [out] */
  readonly bias: Float32Array;
}

/** The six linear layers of an encoder layer, in order of use. */
export function layerLinears(layer: EncoderLayer): readonly (readonly [LinearRole, Linear])[] {
  return [
    ['query', layer.query],
    ['key', layer.key],
    ['value', layer.value],
    ['attention-output', layer.attentionOutput],
    ['intermediate', layer.intermediate],
    ['output', layer.output],
  ];
}

/** Every use of a linear layer, in the order of one forward pass; shared weights come once per pass. */
export function linearUses(checkpoint: Checkpoint): readonly LinearSite[] {
  const uses: LinearSite[] = [];
  const add = (layer: number, role: LinearRole, { tensor, weight, bias }: Linear): void => {
    uses.push({ site: { layer, role, tensor }, tensor, weight, bias });
  };
  if (checkpoint.mapping) add(-1, 'embedding-mapping', checkpoint.mapping);
  checkpoint.layers.forEach((layer, i) => {
    for (const [role, linear] of layerLinears(layer)) add(i, role, linear);
  });
  const { head, layers } = checkpoint;
  switch (head.kind) {
    case 'none':
      break;
    case 'classification':
      add(layers.length, 'pooler', head.pooler);
      add(layers.length, 'classifier', head.classifier);
      break;
    case 'masked-lm':
      add(layers.length, 'mlm-dense', head.dense);
      break;
  }
  return uses;
}

/** What attention takes in every pass of the encoder. */
export function attentionSites(checkpoint: Checkpoint): readonly Site[] {
  return checkpoint.layers.flatMap((_, layer) =>
    attentionOperands.map((role): Site => ({ layer, role })),
  );
}

/**
 * Every distinct linear layer with its first use: the encoder's six per set of weights, the embedding mapping, and
 * those of the head. The masked-LM decoder is not among them: it is the table of word embeddings.
 */
export function linearSites(checkpoint: Checkpoint): readonly LinearSite[] {
  const byTensor = new Map<string, LinearSite>();
  for (const use of linearUses(checkpoint)) {
    if (!byTensor.has(use.tensor)) byTensor.set(use.tensor, use);
  }
  return [...byTensor.values()];
}
