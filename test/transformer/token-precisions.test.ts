import { rmSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { rng } from '../../src/numeric/index.ts';
import { maxMagnitude, rowOf } from '../../src/tensor/index.ts';
import {
  encode,
  floatEngine,
  linearSites,
  loadCheckpoint,
  loadTokenizer,
  packBatch,
  readExamples,
  siteKey,
} from '../../src/transformer/index.ts';
import type {
  LayerEvent,
  MatmulEngine,
  ProductEvent,
  Tokens,
} from '../../src/transformer/index.ts';
import { smallBert, smallBertTensors, temporaryFolder, tinyNli, writeModel } from './fixtures.ts';

const checkpoint = loadCheckpoint(tinyNli);
const tokenizer = loadTokenizer(tinyNli);
const batch = packBatch(
  checkpoint.config,
  readExamples(join(tinyNli, 'calibration.jsonl'), 3).map((e) => tokenizer.encode(e.text, e.pair)),
);
const { starts } = batch.tokens;
const rows = starts.at(-1)!;
const float = floatEngine(linearSites(checkpoint));

/** Float arithmetic; `bitsAfter` says how the layer after each one shall see the tokens. */
function dynamic(bitsAfter: (layer: number) => Uint8Array | undefined, seen: unknown[] = []) {
  const engine: MatmulEngine = {
    ...float,
    nextTokens(layer, p, tokens) {
      seen.push([layer, p.length, tokens.bits]);
      const bits = bitsAfter(layer);
      return bits ? { starts: tokens.starts, bits } : tokens;
    },
  };
  return engine;
}
const allBut = (...pruned: number[]): Uint8Array =>
  Uint8Array.from({ length: rows }, (_, row) => (pruned.includes(row) ? 0 : row % 2 ? 4 : 8));

describe('an engine that decides the precision of tokens', () => {
  it('is asked once per layer, after its attention, and sees its own answer in the next', async () => {
    const seen: unknown[] = [];
    const engine = dynamic((layer) => Uint8Array.of(...allBut()).fill(layer < 2 ? 8 : 4), seen);
    const bitsOf: (number | undefined)[] = [];
    await encode(checkpoint, batch, engine, {
      observer: { product: ({ tokens }) => void bitsOf.push(tokens.bits?.[0]) },
    });
    const filled = (bits: number) => new Uint8Array(rows).fill(bits);
    expect(seen).toEqual([
      [0, 2, undefined],
      [1, 2, filled(8)],
      [2, 2, filled(8)],
      [3, 2, filled(4)],
    ]);
    // Ten products a layer; those of the head know nothing of precisions.
    const expected = [undefined, 8, 8, 4].flatMap((b) => new Array<number | undefined>(10).fill(b));
    expect(bitsOf).toEqual([...expected, undefined, undefined]);
  });

  it('does not reach the head of a masked LM, which takes a row of every token', async () => {
    const folder = temporaryFolder();
    writeModel(folder, smallBert, smallBertTensors(rng(21)));
    const model = loadCheckpoint(folder);
    rmSync(folder, { recursive: true });
    const small = packBatch(model.config, [{ ids: [1, 2, 3, 4], types: [0, 0, 0, 0] }]);
    const engine: MatmulEngine = {
      ...floatEngine(linearSites(model)),
      nextTokens: (_, __, { starts: same }) => ({ starts: same, bits: Uint8Array.of(8, 0, 4, 8) }),
    };
    const bits: Record<string, Uint8Array | undefined> = {};
    const { logits } = await encode(model, small, engine, {
      observer: { product: ({ site, tokens }) => void (bits[siteKey(site)] = tokens.bits) },
    });
    expect(bits['1.output']).toEqual(Uint8Array.of(8, 0, 4, 8));
    expect(bits).toHaveProperty(['2.mlm-dense'], undefined);
    expect(logits!.rows).toBe(4);
  });

  it('changes nothing by itself where it prunes nothing', async () => {
    const normal = await encode(checkpoint, batch, float);
    expect(
      await encode(
        checkpoint,
        batch,
        dynamic(() => allBut()),
      ),
    ).toEqual(normal);
  });

  it('has the rest computed as if a pruned token were not there, and its own row kept', async () => {
    const [second, end] = [starts[1]!, starts[2]!];
    const pruned = [second + 3, second + 4, end - 2];
    const layers: LayerEvent[] = [];
    const products: ProductEvent[] = [];
    const engine = dynamic((layer) => (layer === 0 ? allBut(...pruned) : undefined));
    await encode(checkpoint, batch, engine, {
      observer: { layer: (e) => layers.push(e), product: (e) => products.push(e) },
    });

    // From layer 1 on the same model over the shorter sequence: start it with the hidden states after layer 0.
    const after = layers[0]!.hidden;
    const kept = Array.from({ length: rows }, (_, row) => row).filter(
      (row) => !pruned.includes(row),
    );
    const data = new Float32Array(kept.flatMap((row) => [...rowOf(after, row)]));
    const shorter: Tokens = {
      starts: Uint32Array.of(0, second, end - 3, rows - 3),
    };
    const resumed = await resume({ rows: kept.length, columns: 128, data }, shorter);
    const last = layers[3]!.hidden;
    kept.forEach((row, i) => {
      const expected = rowOf(resumed, i);
      rowOf(last, row).forEach((x, c) => {
        expect(Math.abs(x - expected[c]!)).toBeLessThan(1e-5);
      });
    });
    for (const row of pruned) expect(rowOf(last, row)).toEqual(rowOf(after, row));

    const context = products.find(
      ({ operation, site }) => operation === 'context' && site.layer === 1,
    )!;
    const p = context.operands[0]!;
    for (const row of pruned) {
      expect(maxMagnitude({ data: rowOf(p, row) })).toBe(0);
      for (let query = second; query < end; query++) expect(rowOf(p, query)[row - second]).toBe(0);
    }
  });

  it('is told when its answer makes no sense, merges included', async () => {
    const attempt = (bits: Uint8Array) =>
      encode(
        checkpoint,
        batch,
        dynamic(() => bits),
      );
    await expect(attempt(new Uint8Array(3).fill(8))).rejects.toThrow(
      `nextTokens of layer 0 gave bits for 3 rows instead of ${rows}`,
    );
    await expect(attempt(new Uint8Array(rows).fill(5))).rejects.toThrow(
      'gave a token 5 bits instead of 8, 4 or 0',
    );
    const second = Array.from({ length: starts[2]! - starts[1]! }, (_, i) => starts[1]! + i);
    await expect(attempt(allBut(...second))).rejects.toThrow('pruned every token of sequence 2');
    const merging: MatmulEngine = {
      ...float,
      nextTokens: (_, __, tokens) => ({
        ...tokens,
        bits: allBut(3),
        merges: [{ row: 3, from: [3], weights: [1] }],
      }),
    };
    await expect(encode(checkpoint, batch, merging)).rejects.toThrow(
      'nextTokens of layer 0 merged tokens into a row that is not computed',
    );
    const moved: MatmulEngine = {
      ...float,
      nextTokens: () => ({ starts: Uint32Array.of(0, rows) }),
    };
    await expect(encode(checkpoint, batch, moved)).rejects.toThrow('changed the starts');
  });
});

describe('a token that stands for others', () => {
  it('takes their weighted mean into the layer, and its own hidden state to the head', async () => {
    const [row, other] = [starts[1]! + 2, starts[1]! + 5];
    const operands = new Map<string, Float32Array>();
    const layers: LayerEvent[] = [];
    const engine: MatmulEngine = {
      ...float,
      nextTokens: (layer, _, { starts: same }) => ({
        starts: same,
        bits: allBut(other),
        merges: [{ row, from: [row, other], weights: layer === 0 ? [0.25, 0.75] : [1, 0] }],
      }),
    };
    const { hidden } = await encode(checkpoint, batch, engine, {
      observer: {
        layer: (event) => layers.push(event),
        product({ site, operands: [x] }) {
          if (site.role === 'query') operands.set(siteKey(site), rowOf(x!, row).slice());
        },
      },
    });
    const [own, pruned] = [rowOf(layers[0]!.hidden, row), rowOf(layers[0]!.hidden, other)];
    expect(operands.get('1.query')).toEqual(own.map((x, c) => 0.25 * x + 0.75 * pruned[c]!));
    expect(operands.get('2.query')).toEqual(rowOf(layers[1]!.hidden, row));
    expect(rowOf(layers[1]!.hidden, row)).not.toEqual(own);
    // The head sees it as it was before it stood for others, and the others as they were pruned.
    expect(rowOf(hidden, row)).toEqual(own);
    expect(rowOf(hidden, other)).toEqual(pruned);
  });

  it('leaves the frame of a text to be protected by who knows it', () => {
    const [first, second] = [tokenizer.encode('all dogs sleep .'), { ids: [2, 5], types: [0, 0] }];
    const packed = packBatch(checkpoint.config, [first, second]);
    const last = first.ids.length - 1;
    expect([...packed.tokens.protected!].flatMap((p, place) => (p ? [place] : []))).toEqual([
      0,
      last,
    ]);
    expect(packBatch(checkpoint.config, [second]).tokens).not.toHaveProperty('protected');
  });
});

/** Layers 1 to 3 in float over given hidden states: the encoder with an embedding that is looked up row by row. */
async function resume(
  hidden: { rows: number; columns: number; data: Float32Array },
  tokens: Tokens,
) {
  // LayerNorm undoes a shift and a scale only; these hidden states are outputs of one, so weights restore them.
  const norm = checkpoint.layers[0]!.outputNorm;
  const plain = hidden.data.map((x, i) => (x - norm.bias[i % 128]!) / norm.weight[i % 128]!);
  const zeros = (n: number) => ({ rows: n, columns: 128, data: new Float32Array(n * 128) });
  const output = await encode(
    {
      ...checkpoint,
      config: { ...checkpoint.config, vocabulary: hidden.rows },
      layers: checkpoint.layers.slice(1),
      head: { kind: 'none' },
      embeddings: {
        words: { ...hidden, data: plain },
        positions: zeros(64),
        types: zeros(2),
        norm,
      },
    },
    {
      ids: Uint32Array.from({ length: hidden.rows }, (_, i) => i),
      types: new Uint8Array(hidden.rows),
      tokens,
    },
    float,
  );
  return output.hidden;
}

describe('the observer', () => {
  it('is shown shapes, ranges, precisions and cycles of every layer', async () => {
    let clock = 0;
    const timed: MatmulEngine = {
      ...dynamic((layer) => (layer === 1 ? allBut(starts[1]! + 1) : undefined)),
      linear: async (...call) => ({ ...(await float.linear(...call)), cycles: ++clock }),
      context: async (...call) => ({ ...(await float.context(...call)), cycles: 1000 }),
    };
    const events: LayerEvent[] = [];
    const { hidden } = await encode(checkpoint, batch, timed, {
      observer: { layer: (event) => events.push(event) },
    });
    expect(events.map((e) => [e.layer, e.hidden.rows, e.hidden.columns])).toEqual([
      [0, rows, 128],
      [1, rows, 128],
      [2, rows, 128],
      [3, rows, 128],
    ]);
    // Six linear layers numbered from 1, and two heads.
    expect(events.map((e) => e.cycles)).toEqual([2021, 2057, 2093, 2129]);
    const odd = allBut(starts[1]! + 1).filter((b) => b === 4).length;
    expect(events[1]!.precisions).toEqual({ 8: rows, 4: 0, 0: 0 });
    expect(events[2]!.precisions).toEqual({ 8: rows - odd - 1, 4: odd, 0: 1 });
    expect(events[3]!.hidden).toBe(hidden);
    expect(events[3]!.range).toBe(maxMagnitude(hidden));
  });

  it('is shown every product with its operands, and costs an engine without a clock nothing', async () => {
    const events: ProductEvent[] = [];
    const layers: LayerEvent[] = [];
    const watched = await encode(checkpoint, batch, float, {
      observer: { product: (e) => events.push(e), layer: (e) => layers.push(e) },
    });
    expect(watched).toEqual(await encode(checkpoint, batch, float));
    expect(events.length).toBe(4 * 10 + 2);
    expect(layers[0]).not.toHaveProperty('cycles');
    const scores = events.find(({ operation }) => operation === 'scores')!;
    expect(scores.operands.map((m) => [m.rows, m.columns])).toEqual([
      [rows, 64],
      [rows, 64],
    ]);
    expect(scores.product.value.rows).toBe(rows);
    expect(scores.site).toEqual({ layer: 0, role: 'attention-0' });
  });
});

describe('activations that are not finite', () => {
  it('are refused with the layer where they appear', async () => {
    const broken: MatmulEngine = {
      ...float,
      linear: async (site, x, tokens) => {
        const product = await float.linear(site, x, tokens);
        if (site.layer === 2 && site.role === 'value') product.value.data[130] = NaN;
        return product;
      },
    };
    await expect(encode(checkpoint, batch, broken)).rejects.toThrow(
      /model\.safetensors: an activation after layer 2 is NaN \(row 0, column 0\), allowed are finite values/,
    );
    const infinite: MatmulEngine = {
      ...float,
      linear: async (site, x, tokens) => {
        const product = await float.linear(site, x, tokens);
        if (site.role === 'classifier') product.value.data[4] = -Infinity;
        return product;
      },
    };
    await expect(encode(checkpoint, batch, infinite)).rejects.toThrow(
      /an activation after the head classification is -Infinity \(row 1, column 1\)/,
    );
  });
});
