import { InputError } from '../numeric/index.ts';
import { resolveParameters } from '../testbench/index.ts';
import type { Design, EngineName } from '../testbench/index.ts';
import {
  attentionSites,
  checkpointFrom,
  floatEngine,
  linearSites,
  linearUses,
  scoreQuestions,
  siteKey,
} from '../transformer/index.ts';
import type {
  AnyMethod,
  Checkpoint,
  LayerEvent,
  MatmulEngine,
  Question,
  Score,
  Site,
} from '../transformer/index.ts';
import { designEngine, designProducts } from './design-engine.ts';
import type { DesignEngine, DesignWork } from './design-engine.ts';
import { assembleModel } from './quantize-model.ts';
import { openModel } from './stored-model.ts';
import type { QuantizedModel, SiteScale } from './stored-model.ts';

/** Where products are computed. */
export type EvaluationEngine =
  /** In floating point, with the dequantized weights. */
  | { readonly kind: 'float' }
  /** In the method's own arithmetic, in software. */
  | { readonly kind: 'exact' }
  /** On a design of the method's family. */
  | {
      readonly kind: 'design';
      readonly design: string;
      /** Of the design, where they are not its defaults; those that a matrix needs are set for each. */
      readonly parameters?: Readonly<Record<string, number>>;
      readonly engine: EngineName;
      readonly seed: number;
      readonly check: boolean;
    };

/** What is evaluated; plain data, so that it can go to a worker. */
export interface EvaluationSetup {
  /** The model folder, in floating point or quantized. */
  readonly model: string;
  /** Absent for a model that stays in floating point. */
  readonly quantized?: QuantizedModel;
  readonly engine: EvaluationEngine;
}

/** Finds methods and designs by the names that a setup holds. */
export interface Resolve {
  method(name: string): AnyMethod;
  design(name: string): Design;
}

export interface ChunkResult {
  readonly score: Score;
  /** Of a design, for this chunk alone. */
  readonly work?: DesignWork;
  /** Tokens of every layer by their bits, where the engine decides about them. */
  readonly precisions?: readonly LayerEvent['precisions'][];
}

/** A model ready to answer questions. */
export interface Evaluator {
  /** @param observe sees every layer as it ends */
  run(questions: readonly Question[], observe?: (event: LayerEvent) => void): Promise<ChunkResult>;
  close(): Promise<void>;
}

/**
 * Opens a model with its engine.
 *
 * @throws InputError as `openModel` does, and for an engine that needs a calibration which the model lacks
 */
export async function openEvaluator(setup: EvaluationSetup, resolve: Resolve): Promise<Evaluator> {
  const { checkpoint, engine, hardware } = openEngine(setup, resolve);
  return {
    run: async (questions, observe) => {
      const before = hardware?.work();
      const precisions: LayerEvent['precisions'][] = [];
      const watch = engine.nextTokens !== undefined;
      const observer = {
        layer(event: LayerEvent) {
          precisions.push(event.precisions);
          observe?.(event);
        },
      };
      const score = await scoreQuestions(
        checkpoint,
        questions,
        engine,
        watch || observe ? { observer } : {},
      );
      return {
        score,
        ...(hardware && { work: difference(hardware.work(), before!) }),
        ...(watch && { precisions }),
      };
    },
    close: async () => hardware?.close(),
  };
}

const difference = (after: DesignWork, before: DesignWork): DesignWork => ({
  products: after.products - before.products,
  cycles: after.cycles - before.cycles,
  compared: after.compared - before.compared,
  mismatches: after.mismatches - before.mismatches,
});

/**
 * A model and what computes its products, for a metric of one's own; `hardware` where that is a design,
 * to be closed at the end.
 *
 * @throws InputError as `openEvaluator` does
 */
export function openEngine(
  setup: EvaluationSetup,
  resolve: Resolve,
): { checkpoint: Checkpoint; engine: MatmulEngine; hardware?: DesignEngine } {
  const stored = openModel(setup.model);
  const { quantized } = setup;
  if (!quantized) {
    const checkpoint = checkpointFrom(stored.config, stored.file);
    return { checkpoint, engine: floatEngine(linearSites(checkpoint)) };
  }
  const method = resolve.method(quantized.method);
  const { checkpoint, packed } = assembleModel(stored, quantized, method);
  const weights = new Map(
    linearSites(checkpoint).flatMap(({ tensor }): [string, unknown][] =>
      packed.has(tensor) ? [[tensor, packed.get(tensor)]] : [],
    ),
  );
  const float = floatEngine(linearSites(checkpoint));
  const layers = () => {
    const sites = [
      ...linearUsesOf(checkpoint, weights),
      ...(method.attention ? attentionSites(checkpoint) : []),
    ];
    const scales = method.calibrate
      ? siteValues(setup, sites, ({ scale }) => scale)
      : new Map<string, unknown>();
    return { weights, scales, options: quantized.options };
  };
  switch (setup.engine.kind) {
    case 'float':
      return { checkpoint, engine: float };
    case 'exact': {
      const exact = method.engine(layers());
      return { checkpoint, engine: servedBy(exact, weights, float) };
    }
    case 'design': {
      const { engine, seed, check, parameters: given = {} } = setup.engine;
      const design = resolve.design(setup.engine.design);
      const { lowering } = design;
      if (!lowering) {
        throw new InputError(
          `--engine: the design ${design.name} does not run matrices; choose the engine float.`,
        );
      }
      const parameters = resolveParameters(design, given, design.name);
      if (method.products && lowering.products) {
        const running = designProducts({
          ...{ design, parameters, engine, seed, check },
          lowering: lowering.products,
        });
        const { work, close } = running;
        const hardware = { ...method.engine(layers(), running.products), work, close };
        return { checkpoint, engine: servedBy(hardware, weights, float), hardware };
      }
      const hardware = designEngine({
        ...{ design, lowering, engine, seed, check, weights, parameters },
        ranges: siteValues(setup, linearUsesOf(checkpoint, weights), ({ range }) => range),
        ...(method.calibrate && {
          scales: siteValues(setup, linearUsesOf(checkpoint, weights), ({ scale }) => scale),
        }),
      });
      return { checkpoint, engine: servedBy(hardware, weights, float), hardware };
    }
  }
}

/** `engine`, except that linear layers which were not quantized go to `rest`. */
const servedBy = (
  engine: MatmulEngine,
  weights: ReadonlyMap<string, unknown>,
  rest: MatmulEngine,
): MatmulEngine => ({
  ...engine,
  linear: (site, x, tokens) =>
    (weights.has(site.tensor ?? '') ? engine : rest).linear(site, x, tokens),
});

/** Where the quantized layers are used. */
const linearUsesOf = (
  checkpoint: Checkpoint,
  weights: ReadonlyMap<string, unknown>,
): readonly Site[] =>
  linearUses(checkpoint).flatMap(({ tensor, site }) => (weights.has(tensor) ? [site] : []));

/** A value of the calibration for every site. */
function siteValues<T>(
  { model, quantized }: EvaluationSetup,
  sites: readonly Site[],
  valueOf: (site: SiteScale) => T | undefined,
): ReadonlyMap<string, T> {
  const found = quantized?.calibration?.sites;
  return new Map(
    sites.map((site): [string, T] => {
      const key = siteKey(site);
      const entry = found?.[key];
      const value = entry && valueOf(entry);
      if (value !== undefined) return [key, value];
      throw new InputError(
        `${model}: the range of the activations that reach ${key} is not known, which the engine needs; calibrate the model: name a file of examples with --calibration.`,
      );
    }),
  );
}
