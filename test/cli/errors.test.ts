import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CliErrorCode } from '../../src/cli/index.ts';
import { errorCode, run } from './run.ts';

/** A command line that ends with the error, run in an empty folder after `files` were written. */
interface Example {
  readonly argv: readonly string[];
  readonly files?: Readonly<Record<string, string>>;
  /** Files of the bundled model that stand in the folder `model`. */
  readonly model?: readonly string[];
  /** A command line that has to run first. */
  readonly first?: readonly string[];
}

const config = (text: string, ...more: string[]): Example => ({
  argv: ['gen', '--config', 'gobo.yaml', ...more],
  files: { 'gobo.yaml': text },
});

const checkpointFiles = ['config.json', 'model.safetensors', 'vocab.txt', 'tokenizer_config.json'];

/** A code without an example is a type error. */
const examples: Readonly<Record<CliErrorCode, Example>> = {
  'unknown-command': { argv: ['generate'] },
  'unknown-option': { argv: ['gen', '--pe', 'gobo', '--sets', 'pes=8'] },
  'missing-value': { argv: ['gen', '--pe'] },
  'extra-argument': { argv: ['gen', '--pe', 'gobo', 'pes=8'] },
  'missing-design': { argv: ['gen'] },
  'unknown-design': { argv: ['gen', '--pe', 'gobo-tyle'] },
  'bad-setting': { argv: ['gen', '--pe', 'gobo', '--set', 'pes'] },
  'unknown-parameter': { argv: ['gen', '--pe', 'gobo', '--set', 'pe=8'] },
  'parameter-type': { argv: ['gen', '--pe', 'gobo', '--set', 'pes=eight'] },
  'parameter-range': { argv: ['gen', '--pe', 'gobo', '--set', 'bits=7'] },
  'parameter-conflict': {
    argv: ['gen', '--pe', 'gobo', '--set', 'numbers=fp16', '--set', 'activationBits=12'],
  },
  'bad-number': { argv: ['verify', '--pe', 'gobo', '--cases', '0'] },
  'unknown-engine': { argv: ['verify', '--pe', 'gobo', '--engine', 'verilater'] },
  'unknown-tensor': {
    argv: ['verify', '--pe', 'gobo', '--model', 'model', '--tensor', 'classifier'],
    model: [...checkpointFiles, 'test.jsonl'],
  },
  'unknown-layer': {
    argv: ['verify', '--pe', 'gobo', '--model', 'model', '--layer', '7'],
    model: [...checkpointFiles, 'test.jsonl'],
  },
  'no-examples': { argv: ['verify', '--pe', 'gobo', '--model', 'model'], model: checkpointFiles },
  'too-many-cases': {
    argv: ['verify', '--pe', 'gobo', '--model', 'model', '--data', 'one.jsonl', '--cases', '90'],
    model: [...checkpointFiles, 'test.jsonl'],
    files: { 'one.jsonl': '{"text": "all dogs sleep ."}\n' },
  },
  'bad-seed': { argv: ['gen', '--pe', 'gobo', '--seed', '-1'] },
  'unknown-table': { argv: ['cost', '--table', 'gobbo'] },
  'table-and-design': { argv: ['cost', '--table', 'gobo', '--set', 'bits=4'] },
  'unit-parameters': { argv: ['cost', '--pe', 'int8-mac', '--set', 'bits=4'] },
  'liberty-without-gates': {
    argv: ['cost', '--pe', 'gobo-pe', '--targets', 'ice40', '--liberty', 'cells.lib'],
  },
  'liberty-unreadable': { argv: ['cost', '--pe', 'gobo-pe', '--liberty', 'absent.lib'] },
  'bad-seeds': { argv: ['fmax', '--pe', 'gobo-pe', '--seeds', '0'] },
  'config-unreadable': { argv: ['gen', '--config', 'absent.yaml'] },
  'config-syntax': config('pe: gobo\nset: {pes: 8\n'),
  'config-key': config('pe: gobo\nsets: {pes: 8}\n'),
  'config-value': config('pe: gobo\nseed: 1.5\n'),
  'folder-is-file': {
    argv: ['gen', '--pe', 'gobo-pe', '--out', 'notes.txt'],
    files: { 'notes.txt': 'mine\n' },
  },
  'unknown-method': { argv: ['eval', '--method', 'gobbo'] },
  'unknown-option-of-method': { argv: ['eval', '--method', 'linear', '--set', 'bit=4'] },
  'bad-option-of-method': { argv: ['eval', '--method', 'gobo', '--bits', '7'] },
  'bad-bits': { argv: ['eval', '--method', 'gobo', '--bits', 'w4a4'] },
  'bad-quantize': {
    argv: ['quantize', '--config', 'mix.yaml', '--out', 'q'],
    files: { 'mix.yaml': 'method: gobo\nmatrices:\n  classifier: { quantize: maybe }\n' },
  },
  'missing-method': { argv: ['eval', '--bits', '3'] },
  'missing-format': { argv: ['table'] },
  'unknown-format': { argv: ['table', '--format', 'ovp-int5'] },
  'missing-out': { argv: ['quantize', '--method', 'gobo'] },
  'quantized-already': {
    first: ['quantize', '--method', 'linear', '--out', 'q', '--quiet'],
    argv: ['eval', '--model', 'q', '--bits', '4'],
  },
  'no-design': { argv: ['eval', '--method', 'linear', '--engine', 'simulator'] },
  'design-of-another-method': {
    argv: ['eval', '--method', 'gobo', '--engine', 'golden', '--design', 'gobo-pe'],
  },
  'design-without-engine': { argv: ['eval', '--method', 'gobo', '--design', 'gobo-accelerator'] },
  'unknown-setting': {
    argv: ['eval', '--method', 'gobo', '--engine', 'golden', '--set', 'number=fp16'],
  },
  'parameter-without-engine': { argv: ['eval', '--method', 'gobo', '--set', 'numbers=fp16'] },
  'nothing-to-check': { argv: ['eval', '--method', 'gobo', '--check'] },
  'missing-calibration': {
    argv: ['eval', '--model', 'model', '--method', 'gobo', '--engine', 'golden'],
    model: [...checkpointFiles, 'test.jsonl'],
  },
  'calibration-is-test': {
    argv: [
      ...['eval', '--model', 'model', '--method', 'gobo', '--engine', 'exact'],
      ...['--calibration', 'model/test.jsonl'],
    ],
    model: [...checkpointFiles, 'test.jsonl'],
  },
  'folder-in-use': {
    argv: ['gen', '--pe', 'gobo-pe', '--out', 'mine'],
    files: { 'mine/notes.txt': 'mine\n' },
  },
  'folder-unwritable': {
    argv: ['gen', '--pe', 'gobo-pe', '--out', 'notes.txt/gobo'],
    files: { 'notes.txt': 'mine\n' },
  },
};

const home = process.cwd();
let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'systole-errors-'));
});
afterAll(async () => {
  process.chdir(home);
  await rm(folder, { recursive: true });
});

async function prepare(code: string, { files = {}, model = [], first }: Example): Promise<void> {
  const place = join(folder, code);
  await mkdir(place);
  process.chdir(place);
  for (const [name, text] of Object.entries(files)) {
    await mkdir(join(place, name, '..'), { recursive: true });
    await writeFile(join(place, name), text);
  }
  if (model.length > 0) await mkdir(join(place, 'model'));
  for (const name of model) {
    await copyFile(join(home, 'models/tiny-nli', name), join(place, 'model', name));
  }
  if (first) expect(await run(...first)).toMatchObject({ exitCode: 0 });
}

describe('errors of the command line', () => {
  it.each(Object.entries(examples))('%s', async (code, example) => {
    await prepare(code, example);
    expect(await errorCode(...example.argv)).toBe(code);
    const { exitCode, stdout, stderr } = await run(...example.argv);
    expect(exitCode).toBe(2);
    expect(stdout).toBe('');
    expect(stderr.endsWith('.\n')).toBe(true);
    const given = Object.entries(example.files ?? {}).map(([name, text]) => `== ${name}\n${text}`);
    const before = example.first ? `$ systole ${example.first.join(' ')}\n` : '';
    const shown = `${given.join('')}${before}$ systole ${example.argv.join(' ')}\n${stderr}`;
    await expect(shown).toMatchFileSnapshot(join(import.meta.dirname, 'golden', `${code}.txt`));
  });
});
