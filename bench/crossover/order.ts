import { arrayShape } from '../../src/families/gobo/rtl/decompressor-array.ts';
import type { ArrayChoice } from '../../src/families/gobo/rtl/decompressor-array.ts';

/** A layer: weights [rows x columns] that meet `tokens` vectors of activations. */
export interface LayerShape {
  readonly rows: number;
  readonly columns: number;
  readonly tokens: number;
}

/** How the beats of an array belong to a layer; see docs/arrays.md. */
export interface ArrayOrder {
  readonly passes: number;
  /** Row-major place of each weight, in the order in which the array takes them. */
  readonly weights: Int32Array;
  /** Beats of activations: place in [tokens x columns] of each value, and whether it is the last. */
  readonly activations: readonly OrderedBeat[];
  /** Beats of results: place in [tokens x rows] that each sum adds to. */
  readonly results: readonly (readonly number[])[];
  /** Cycles that the multipliers are busy at least. */
  readonly busy: number;
}

interface OrderedBeat {
  readonly places: readonly number[];
  readonly last: boolean;
}

const list = <T>(count: number, make: (at: number) => T): T[] =>
  Array.from({ length: count }, (_, at) => make(at));

/** How an array cuts a layer: outputs and inputs of a tile of weights, and tokens of a group. */
function tiling(choice: ArrayChoice): { outputs: number; inputs: number; tokens: number } {
  switch (choice.kind) {
    case 'systolic':
      return { outputs: choice.p.columns, inputs: choice.p.rows, tokens: 1 };
    case 'row-stationary':
      return {
        outputs: choice.p.outputs,
        inputs: choice.p.rows * choice.p.rowLength,
        tokens: choice.p.columns,
      };
    case 'dot-product':
      return { outputs: choice.p.outputs, inputs: choice.p.inputs, tokens: choice.p.tokens };
  }
}

/** The order of a layer whose shape is whole tiles and groups. */
export function arrayOrder(choice: ArrayChoice, { rows, columns, tokens }: LayerShape): ArrayOrder {
  const tile = tiling(choice);
  const [outputTiles, inputTiles, groups] = [
    rows / tile.outputs,
    columns / tile.inputs,
    tokens / tile.tokens,
  ];
  const weights: number[] = [];
  const activations: OrderedBeat[] = [];
  const results: number[][] = [];
  for (let outputTile = 0; outputTile < outputTiles; outputTile++) {
    const row = outputTile * tile.outputs;
    for (let inputTile = 0; inputTile < inputTiles; inputTile++) {
      const column = inputTile * tile.inputs;
      for (let output = 0; output < tile.outputs; output++) {
        for (let i = 0; i < tile.inputs; i++) weights.push((row + output) * columns + column + i);
      }
      for (let group = 0; group < groups; group++) {
        const token = group * tile.tokens;
        const last = group === groups - 1;
        const value = (t: number, i: number): number => (token + t) * columns + column + i;
        const sum = (t: number, output: number): number => (token + t) * rows + row + output;
        switch (choice.kind) {
          case 'systolic':
            activations.push({ places: list(tile.inputs, (i) => value(0, i)), last });
            results.push(list(tile.outputs, (output) => sum(0, output)));
            break;
          case 'row-stationary':
            for (let i = 0; i < tile.inputs; i++) {
              const places = list(tile.tokens, (t) => value(t, i));
              activations.push({ places, last: last && i === tile.inputs - 1 });
            }
            for (let output = 0; output < tile.outputs; output++) {
              results.push(list(tile.tokens, (t) => sum(t, output)));
            }
            break;
          case 'dot-product': {
            const places = list(tile.tokens * tile.inputs, (n) =>
              value(Math.floor(n / tile.inputs), n % tile.inputs),
            );
            activations.push({ places, last });
            if (inputTile === inputTiles - 1) {
              const { sums } = arrayShape(choice);
              results.push(list(sums, (n) => sum(n % tile.tokens, Math.floor(n / tile.tokens))));
            }
            break;
          }
        }
      }
    }
  }
  return {
    passes: choice.kind === 'dot-product' ? outputTiles : outputTiles * inputTiles,
    weights: Int32Array.from(weights),
    activations,
    results,
    busy: (rows * columns * tokens) / multipliers(choice),
  };
}

/** Products of an array per cycle. */
export function multipliers(choice: ArrayChoice): number {
  switch (choice.kind) {
    case 'systolic':
    case 'row-stationary':
      return choice.p.rows * choice.p.columns;
    case 'dot-product':
      return choice.p.outputs * choice.p.tokens * choice.p.inputs;
  }
}
