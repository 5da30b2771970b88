import { expect, it } from 'vitest';

import {
  compressedBody,
  decompressorWrites,
  fixedWords,
  paddedBody,
} from '../../../src/families/gobo/decompressor-job.ts';
import { denseCodes, fixedMatrix } from '../../../src/families/gobo/format/fixed.ts';
import { quantizeGobo } from '../../../src/families/gobo/quantizer.ts';
import { decompressor } from '../../../src/families/gobo/rtl/decompressor.ts';
import {
  bit,
  connect,
  defineModule,
  elaborate,
  input,
  instance,
  output,
  sint,
  stream,
  uint,
  vec,
  vecOf,
} from '../../../src/hdl/index.ts';
import type { Program } from '../../../src/ir/index.ts';
import { rng } from '../../../src/numeric/index.ts';
import { systolicArray, systolicSumBits } from '../../../src/parts/arrays/index.ts';
import { createSimulator } from '../../../src/simulator/index.ts';
import { layoutOf, noStalls, packBeats, unpackBeats } from '../../../src/testbench/index.ts';
import type { Job } from '../../../src/testbench/index.ts';
import { simulatorSession } from '../../../src/testbench/simulator-session.ts';

/** A pass of 16 x 16 cells is a block of the container: a row of a matrix of 256 columns. */
const side = 16;
const lanes = 8;
const array = { rows: side, columns: side, operandBits: 8, lanes };
const sumBits = systolicSumBits(array);

const compressedArray = defineModule(
  'compressed_array',
  { doc: 'Systolic array that is fed compressed weights', parameters: { inputBytes: 'per cycle' } },
  ({ inputBytes }: { inputBytes: number }) => ({
    ports: {
      setup: input(stream({ address: uint(4), data: uint(24) })),
      compressed: input(stream({ bytes: vec(uint(8), inputBytes) })),
      activations: input(stream({ values: vec(sint(8), side), last: bit() })),
      results: output(stream({ sums: vec(sint(sumBits), side), last: bit() })),
    },
    body({ setup, compressed, activations, results }) {
      const expand = instance(decompressor, { bits: 3, valueBytes: 1, inputBytes, lanes });
      const multiply = instance(...systolicArray(array));
      connect(setup, expand.setup);
      connect(compressed, expand.compressed);
      multiply.weights.valid.set(expand.weights.valid);
      expand.weights.ready.set(multiply.weights.ready);
      multiply.weights.data.words.set(
        vecOf(expand.weights.data.words.elements().map((word) => word.asSigned())),
      );
      multiply.weights.data.last.set(expand.weights.data.last);
      connect(activations, multiply.activations);
      connect(multiply.results, results);
      return { expand, multiply };
    },
  }),
);

/** Weights of `passes` blocks, quantized, and the activations that meet each: `tokens` beats. */
function layer(passes: number, tokens: number) {
  const random = rng(3);
  const data = Float32Array.from({ length: passes * 256 }, () => 0.05 * random.normal());
  for (let i = 7; i < data.length; i += 97) data[i]! *= 9;
  const fixed = fixedMatrix(
    quantizeGobo({ rows: passes, columns: 256, data }, { bits: 3 }).packed,
    8,
  );
  const activations = Array.from({ length: passes * tokens }, () =>
    Array.from({ length: side }, () => random.below(256) - 128),
  );
  return { fixed, activations };
}

const activationWidths = [...Array<number>(side).fill(8), 1];
const resultWidths = [...Array<number>(side).fill(sumBits), 1];

async function run(
  program: Program,
  writes: Job['writes'],
  inputs: Readonly<Record<string, Uint8Array>>,
  beats: number,
) {
  const session = simulatorSession(createSimulator, program, layoutOf(program), 1);
  const job = { writes, inputs, expect: { results: beats }, stalls: noStalls, maxCycles: 1e6 };
  const [outcome] = await session.run([job]);
  const columns = unpackBeats(
    resultWidths,
    outcome!.outputs['results']!,
    resultWidths.map(() => true),
  );
  return { sums: columns.slice(0, side).map((column) => [...column]), cycles: outcome!.cycles };
}

it('a systolic array computes the same from compressed weights, in fewer bytes and cycles', async () => {
  const [passes, tokens] = [12, 4];
  const { fixed, activations } = layer(passes, tokens);
  const dense = denseCodes(fixed).data;
  const offered = packBeats(activationWidths, [
    ...Array.from({ length: side }, (_, row) => activations.map((beat) => beat[row]!)),
    activations.map((_, beat) => Number(beat % tokens === tokens - 1)),
  ]);
  const expected = Array.from({ length: side }, (_, column) =>
    activations.map((beat, at) => {
      const pass = Math.floor(at / tokens);
      const weight = (row: number): number => dense[(pass * side + column) * side + row]!;
      return beat.reduce((sum, value, row) => sum + value * weight(row), 0);
    }),
  );

  const words = fixedWords({ valueBytes: 1 }, fixed);
  const body = compressedBody({ bits: 3, valueBytes: 1 }, words);
  expect(fixed.outliers.positions.length).toBeGreaterThan(passes);
  expect(body.length / dense.length).toBeLessThan(0.45);

  const cycles: Record<number, readonly [compressed: number, plain: number]> = {};
  for (const inputBytes of [1, 2, 4, 8, 16]) {
    const p = { bits: 3, valueBytes: 1, inputBytes, lanes };
    const compressed = await run(
      elaborate(compressedArray, { inputBytes }),
      decompressorWrites(p, words),
      { compressed: paddedBody(p, body), activations: offered },
      activations.length,
    );
    // Plain weights of 8 bits: as many per cycle as the port has bytes.
    const starts = Array.from({ length: dense.length / inputBytes }, (_, i) => i * inputBytes);
    const plain = await run(
      elaborate(...systolicArray({ ...array, lanes: inputBytes })),
      [],
      {
        weights: packBeats(
          [...Array<number>(inputBytes).fill(8), 1],
          [
            ...Array.from({ length: inputBytes }, (_, lane) =>
              starts.map((start) => dense[start + lane]!),
            ),
            starts.map((start) => Number((start + inputBytes) % 256 === 0)),
          ],
        ),
        activations: offered,
      },
      activations.length,
    );
    expect(compressed.sums).toEqual(expected);
    expect(plain.sums).toEqual(expected);
    cycles[inputBytes] = [compressed.cycles, plain.cycles];
  }
  console.log(`cycles by bytes per cycle, compressed and plain: ${JSON.stringify(cycles)}`);
  // Bound by memory, compression decides; with 8 lanes the array takes no more than 8 weights.
  expect(cycles[1]![1] / cycles[1]![0]).toBeGreaterThan(2);
  expect(cycles[2]![1] / cycles[2]![0]).toBeGreaterThan(1.5);
  expect(cycles[8]![0] - cycles[16]![0]).toBeLessThan(20);
});
