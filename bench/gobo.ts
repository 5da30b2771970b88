import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { goboAccelerator } from '../src/families/gobo/designs.ts';
import { rng } from '../src/numeric/index.ts';
import { openSession, resolveParameters } from '../src/testbench/index.ts';
import type { Session } from '../src/testbench/index.ts';
import { emitVerilog } from '../src/verilog/index.ts';
import { median, rounded, timed } from './measure.ts';

const rounds = 5;
const rows = 512;
const columns = 768;
const tokens = 64;
const tiles = 4;
const manyTiles = 64;

/**
 * The accelerator of four tiles under Verilator, driven by the testbench, on a layer of 512 x 768
 * Gaussian weights and 64 tokens; and from parameters to the Verilog text of the largest one.
 */
export async function benchGobo(): Promise<object[]> {
  return [await benchAccelerator(), await benchGeneration()];
}

async function benchAccelerator(): Promise<object> {
  const parameters = resolveParameters(goboAccelerator, { tiles }, 'bench');
  const cache = await mkdtemp(join(tmpdir(), 'systole-bench-'));
  try {
    const { jobs, exact } = layerJobs(parameters);
    let session: Session | undefined;
    const verilatorBuildMs = await timed(async () => {
      const options = { cache, optimization: 'fast' } as const;
      session = await openSession('verilator', goboAccelerator, parameters, options);
    });
    const outcomes = await session!.run(jobs);
    const wrong = exact(outcomes).findIndex((same) => !same);
    if (wrong >= 0) throw new Error(`Product ${wrong} is not the exact one.`);
    const cycles = outcomes.reduce((sum, outcome) => sum + outcome.cycles, 0);
    const times: number[] = [];
    for (let round = 0; round < rounds; round++) times.push(await timed(() => session!.run(jobs)));
    await session!.close();
    const ms = median(times);
    const products = rows * columns * tokens;
    return {
      benchmark: 'gobo',
      design: goboAccelerator.name,
      parameters: { tiles, pes: parameters['pes'], bits: parameters['bits'] },
      cycles,
      verilatorBuildMs: rounded(verilatorBuildMs),
      verilatorCyclesPerSecond: rounded((1000 * cycles) / ms),
      verilatorProductsPerSecond: rounded((1000 * products) / ms),
      productsPerCycle: rounded(products / cycles),
    };
  } finally {
    await rm(cache, { recursive: true, force: true });
  }
}

function layerJobs(parameters: Readonly<Record<string, number>>) {
  const random = rng(1);
  const gaussian = (rows: number, columns: number, std: number) => ({
    rows,
    columns,
    data: Float32Array.from({ length: rows * columns }, () => std * random.normal()),
  });
  const lowering = goboAccelerator.lowering!;
  const { weights } = lowering.quantize(parameters, gaussian(rows, columns, 0.05), 'the layer');
  const activations = lowering.encode(parameters, gaussian(tokens, columns, 1), 5);
  const call = { weights, tokens, activations };
  return {
    jobs: lowering.lower(parameters, call),
    exact: (outcomes: Parameters<typeof lowering.raise>[2]): readonly boolean[] => {
      const expected = lowering.product(parameters, call);
      return [...lowering.raise(parameters, call, outcomes)].map((v, i) => v === expected[i]);
    },
  };
}

async function benchGeneration(): Promise<object> {
  const parameters = resolveParameters(goboAccelerator, { tiles: manyTiles }, 'bench');
  let bytes = 0;
  const ms = await timed(() => {
    const files = emitVerilog(goboAccelerator.rtl(parameters));
    bytes = files.reduce((sum, { text }) => sum + text.length, 0);
  });
  return {
    benchmark: 'gobo',
    design: goboAccelerator.name,
    parameters: { tiles: manyTiles, pes: parameters['pes'] },
    generateMs: rounded(ms),
    verilogBytes: bytes,
  };
}
