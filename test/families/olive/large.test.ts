import { expect, it } from 'vitest';

import { layerCases, verifyLayers } from '../../../src/engines/index.ts';
import { oliveArray } from '../../../src/families/olive/designs.ts';
import { rng } from '../../../src/numeric/index.ts';
import { verificationReport } from '../../../src/report/index.ts';
import { loadCheckpoint } from '../../../src/transformer/index.ts';
import { defaultArray } from './arbitraries.ts';

const thorough = process.env['SYSTOLE_REGRESS'] !== undefined;
const model = 'models/tiny-nli';

/** Rows of the linear layers of one layer of the encoder. */
const rows = 4 * 128 + 512 + 128;

it.runIf(thorough)(
  'an array of 64 x 64 elements computes a layer of the bundled model in Verilator',
  async () => {
    // Two tiles of tokens, and two tokens more.
    const cases = 130;
    const layers = await layerCases(loadCheckpoint(model), model, {
      cases,
      random: rng(1),
      selection: { layer: 0 },
    });
    const p = { ...defaultArray, rows: 64, columns: 64 };
    const results = await verifyLayers(oliveArray, oliveArray.lowering!, p, layers, {
      engine: 'verilator',
      seed: 1,
      stalls: { seed: 2, source: 64, sink: 64 },
    });
    const run = { pe: 'olive-array', engine: 'verilator', model, seed: 1 };
    const report = verificationReport(run, results);
    expect(report).toMatchObject({ results: cases * rows, mismatches: 0, verified: true });
    expect(report.cycles.counted).toBe(report.cycles.predicted);
  },
  3_600_000,
);
