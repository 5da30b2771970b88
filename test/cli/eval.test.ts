import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

import { verilator } from '../../src/tools/index.ts';
import { available } from '../tools/available.ts';
import { run } from './run.ts';

const scratch = (): string => mkdtempSync(join(tmpdir(), 'systole-eval-'));
const data = 'models/tiny-nli/test.jsonl';

async function evaluated(...argv: string[]): Promise<Record<string, unknown>> {
  const { exitCode, stdout, stderr } = await run('eval', '--json', ...argv);
  expect(stderr).toBe('');
  expect(exitCode).toBe(0);
  return JSON.parse(stdout) as Record<string, unknown>;
}

describe('systole eval', () => {
  it('gives the facts of a run in floating point', async () => {
    const report = await evaluated('--limit', '100', '--jobs', '1');
    expect(report).toMatchObject({
      model: 'tiny-nli',
      data,
      method: 'float',
      engine: 'float',
      task: 'classify',
      examples: 100,
      predictions: 100,
    });
    // 99.10 % of all; five errors in the first hundred would be a surprise.
    expect(report['correct']).toBeGreaterThan(95);
    expect(report['accuracy']).toBe(Number(report['correct']) / 100);
    expect(report).not.toHaveProperty('wholeModel');
  });

  it('takes settings from a file, the command line before it', async () => {
    const config = join(scratch(), 'mix.yaml');
    writeFileSync(
      config,
      [
        'method: gobo',
        'set: { bits: 5, outliers: false }',
        'embeddings: { bits: 6 }',
        'matrices:',
        String.raw`  'layer\.[01]\..*(value|intermediate)': { bits: 4 }`,
        '',
      ].join('\n'),
    );
    const report = await evaluated('--config', config, '--bits', '3', '--limit', '20');
    expect(report).toMatchObject({
      method: 'gobo',
      options: { bits: 3, outliers: false },
      embeddingOptions: { bits: 6, outliers: false },
    });
  });

  it('prints a table, or the accuracy alone', async () => {
    const limit = ['--limit', '10', '--jobs', '1', '--method', 'linear', '--bits', '6'];
    const { stdout } = await run('eval', ...limit);
    expect(stdout).toMatch(/method +│ linear, 6 bits /);
    expect(stdout).toMatch(/accuracy +│ 100\.00 %, 10 of 10 /);
    expect(stdout).toMatch(/size +│ [\d,]+ bytes, 5\.\d\d times smaller than FP32/);
    expect((await run('eval', '--quiet', ...limit)).stdout).toBe('1\n');
  });

  it('computes on hardware what software computes exactly', async () => {
    const limit = ['--limit', '1', '--jobs', '1', '--method', 'gobo'];
    const exact = await evaluated(...limit, '--engine', 'exact');
    expect(exact).toMatchObject({ calibration: { data: 'calibration.jsonl', examples: 256 } });
    const engines = ['golden', ...((await available(verilator)) ? ['verilator'] : [])];
    for (const engine of engines) {
      const report = await evaluated(...limit, '--engine', engine, '--check');
      expect(report).toMatchObject({
        engine,
        correct: exact['correct'],
        crossEntropy: exact['crossEntropy'],
        hardware: { design: 'gobo-tile', products: 25, mismatches: 0 },
      });
    }
  });

  it('takes parameters of the design, beside options of the method', async () => {
    const few = join(scratch(), 'calibration.jsonl');
    const rows = readFileSync('models/tiny-nli/calibration.jsonl', 'utf8').split('\n');
    writeFileSync(few, rows.slice(0, 8).join('\n'));
    const limit = ['--limit', '1', '--jobs', '1', '--method', 'gobo', '--calibration', few];
    // A key that both know goes to both: hardware and software would differ if one did not get it.
    const both = ['--set', 'activationBits=9', '--set', 'outliers=false'];
    const accelerator = ['--engine', 'golden', '--design', 'gobo-accelerator', '--check'];
    const narrow = await evaluated(...limit, ...accelerator, ...both, '--set', 'tiles=2');
    expect(narrow).toMatchObject({
      options: { activationBits: 9, outliers: false },
      hardware: {
        design: 'gobo-accelerator',
        parameters: { tiles: 2, activationBits: 9 },
        products: 25,
        mismatches: 0,
      },
    });
    const exact = await evaluated(...limit, '--engine', 'exact', ...both);
    expect(narrow['crossEntropy']).toBe(exact['crossEntropy']);

    const fp16 = await run('eval', ...limit, ...accelerator, '--set', 'numbers=fp16');
    expect(fp16.exitCode).toBe(0);
    expect(fp16.stdout).toMatch(/cycles +│ [\d,]+ on gobo-accelerator numbers=fp16 /);
    expect(fp16.stdout).toMatch(/compared +│ [\d,]+, all equal /);
  });
});

describe('systole quantize', () => {
  it('writes a model that eval takes and that is worth what it was before', async () => {
    const out = join(scratch(), 'q');
    const { exitCode, stdout } = await run(
      ...['quantize', '--method', 'gobo', '--bits', '3', '--embedding-bits', '4', '--out', out],
    );
    expect(exitCode).toBe(0);
    expect(stdout).toContain('│ 256 examples of calibration.jsonl');
    const report = JSON.parse(readFileSync(join(out, 'report.json'), 'utf8')) as {
      matrices: Record<string, unknown>[];
    };
    expect(report).toMatchObject({
      model: 'tiny-nli',
      method: 'gobo',
      options: { bits: 3 },
      wholeModel: { parameters: 846_723 },
    });
    expect(report.matrices).toHaveLength(25 + 3);
    expect(report.matrices[0]).toMatchObject({
      name: 'bert.encoder.layer.0.attention.self.query.weight',
      shape: [128, 128],
      bits: 3,
      // models/tiny-nli/measured.txt: 0.293 % of 128 x 128 weights, 6 iterations.
      outliers: 48,
      iterations: 6,
    });
    for (const figure of ['bitsPerWeight', 'mse', 'l1', 'mean', 'std']) {
      expect(report.matrices[0]).toHaveProperty(figure, expect.any(Number));
    }
    for (const name of ['config.json', 'vocab.txt', 'tokenizer_config.json', 'model.safetensors']) {
      expect(existsSync(join(out, name)), name).toBe(true);
    }

    const rows = ['--data', data, '--limit', '64', '--jobs', '1'];
    const stored = await evaluated('--model', out, ...rows);
    const direct = await evaluated('--method', 'gobo', '--embedding-bits', '4', ...rows);
    const alike = ['method', 'engine', 'correct', 'crossEntropy', 'options', 'embeddingOptions'];
    for (const key of [...alike, 'wholeModel']) expect(stored[key], key).toEqual(direct[key]);
    // The ranges came with the model, so nothing is calibrated again.
    const exact = await evaluated(
      '--model',
      out,
      '--engine',
      'exact',
      '--data',
      data,
      '--limit',
      '2',
    );
    expect(exact).toMatchObject({ calibration: { data: 'calibration.jsonl', examples: 256 } });
  });

  it('replaces only what it wrote', async () => {
    const out = join(scratch(), 'q');
    const quantize = (bits: string) =>
      run('quantize', '--method', 'linear', '--bits', bits, '--out', out, '--quiet');
    expect(await quantize('4')).toEqual({ exitCode: 0, stdout: '', stderr: '' });
    expect(await quantize('5')).toMatchObject({ exitCode: 0 });
    expect(await evaluated('--model', out, '--data', data, '--limit', '2')).toMatchObject({
      options: { bits: 5 },
    });
    const mine = scratch();
    writeFileSync(join(mine, 'notes.txt'), 'mine');
    const refused = await run('quantize', '--method', 'linear', '--out', mine);
    expect(refused).toMatchObject({ exitCode: 2, stdout: '' });
    expect(refused.stderr).toContain('holds files that Systole did not write');
    expect(readFileSync(join(mine, 'notes.txt'), 'utf8')).toBe('mine');
  });
});

// What independent implementations measure on all 2,000 rows; one row is 0.05 points, and differences
// below 0.4 mean nothing.
describe.skipIf(!process.env['SYSTOLE_REGRESS'])('accuracy on the whole test set', () => {
  it.each([
    ['', 99.1],
    ['--method linear --bits 5', 99.35],
    ['--method linear --bits 4', 98.3],
    ['--method linear --bits 3', 55.6],
    ['--method gobo --bits 5', 99.25],
    ['--method gobo --bits 4', 99.35],
    ['--method gobo --bits 3', 94.2],
    ['--method gobo --bits 2', 38.2],
    ['--method gobo --bits 3 --embedding-bits 4', 97.85],
    ['--method gobo --bits 3 --set outliers=false', 91.5],
  ])('%s', async (argv, percent) => {
    const report = await evaluated(...argv.split(' ').filter((word) => word !== ''));
    expect(report['examples']).toBe(2000);
    expect(Math.abs(100 * Number(report['accuracy']) - percent)).toBeLessThan(0.4);
  });
});
