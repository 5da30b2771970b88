import { maxMagnitude } from '../tensor/index.ts';
import type { Matrix } from '../tensor/index.ts';
import type { MatmulEngine, Product, Site, Tokens } from './matmul-engine.ts';

/** A matrix product that an engine has just computed. */
export interface ProductEvent {
  /** Which of the engine's three products. */
  readonly operation: 'linear' | 'scores' | 'context';
  readonly site: Site;
  /**
   * What the engine was given: x [N x in] of a linear layer (its weight belongs to the engine); q and k [N x size];
   * p [N x L], the attention probabilities of one head, and v [N x size].
   */
  readonly operands: readonly Matrix[];
  readonly tokens: Tokens;
  readonly product: Product;
}

/** A pass through an encoder layer that has just ended. */
export interface LayerEvent {
  /** The pass, from 0. */
  readonly layer: number;
  /** What the layer gives to the next, [N x hidden]. */
  readonly hidden: Matrix;
  /** Largest |x| in `hidden`. */
  readonly range: number;
  /** The tokens as the layer saw them. */
  readonly tokens: Tokens;
  /** How many tokens the layer computed with 8 and 4 bits, and how many it skipped; without precisions all have 8. */
  readonly precisions: { readonly 8: number; readonly 4: number; readonly 0: number };
  /** Clock cycles of the layer's products; absent if its engine has no clock. */
  readonly cycles?: number;
}

/** Watches a forward pass. What it is shown belongs to the encoder: look, copy, but do not change. */
export interface Observer {
  product?(event: ProductEvent): void;
  layer?(event: LayerEvent): void;
}

/** An engine that shows every product to `observe` and leaves the work to `engine`. */
export function watchedEngine(
  engine: MatmulEngine,
  observe: ((event: ProductEvent) => void) | undefined,
): MatmulEngine {
  if (!observe) return engine;
  const watched: MatmulEngine = {
    linear: async (site, x, tokens) => {
      const product = await engine.linear(site, x, tokens);
      observe({ operation: 'linear', site, operands: [x], tokens, product });
      return product;
    },
    scores: async (site, q, k, tokens) => {
      const product = await engine.scores(site, q, k, tokens);
      observe({ operation: 'scores', site, operands: [q, k], tokens, product });
      return product;
    },
    context: async (site, p, v, tokens) => {
      const product = await engine.context(site, p, v, tokens);
      observe({ operation: 'context', site, operands: [p, v], tokens, product });
      return product;
    },
  };
  if (!engine.nextTokens) return watched;
  return { ...watched, nextTokens: (layer, p, tokens) => engine.nextTokens!(layer, p, tokens) };
}

/** What the encoder tells an observer: `product` is for `watchedEngine`, `layer` ends a layer. */
export function layerWatch(observer: Observer | undefined): {
  readonly product: ((event: ProductEvent) => void) | undefined;
  layer(layer: number, hidden: Matrix, tokens: Tokens): void;
} {
  if (!observer) return { product: undefined, layer: () => undefined };
  const cycles = new Map<number, number>();
  return {
    product(event) {
      const { product, site } = event;
      if (product.cycles !== undefined) {
        cycles.set(site.layer, (cycles.get(site.layer) ?? 0) + product.cycles);
      }
      observer.product?.(event);
    },
    layer(layer, hidden, tokens) {
      if (!observer.layer) return;
      const spent = cycles.get(layer);
      observer.layer({
        layer,
        hidden,
        range: maxMagnitude(hidden),
        tokens,
        precisions: precisionsOf(tokens, hidden.rows),
        ...(spent !== undefined && { cycles: spent }),
      });
    },
  };
}

function precisionsOf({ bits }: Tokens, rows: number): LayerEvent['precisions'] {
  if (!bits) return { 8: rows, 4: 0, 0: 0 };
  const count = { 8: 0, 4: 0, 0: 0 };
  for (const b of bits) count[b as 8 | 4 | 0]++;
  return count;
}
