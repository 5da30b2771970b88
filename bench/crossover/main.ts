/** Where arrays stop to wait for weights, plain and compressed by GOBO: measured in RTL, drawn as a chart. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { layerCases } from '../../src/engines/index.ts';
import { fixedCodes, fixedMatrix, fixedScale } from '../../src/families/gobo/format/fixed.ts';
import { quantizeGobo } from '../../src/families/gobo/quantizer.ts';
import { InputError, rng } from '../../src/numeric/index.ts';
import { loadCheckpoint } from '../../src/transformer/index.ts';
import { portWidths, settings } from './arrays.ts';
import { chart } from './chart.ts';
import { crossover } from './measure.ts';
import type { Crossover } from './measure.ts';

interface Options {
  readonly model: string;
  readonly tensor: string;
  readonly bits: string;
  readonly out: string;
}

const columns = [
  'array',
  'multipliers',
  'operandBits',
  'tokens',
  'bytesPerCycle',
  'plainBytes',
  'compressedBytes',
  'plainCycles',
  'compressedCycles',
  'computeCycles',
] as const satisfies readonly (keyof Crossover)[];

const program = new Command('crossover')
  .description('runs a real layer on three plain arrays from plain and from compressed weights')
  .option('--model <folder>', 'checkpoint with examples', 'models/tiny-nli')
  .option('--tensor <name>', 'linear layer', 'bert.encoder.layer.0.intermediate.dense.weight')
  .option('--bits <number>', 'bits of a weight index', '3')
  .option('-o, --out <folder>', 'for crossover.csv, .json and .svg', 'reports')
  .action(async ({ model, tensor, bits, out }: Options) => {
    const most = Math.max(...settings(8).map(({ tokens }) => tokens));
    const checkpoint = loadCheckpoint(model);
    const cases = { cases: most, random: rng(1), selection: { tensor } };
    const layer = (await layerCases(checkpoint, model, cases))[0]!;
    const { packed } = quantizeGobo(layer.weight, { bits: Number(bits), name: tensor });
    const rows: Crossover[] = [];
    for (const operandBits of [8, 16]) {
      const weights = fixedMatrix(packed, operandBits);
      const scale = fixedScale(layer.range, operandBits);
      const activations = fixedCodes(layer.activations.data, scale, operandBits);
      for (const { array, tokens } of settings(operandBits)) {
        const some = activations.subarray(0, tokens * weights.columns);
        const found = await crossover(array, { weights, activations: some, tokens }, portWidths);
        for (const row of found) console.log(columns.map((key) => row[key]).join(' '));
        rows.push(...found);
      }
    }
    mkdirSync(out, { recursive: true });
    const put = (kind: string, text: string): void => {
      const path = join(out, `crossover.${kind}`);
      writeFileSync(path, text);
      console.log(`wrote ${path}`);
    };
    const outliers = packed.outliers.positions.length;
    const shape = [packed.rows, packed.columns];
    put('json', `${JSON.stringify({ model, tensor, shape, bits: packed.bits, outliers, rows })}\n`);
    put('csv', [columns, ...rows.map((row) => columns.map((key) => row[key]))].join('\n') + '\n');
    const drawn = await chart(rows);
    if ('svg' in drawn) put('svg', drawn.svg);
    else console.log(`no chart: echarts is ${drawn.missing}`);
  });

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof InputError)) throw error;
  console.error(`crossover: ${error.message}`);
  process.exitCode = 2;
}
