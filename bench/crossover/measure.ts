import {
  compressedBody,
  decompressorWrites,
  fixedWords,
  paddedBody,
} from '../../src/families/gobo/decompressor-job.ts';
import { denseCodes } from '../../src/families/gobo/format/fixed.ts';
import type { FixedMatrix } from '../../src/families/gobo/format/fixed.ts';
import { arrayShape, decompressorArray } from '../../src/families/gobo/rtl/decompressor-array.ts';
import type { ArrayChoice } from '../../src/families/gobo/rtl/decompressor-array.ts';
import { elaborate } from '../../src/hdl/index.ts';
import type { Program } from '../../src/ir/index.ts';
import { createSimulator } from '../../src/simulator/index.ts';
import { layoutOf, noStalls, packBeats, unpackBeats } from '../../src/testbench/index.ts';
import type { Job, Stalls } from '../../src/testbench/index.ts';
import { simulatorSession } from '../../src/testbench/simulator-session.ts';
import { arrayOrder, multipliers } from './order.ts';
import type { ArrayOrder } from './order.ts';
import { plainArray } from './plain-array.ts';

/** A layer in the integers of an array. */
export interface Layer {
  /** Codes of at most `operandBits` bits. */
  readonly weights: FixedMatrix;
  /** [tokens x columns] */
  readonly activations: Int32Array;
  readonly tokens: number;
}

/** One layer on one array with one port for weights. */
export interface Crossover {
  readonly array: ArrayChoice['kind'];
  readonly multipliers: number;
  readonly operandBits: number;
  readonly tokens: number;
  readonly bytesPerCycle: number;
  /** Bytes of all weights, each plain and compressed, with padding to whole beats. */
  readonly plainBytes: number;
  readonly compressedBytes: number;
  /** First accepted beat to last result, counted by the simulation. */
  readonly plainCycles: number;
  readonly compressedCycles: number;
  /** What the multipliers alone take. */
  readonly computeCycles: number;
}

/**
 * Runs a layer on an array twice in the embedded simulator, from plain and from compressed weights,
 * for each width of the port that brings the weights; without `stalls` activations come and results go
 * without delay.
 *
 * @throws Error if a result is not the product of the layer
 */
export async function crossover(
  array: ArrayChoice,
  layer: Layer,
  widths: readonly number[],
  stalls = noStalls,
): Promise<Crossover[]> {
  const { weights, tokens } = layer;
  const { bits } = weights;
  const { operandBits } = array.p;
  const valueBytes = operandBits / 8;
  const order = arrayOrder(array, { rows: weights.rows, columns: weights.columns, tokens });
  const streamed = reordered(weights, order);
  const words = fixedWords({ valueBytes }, streamed);
  const body = compressedBody({ bits, valueBytes }, words);
  const plain = plainBytes(streamed, valueBytes);
  const passBytes = plain.length / order.passes;
  const activations = activationBeats(array, layer, order);

  const found: Crossover[] = [];
  for (const inputBytes of widths) {
    const p = { bits, valueBytes, inputBytes, lanes: array.p.lanes };
    const compressed = paddedBody(p, body);
    const runs = [
      await run(
        elaborate(decompressorArray, { bits, valueBytes, inputBytes, array }),
        decompressorWrites(p, words),
        { compressed, activations },
        array,
        order,
        stalls,
      ),
      await run(
        elaborate(plainArray, { inputBytes, array }),
        [],
        { plain: marked(plain, inputBytes, passBytes), activations },
        array,
        order,
        stalls,
      ),
    ] as const;
    for (const [i, { beats }] of runs.entries()) {
      checkProduct(layer, order, beats, `${array.kind}, ${['compressed', 'plain'][i]}`);
    }
    found.push({
      array: array.kind,
      multipliers: multipliers(array),
      operandBits,
      tokens,
      bytesPerCycle: inputBytes,
      plainBytes: plain.length,
      compressedBytes: compressed.length,
      plainCycles: runs[1].cycles,
      compressedCycles: runs[0].cycles,
      computeCycles: order.busy,
    });
  }
  return found;
}

/** The matrix with a row for each pass, its weights as the array takes them; codes stay what they are. */
function reordered(w: FixedMatrix, order: ArrayOrder): FixedMatrix {
  const outlier = new Map(
    Array.from(w.outliers.positions, (at, i) => [at, w.outliers.codes[i]!] as const),
  );
  const kept = Array.from(order.weights, (at, place) => ({ place, code: outlier.get(at) })).filter(
    (each): each is { place: number; code: number } => each.code !== undefined,
  );
  return {
    ...w,
    rows: order.passes,
    columns: order.weights.length / order.passes,
    indexes: Uint8Array.from(order.weights, (at) => w.indexes[at]!),
    outliers: {
      positions: Uint32Array.from(kept, ({ place }) => place),
      codes: Int32Array.from(kept, ({ code }) => code),
    },
  };
}

/** Codes in two's complement, the first byte lowest. */
function plainBytes(w: FixedMatrix, valueBytes: number): Uint8Array {
  const codes = denseCodes(w).data;
  return Uint8Array.from(
    { length: codes.length * valueBytes },
    (_, at) => (codes[Math.floor(at / valueBytes)]! >> (8 * (at % valueBytes))) & 255,
  );
}

/** Beats of bytes, the last of each pass marked. */
function marked(bytes: Uint8Array, beat: number, pass: number): Uint8Array {
  const starts = Array.from({ length: bytes.length / beat }, (_, i) => i * beat);
  return packBeats(
    [...Array<number>(beat).fill(8), 1],
    [
      ...Array.from({ length: beat }, (_, lane) => starts.map((start) => bytes[start + lane]!)),
      starts.map((start) => Number((start + beat) % pass === 0)),
    ],
  );
}

function activationBeats(
  array: ArrayChoice,
  layer: Layer,
  { activations }: ArrayOrder,
): Uint8Array {
  const { values } = arrayShape(array);
  return packBeats(
    [...Array<number>(values).fill(array.p.operandBits), 1],
    [
      ...Array.from({ length: values }, (_, lane) =>
        activations.map(({ places }) => layer.activations[places[lane]!]!),
      ),
      activations.map(({ last }) => Number(last)),
    ],
  );
}

async function run(
  program: Program,
  writes: Job['writes'],
  inputs: Readonly<Record<string, Uint8Array>>,
  array: ArrayChoice,
  { results }: ArrayOrder,
  stalls: Stalls,
) {
  const { sums, sumBits } = arrayShape(array);
  const session = simulatorSession(createSimulator, program, layoutOf(program), 1);
  const expect = { results: results.length };
  const job: Job = { writes, inputs, expect, stalls, maxCycles: 1e7 };
  const [outcome] = await session.run([job]);
  await session.close();
  const widths = [...Array<number>(sums).fill(sumBits), 1];
  const beats = unpackBeats(
    widths,
    outcome!.outputs['results']!,
    widths.map((_, field) => field < sums),
  );
  return { beats, cycles: outcome!.cycles };
}

/** Adds the sums of all passes up and compares them with the product of the layer, computed whole. */
function checkProduct(
  { weights, activations, tokens }: Layer,
  order: ArrayOrder,
  beats: readonly ArrayLike<number>[],
  what: string,
): void {
  const { rows, columns } = weights;
  const { data } = denseCodes(weights);
  const sums = new Float64Array(tokens * rows);
  order.results.forEach((places, beat) => {
    places.forEach((place, i) => {
      sums[place]! += beats[i]![beat]!;
    });
  });
  for (let token = 0; token < tokens; token++) {
    for (let row = 0; row < rows; row++) {
      let sum = 0;
      for (let i = 0; i < columns; i++) {
        sum += data[row * columns + i]! * activations[token * columns + i]!;
      }
      const got = sums[token * rows + row]!;
      if (got !== sum) {
        throw new Error(`${what}: output ${row} of token ${token} is ${got} instead of ${sum}.`);
      }
    }
  }
}
