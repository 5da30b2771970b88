import { describe, expect, it } from 'vitest';

import { planMatrices } from '../../src/engines/matrix-settings.ts';
import { matrix } from '../../src/tensor/index.ts';
import { linear } from '../../src/transformer/index.ts';
import type { MatrixKind, ModelMatrix } from '../../src/transformer/index.ts';
import { settings } from './model-fixtures.ts';

const roles = [
  'attention.self.value',
  'attention.self.query',
  'intermediate.dense',
  'output.dense',
];
const named = (name: string, kind: MatrixKind): ModelMatrix => ({
  name,
  kind,
  matrix: matrix(1, 1),
});
const matrices = [
  ...[0, 1, 2, 3].flatMap((layer) =>
    roles.map((role) => named(`encoder.layer.${layer}.${role}.weight`, 'linear')),
  ),
  named('classifier.weight', 'head'),
  named('embeddings.words', 'embeddings'),
];

const bitsByName = (given: Parameters<typeof settings>[0]): Record<string, unknown> =>
  Object.fromEntries(
    planMatrices(linear, matrices, settings(given)).matrices.map(({ name, options }) => [
      name,
      options['bits'],
    ]),
  );

describe('planMatrices', () => {
  it('quantizes linear layers and tables, and not what stands on the encoder', () => {
    const bits = bitsByName({ model: [{ place: '--bits', options: { bits: 5 } }] });
    expect(Object.keys(bits)).toHaveLength(17);
    expect(bits['classifier.weight']).toBeUndefined();
    expect(new Set(Object.values(bits))).toEqual(new Set([5]));
  });

  it('gives tables and matching names options of their own, the last that matches first', () => {
    // The mix that RoBERTa needs in GOBO: more bits for value and intermediate in the first half.
    const bits = bitsByName({
      model: [
        { place: 'file', options: { bits: 8 } },
        { place: '--bits', options: { bits: 3 } },
      ],
      embeddings: [{ place: '--embedding-bits', options: { bits: 6 } }],
      patterns: [
        {
          place: 'a',
          pattern: String.raw`layer\.[01]\..*(value|intermediate)`,
          options: { bits: 4 },
        },
        { place: 'b', pattern: 'layer.1.attention.self.value', options: { bits: 7 } },
      ],
    });
    expect(bits).toMatchObject({
      'encoder.layer.0.attention.self.value.weight': 4,
      'encoder.layer.0.attention.self.query.weight': 3,
      'encoder.layer.0.intermediate.dense.weight': 4,
      'encoder.layer.1.attention.self.value.weight': 7,
      'encoder.layer.1.output.dense.weight': 3,
      'encoder.layer.2.attention.self.value.weight': 3,
      'embeddings.words': 6,
    });
  });

  it('lets patterns leave matrices out and take heads in', () => {
    const names = Object.keys(
      bitsByName({
        patterns: [
          { place: 'a', pattern: '^classifier', options: {}, quantize: true },
          { place: 'b', pattern: 'layer', options: {}, quantize: false },
          { place: 'c', pattern: 'layer.0.*query', options: {}, quantize: true },
        ],
      }),
    );
    expect(names).toEqual([
      'encoder.layer.0.attention.self.query.weight',
      'classifier.weight',
      'embeddings.words',
    ]);
  });

  const refused = (pattern: string, options: object = {}, quantize?: boolean): unknown => {
    try {
      const given = { place: 'mix.yaml: matrices', pattern, options: { ...options } };
      bitsByName({ patterns: [{ ...given, ...(quantize !== undefined && { quantize }) }] });
    } catch (error) {
      return (error as Error).message;
    }
    return undefined;
  };

  it('refuses patterns that cannot be meant', () => {
    expect(refused('encoder.layr.0')).toMatch(
      /^mix.yaml: matrices: no matrix has a name that matches 'encoder.layr.0'; did you mean 'embeddings.words'\? Matrices are encoder.layer.0/,
    );
    expect(refused('layer.(')).toBe(
      'mix.yaml: matrices: Invalid regular expression: /layer.(/u: Unterminated group; correct the pattern.',
    );
    expect(refused('.', { bits: 99 })).toBe(
      'mix.yaml: matrices: bits is 99 but must be a whole number from 2 to 8.',
    );
    expect(refused('.', {}, false)).toBe(
      'mix.yaml: matrices: nothing is left to quantize; let at least one matrix be quantized.',
    );
  });
});
