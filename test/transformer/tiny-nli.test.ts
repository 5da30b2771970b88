import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { InputError } from '../../src/numeric/index.ts';
import { rowOf } from '../../src/tensor/index.ts';
import {
  encode,
  floatEngine,
  linearSites,
  loadCheckpoint,
  loadTokenizer,
  packBatch,
  readExamples,
} from '../../src/transformer/index.ts';
import { tinyNli } from './fixtures.ts';

interface Reference {
  readonly rows: readonly {
    readonly row: number;
    readonly input_ids: readonly number[];
    readonly type_ids_ones_from: number;
    readonly logits: readonly number[];
    readonly cls_final_hidden?: readonly number[];
  }[];
}

const checkpoint = loadCheckpoint(tinyNli);
const tokenizer = loadTokenizer(tinyNli);
const engine = floatEngine(linearSites(checkpoint));
const examples = readExamples(join(tinyNli, 'test.jsonl'));
const reference = JSON.parse(
  readFileSync(join(tinyNli, 'reference_logits.json'), 'utf8'),
) as Reference;

const largestDifference = (a: readonly number[], b: Float32Array): number => {
  expect(b.length).toBe(a.length);
  return Math.max(...a.map((x, i) => Math.abs(x - b[i]!)));
};

describe('the bundled classifier', () => {
  it('gives the token ids, logits and hidden states of the reference', async () => {
    let [logits, hidden, hiddenRows] = [0, 0, 0];
    for (const row of reference.rows) {
      const { text, pair } = examples[row.row]!;
      const { ids, types } = tokenizer.encode(text, pair);
      expect(ids).toEqual(row.input_ids);
      expect(types).toEqual(ids.map((_, i) => (i >= row.type_ids_ones_from ? 1 : 0)));
      const output = await encode(
        checkpoint,
        packBatch(checkpoint.config, [{ ids, types }]),
        engine,
      );
      logits = Math.max(logits, largestDifference(row.logits, output.logits!.data));
      if (row.cls_final_hidden) {
        hiddenRows++;
        const first = rowOf(output.hidden, 0);
        hidden = Math.max(hidden, largestDifference(row.cls_final_hidden, first));
      }
    }
    expect(reference.rows.length).toBe(32);
    expect(hiddenRows).toBe(4);
    expect(logits).toBeLessThan(1e-4);
    expect(hidden).toBeLessThan(1e-4);
    console.log(`largest difference: logits ${logits}, hidden states ${hidden}`);
  });

  it('gives a batch as its sequences alone', async () => {
    const encodings = examples.slice(0, 9).map((e) => tokenizer.encode(e.text, e.pair));
    const batch = packBatch(checkpoint.config, encodings);
    const { logits, hidden } = await encode(checkpoint, batch, engine);
    for (const [i, encoding] of encodings.entries()) {
      const alone = await encode(checkpoint, packBatch(checkpoint.config, [encoding]), engine);
      const [begin, end] = [batch.tokens.starts[i]!, batch.tokens.starts[i + 1]!];
      expect(rowOf(logits!, i)).toEqual(alone.logits!.data);
      expect(hidden.data.slice(begin * 128, end * 128)).toEqual(alone.hidden.data);
    }
  });
});

describe('packBatch', () => {
  it('refuses sequences the model has no embeddings for', () => {
    const refusal = (ids: readonly number[], types = ids.map(() => 0)): string => {
      try {
        packBatch(checkpoint.config, [
          { ids: [2, 3], types: [0, 0] },
          { ids, types },
        ]);
      } catch (error) {
        expect(error).toBeInstanceOf(InputError);
        return (error as Error).message;
      }
      return 'nothing was thrown';
    };
    expect(refusal(new Array<number>(65).fill(5))).toBe(
      'sequence 2 of 2 has 65 tokens, allowed are 1 to 64, the positions of the model; shorten the text.',
    );
    expect(refusal([])).toBe(
      'sequence 2 of 2 has 0 tokens, allowed are 1 to 64, the positions of the model; shorten the text.',
    );
    expect(refusal([2, 219])).toBe(
      'sequence 2 of 2 holds token id 219, allowed are 0 to 218; use the tokenizer that belongs to the model.',
    );
    expect(refusal([2, 3], [0, 2])).toBe(
      'sequence 2 of 2 holds token type 2, allowed are 0 to 1; give this model single texts.',
    );
    expect(refusal([2, 3])).toBe('nothing was thrown');
    expect(() => packBatch(checkpoint.config, [])).toThrow('there is no sequence to encode');
  });
});
