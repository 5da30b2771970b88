import { matrix } from '../../tensor/index.ts';
import type { IntegerProducts, Matrix } from '../../tensor/index.ts';
import { siteKey } from '../../transformer/index.ts';
import type {
  AttentionOperand,
  MatmulEngine,
  QuantizedLayers,
  Site,
  Tokens,
} from '../../transformer/index.ts';
import { contextOf, scoresOf, softwareProducts } from './attention-products.ts';
import { clippedCodes, encodeTokens } from './format/codes.ts';
import type { CodedTokens } from './format/codes.ts';
import type { VssaMatrix } from './format/matrix-file.ts';
import { selectTokens } from './next-tokens.ts';
import type { VssaOptions } from './options.ts';
import { scheduleOf } from './schedule.ts';

export type VssaLayers = QuantizedLayers<VssaOptions, VssaMatrix>;

/**
 * Every product in exact integers, each computed whole; softmax, LayerNorm and what else is no product stay with the
 * encoder. Rows and columns of pruned tokens hold 0.
 *
 * @param multiply computes the products; each whole, in software, unless given
 * @throws InputError for ratios by layer that do not fit the layers of the model
 */
export function vssaEngine(
  { weights, scales, options }: VssaLayers,
  multiply: IntegerProducts = softwareProducts,
): MatmulEngine {
  const { scope, code, pMode } = options;
  const plan = scheduleOf(options, layersOf(scales));
  const clipped = new Map<string, Int8Array>();

  const scaleOf = (site: Site): number => {
    const scale = scales.get(siteKey(site));
    if (scale !== undefined) return scale;
    throw new RangeError(`the vssa engine holds no activation scale for ${siteKey(site)}`);
  };
  const operand = (layer: number, role: AttentionOperand, x: Matrix, tokens: Tokens): CodedTokens =>
    encodeTokens(x, tokens.bits, scaleOf({ layer, role }), code);

  /** Puts sums with weights of one digit into the rows of 4 bits. */
  const withClippedWeights = async (
    tensor: string,
    w: VssaMatrix,
    x: CodedTokens,
    bits: Uint8Array,
    sums: Int32Array,
  ): Promise<number> => {
    const rows = Array.from(bits.keys()).filter((row) => bits[row] === 4);
    if (rows.length === 0) return 0;
    const data = clipped.get(tensor) ?? clippedCodes(w.codes);
    clipped.set(tensor, data);
    const part = new Int8Array(rows.length * x.columns);
    rows.forEach((row, i) => {
      part.set(x.data.subarray(row * x.columns, (row + 1) * x.columns), i * x.columns);
    });
    const { sums: again, cycles = 0 } = await multiply({
      left: {
        ...{ rows: rows.length, columns: x.columns, data: part },
        rowBits: new Uint8Array(rows.length).fill(4),
      },
      right: { rows: w.rows, columns: w.columns, data, rowBits: new Uint8Array(w.rows).fill(4) },
      leftSigned: true,
    });
    rows.forEach((row, i) => {
      sums.set(again.subarray(i * w.rows, (i + 1) * w.rows), row * w.rows);
    });
    return cycles;
  };

  return {
    linear: async (site, x, tokens) => {
      const tensor = site.tensor ?? '';
      const w = weights.get(tensor);
      if (!w) throw new RangeError(`the vssa engine holds no weight "${tensor}"`);
      const bits = scope === 'full' ? tokens.bits : tokens.bits?.map((b) => (b === 0 ? 0 : 8));
      const coded = encodeTokens(x, bits, scaleOf(site), code);
      const clips = bits !== undefined && options.weights === 'clipped';
      const { sums: exact, cycles } = await multiply({
        left: { ...coded, rowBits: clips ? bits.map((b) => (b === 8 ? 8 : 0)) : bits },
        right: { rows: w.rows, columns: w.columns, data: w.codes },
        leftSigned: true,
      });
      const more = clips ? await withClippedWeights(tensor, w, coded, bits, exact) : 0;
      const value = matrix(x.rows, w.rows);
      for (let i = 0; i < exact.length; i++) {
        value.data[i] = exact[i]! * coded.units[Math.floor(i / w.rows)]! * w.scale;
      }
      return { value, exact, ...(cycles !== undefined && { cycles: cycles + more }) };
    },
    scores: async ({ layer }, q, k, tokens) =>
      scoresOf(
        operand(layer, 'queries', q, tokens),
        operand(layer, 'keys', k, tokens),
        tokens,
        multiply,
      ),
    context: async ({ layer }, p, v, tokens) =>
      contextOf(p, operand(layer, 'values', v, tokens), tokens, { code, pMode }, multiply),
    nextTokens: (layer, p, tokens) => selectTokens(plan, options, layer, p, tokens),
  };
}

/** Every layer has a scale of its keys. */
const layersOf = (scales: ReadonlyMap<string, number>): number =>
  [...scales.keys()].filter((key) => key.endsWith('.keys')).length;
