import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { goboTile } from '../src/families/gobo/designs.ts';
import { rng } from '../src/numeric/index.ts';
import { openSession, resolveParameters } from '../src/testbench/index.ts';
import type { Job, Outcome, Session } from '../src/testbench/index.ts';
import { inTurn, rounded, timed } from './measure.ts';

const rounds = 5;
const rows = 512;
const columns = 128;
const tokens = 64;

/**
 * The default tile on one layer of 512 x 128 Gaussian weights and 64 tokens: the same beats through
 * the embedded simulator and through Verilator, in turn.
 */
export async function benchSimulate(): Promise<object[]> {
  const parameters = resolveParameters(goboTile, {}, 'bench');
  const jobs = layerJobs(parameters);
  const cache = await mkdtemp(join(tmpdir(), 'systole-bench-'));
  try {
    let simulator: Session | undefined;
    let verilator: Session | undefined;
    const options = { cache, optimization: 'fast' } as const;
    const simulatorStartMs = await timed(async () => {
      simulator = await openSession('simulator', goboTile, parameters);
    });
    const verilatorBuildMs = await timed(async () => {
      verilator = await openSession('verilator', goboTile, parameters, options);
    });
    const run = async (session: Session): Promise<readonly Outcome[]> => session.run(jobs);
    const [mine, theirs] = [await run(simulator!), await run(verilator!)];
    const cycles = mine.reduce((sum, outcome) => sum + outcome.cycles, 0);
    if (!same(mine, theirs)) throw new Error('The two engines do not agree.');

    const [simulatorMs, verilatorMs] = await inTurn(rounds, [
      () => run(simulator!),
      () => run(verilator!),
    ]);
    await simulator!.close();
    await verilator!.close();
    const perSecond = (amount: number, ms: number): number => rounded((1000 * amount) / ms);
    const products = rows * columns * tokens;
    return [
      {
        benchmark: 'simulate',
        design: goboTile.name,
        cycles,
        simulatorCyclesPerSecond: perSecond(cycles, simulatorMs!),
        verilatorCyclesPerSecond: perSecond(cycles, verilatorMs!),
        ratio: rounded(verilatorMs! / simulatorMs!),
        simulatorProductsPerSecond: perSecond(products, simulatorMs!),
        verilatorProductsPerSecond: perSecond(products, verilatorMs!),
        simulatorStartMs: rounded(simulatorStartMs),
        verilatorBuildMs: rounded(verilatorBuildMs),
        startRatio: rounded(verilatorBuildMs / simulatorStartMs),
      },
    ];
  } finally {
    await rm(cache, { recursive: true, force: true });
  }
}

function layerJobs(parameters: Readonly<Record<string, number>>): readonly Job[] {
  const random = rng(1);
  const gaussian = (rows: number, columns: number, std: number) => ({
    rows,
    columns,
    data: Float32Array.from({ length: rows * columns }, () => std * random.normal()),
  });
  const lowering = goboTile.lowering!;
  const { weights } = lowering.quantize(parameters, gaussian(rows, columns, 0.05), 'the layer');
  const activations = lowering.encode(parameters, gaussian(tokens, columns, 1), 5);
  return lowering.lower(parameters, { weights, tokens, activations });
}

function same(a: readonly Outcome[], b: readonly Outcome[]): boolean {
  return a.every((outcome, i) => {
    const results = [outcome, b[i]!].map(({ outputs }) => outputs['results']!);
    return Buffer.compare(results[0]!, results[1]!) === 0 && outcome.cycles === b[i]!.cycles;
  });
}
