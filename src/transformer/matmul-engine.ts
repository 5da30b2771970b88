import type { Matrix } from '../tensor/index.ts';

/** What a matrix product is for. */
export interface Site {
  /**
   * The pass of the encoder, from 0 (a layer that several passes share has several sites); -1 for the embedding
   * mapping before the first pass, and the number of passes for the heads after the last.
   */
  readonly layer: number;
  readonly role: Role;
  /** Name of the weight in the checkpoint; absent from products of two activations. */
  readonly tensor?: string;
}

/** The linear layers of an encoder and its heads, in the order in which a sequence meets them. */
export const linearRoles = [
  'embedding-mapping',
  'query',
  'key',
  'value',
  'attention-output',
  'intermediate',
  'output',
  'pooler',
  'classifier',
  'mlm-dense',
] as const;

export type LinearRole = (typeof linearRoles)[number];

/** What attention multiplies with each other besides probabilities: all heads side by side, biases added. */
export const attentionOperands = ['queries', 'keys', 'values'] as const;

export type AttentionOperand = (typeof attentionOperands)[number];
/** `attention-0` is the product of two activations in head 0; `queries` are what such a product takes, of all heads. */
export type Role = LinearRole | AttentionOperand | `attention-${number}`;

/** A name for a site that is unique within a model: `3.query`. */
export function siteKey(site: Site): string {
  return `${site.layer}.${site.role}`;
}

/** Sequences packed one after the other without padding: sequence i is rows starts[i] .. starts[i + 1] - 1. */
export interface Tokens {
  /** One entry more than there are sequences; the first is 0, the last the number of rows. */
  readonly starts: Uint32Array;
  /**
   * Bits of each row's activations in the layers of the encoder: 8, 4, or 0 for a token that is pruned; absent where
   * all tokens are alike. A pruned token skips the layer: it is no key for the others, and its hidden state passes
   * unchanged. Its row is still there in every operand, and what a product holds in it does not matter.
   */
  readonly bits?: Uint8Array;
  /** 1 for each row that must not be pruned, as a tokenizer's [CLS] and [SEP]; absent where any row may be. */
  readonly protected?: Uint8Array;
  /** What an engine with `nextTokens` has counted for each row so far; its own business. */
  readonly importance?: Float64Array;
  /** Hidden states to be replaced before the layer, in this order; absent where there are none. */
  readonly merges?: readonly TokenMerge[];
}

/**
 * One token that stands for others: before the layer, the hidden state of `row` becomes the sum of those of `from`,
 * times `weights`. Its own comes back after the last layer, for the heads.
 */
export interface TokenMerge {
  readonly row: number;
  /** Rows of the same sequence; `row` itself among them where it stood for others already. */
  readonly from: readonly number[];
  /** One per row of `from`; they sum to 1. */
  readonly weights: readonly number[];
}

export interface Product {
  readonly value: Matrix;
  /** The integers behind `value`, in an engine that computes with integers; equality is checked on them. */
  readonly exact?: Int32Array | Float64Array;
  /** Clock cycles, in an engine that has a clock. */
  readonly cycles?: number;
}

/**
 * Where the encoder's matrix products are computed: the plug for float, quantized and hardware arithmetic.
 *
 * Every call gets a whole batch of packed sequences and must leave its operands unchanged. N is the number of rows
 * of the batch, L the length of its longest sequence.
 */
export interface MatmulEngine {
  /** x [N x in] times the transposed weight [out x in] of `site.tensor` -> [N x out], without bias. */
  linear(site: Site, x: Matrix, tokens: Tokens): Promise<Product>;
  /**
   * One head's q k^T, before scale and softmax: q, k [N x size] -> [N x L], where row i, column j is the product of
   * query row i and the j-th key row of the same sequence; columns past its end hold 0.
   */
  scores(site: Site, q: Matrix, k: Matrix, tokens: Tokens): Promise<Product>;
  /** One head's p v: p [N x L] as `scores` lays it out, v [N x size] -> [N x size]. */
  context(site: Site, p: Matrix, v: Matrix, tokens: Tokens): Promise<Product>;
  /**
   * The tokens as the next layer shall see them, decided from this layer's attention; absent in an engine that treats
   * all tokens alike. Called once per layer, after its attention; what the last layer's call gives is not used.
   * The heads see the batch's own tokens again.
   *
   * @param layer the pass of the encoder, from 0
   * @param p the attention probabilities of every head, each [N x L] as `context` gets it; the rows of pruned tokens
   *   and the columns of pruned keys hold 0
   * @param tokens the tokens as this layer saw them
   * @returns the same `starts` with bits 8, 4 or 0 for each row; every sequence keeps at least one token above 0
   */
  nextTokens?(layer: number, p: readonly Matrix[], tokens: Tokens): Tokens;
}
