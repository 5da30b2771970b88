import { layoutOf, openSession, verifyJobs } from '../testbench/index.ts';
import type {
  BeatPlace,
  Design,
  EngineName,
  Lowering,
  MatrixCall,
  Mismatch,
  Outcome,
  Parameters,
  QuantizedWeights,
  Session,
  Stalls,
  Verification,
} from '../testbench/index.ts';
import type { LayerCase } from './layer-cases.ts';

/** What was found for one linear layer. */
export interface LayerResult {
  readonly layer: LayerCase;
  readonly outliers: number;
  readonly bitsPerWeight: number;
  readonly verification: Verification;
  /** Elements of the product that the beats carry: rows x tokens; as many as beats where each carries one. */
  readonly results: number;
  /** Elements of the golden model's result that differ from the product computed whole. */
  readonly wholeMismatches: number;
  /** The first output of the hardware that differs, if one does. */
  readonly firstMismatch?: Mismatch & { readonly place: BeatPlace; readonly stalled: boolean };
}

export interface VerifyLayersOptions {
  readonly engine: EngineName;
  /** Of power-on values and stalls. */
  readonly seed: number;
  readonly stalls: Stalls;
  readonly onLayer?: (result: LayerResult, done: number, total: number) => void;
  readonly onProgress?: (fraction: number) => void;
}

/**
 * Quantizes each layer for the design, runs its activations through the engine, without and with
 * stalls from outside, and compares every output with the golden model; the golden model itself
 * with the product computed whole.
 */
export async function verifyLayers(
  design: Design,
  lowering: Lowering,
  parameters: Parameters,
  layers: readonly LayerCase[],
  options: VerifyLayersOptions,
): Promise<readonly LayerResult[]> {
  const layout = layoutOf(design.rtl(parameters));
  const golden = await openSession('golden', design, parameters);
  const device = await openSession(options.engine, design, parameters, { seed: options.seed });
  // Layers that share a tensor share its quantized form.
  const quantized = new Map<string, QuantizedWeights>();
  const results: LayerResult[] = [];
  try {
    for (const layer of layers) {
      const weights =
        quantized.get(layer.tensor) ?? lowering.quantize(parameters, layer.weight, layer.tensor);
      quantized.set(layer.tensor, weights);
      const call: MatrixCall = {
        weights: weights.weights,
        tokens: layer.activations.rows,
        activations: lowering.encode(parameters, layer.activations, layer.range),
      };
      const jobs = lowering.lower(parameters, call);
      const kept: Outcome[] = [];
      const verification = await verifyJobs(layout, jobs, keeping(golden, kept), device, {
        stalls: options.stalls,
        onProgress: (done, total) => {
          options.onProgress?.((results.length + done / total) / layers.length);
        },
      });
      // What the stimulus implies, counted apart from the jobs.
      const elements = call.tokens * layer.weight.rows;
      const outputs = lowering.resultBeats?.(parameters, call) ?? elements;
      if (verification.free.expected !== outputs) {
        throw new Error(
          `${layer.tensor}: the jobs give ${verification.free.expected} outputs, but ${outputs} are due.`,
        );
      }
      const whole = lowering.product(parameters, call);
      const raised = lowering.raise(parameters, call, kept);
      results.push({
        layer,
        outliers: weights.outliers,
        bitsPerWeight: weights.bitsPerWeight,
        verification,
        results: elements,
        wholeMismatches: countDifferences(whole, raised),
        ...firstMismatch(verification, (job, beat) => lowering.locate(parameters, call, job, beat)),
      });
      options.onLayer?.(results.at(-1)!, results.length, layers.length);
    }
  } finally {
    await device.close();
    await golden.close();
  }
  return results;
}

/** The session, with every outcome also put into `kept`. */
const keeping = (session: Session, kept: Outcome[]): Session => ({
  ...session,
  run: async (jobs) => {
    const outcomes = await session.run(jobs);
    kept.push(...outcomes);
    return outcomes;
  },
});

function countDifferences(a: Float64Array, b: Float64Array): number {
  if (a.length !== b.length) return Math.max(a.length, b.length);
  let differences = 0;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) differences++;
  return differences;
}

function firstMismatch(
  { free, stalled }: Verification,
  locate: (job: number, beat: number) => BeatPlace,
): Pick<LayerResult, 'firstMismatch'> {
  const first = free.first ?? stalled?.first;
  if (!first) return {};
  const place = locate(first.job, first.beat);
  return { firstMismatch: { ...first, place, stalled: free.first === undefined } };
}
