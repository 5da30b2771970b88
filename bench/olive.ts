import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { oliveArray } from '../src/families/olive/designs.ts';
import { resolveParameters } from '../src/testbench/index.ts';
import { emitVerilog } from '../src/verilog/index.ts';
import { median, rounded } from './measure.ts';
import { buildNative } from './native.ts';
import type { Native } from './native.ts';

const rounds = 5;
/** A second or more of each. */
const cycles = 400_000;
const size = 16;
/** Of every one of the three, each cycle: a beat with two values for each lane takes two cycles. */
const productsPerCycle = size * size;

/**
 * Three arrays of 16 x 16 elements that feed themselves, built with the same options of Verilator: the
 * generated one for outlier-victim pairs, one written by hand with as little as it takes, and a plain
 * int8 one written by hand. Both for pairs must give the same checksum after the same cycles.
 */
export async function benchOlive(): Promise<object[]> {
  const folder = await mkdtemp(join(tmpdir(), 'systole-bench-'));
  try {
    const parameters = resolveParameters(oliveArray, { rows: size, columns: size }, 'bench');
    const generatedFiles = emitVerilog(oliveArray.rtl(parameters));
    const start = performance.now();
    const generated = await buildNative(
      {
        top: 'ovp_generated',
        files: [...generatedFiles, ...(await references('ovp_generated.v', 'ovp_stimulus.v'))],
      },
      join(folder, 'generated'),
    );
    const verilatorBuildMs = performance.now() - start;
    const byHand = await buildNative(
      {
        top: 'ovp_by_hand',
        files: await references('ovp_by_hand.v', 'ovp_array.v', 'ovp_stimulus.v'),
      },
      join(folder, 'by-hand'),
    );
    const int8 = await buildNative(
      {
        top: 'output_stationary',
        files: await references('output_stationary.v'),
        parameters: { SIZE: size },
      },
      join(folder, 'int8'),
    );

    const contestants = [generated, byHand, int8];
    const speeds = contestants.map((): number[] => []);
    const checksums = new Set<number>();
    for (let round = 0; round < rounds; round++) {
      for (const [index, contestant] of contestants.entries()) {
        const { checksum, speed } = await measured(contestant);
        speeds[index]!.push(speed);
        if (contestant !== int8) checksums.add(checksum);
      }
    }
    if (checksums.size !== 1) {
      throw new Error(`After ${cycles} cycles the checksums are ${[...checksums].join(' and ')}.`);
    }
    const [ours, hand, plain] = speeds.map(median) as [number, number, number];
    return [
      {
        benchmark: 'olive',
        design: `olive-array-${size}x${size}`,
        productsPerSecond: rounded(ours),
        byHandProductsPerSecond: rounded(hand),
        int8ByHandProductsPerSecond: rounded(plain),
        toByHand: rounded(ours / hand),
        toInt8ByHand: rounded(ours / plain),
        byHandToInt8ByHand: rounded(hand / plain),
        verilatorBuildMs: rounded(verilatorBuildMs),
        checkedCycles: cycles,
      },
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Products per second of processor time, so that a busy machine slows nobody down. */
async function measured(contestant: Native): Promise<{ checksum: number; speed: number }> {
  const { checksum, cpuMs } = await contestant.run(cycles);
  return { checksum, speed: (1000 * productsPerCycle * cycles) / cpuMs };
}

const references = (...names: readonly string[]) =>
  Promise.all(
    names.map(async (name) => ({
      name,
      text: await readFile(new URL(`reference/${name}`, import.meta.url), 'utf8'),
    })),
  );
