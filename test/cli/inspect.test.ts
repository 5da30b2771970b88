import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { quantizedFiles } from '../../src/engines/index.ts';
import type { QuantizedModel } from '../../src/engines/index.ts';
import { writeContainer } from '../../src/families/gobo/format/container.ts';
import { writeModelFile } from '../../src/families/gobo/format/model-file.ts';
import { writeSafetensors } from '../../src/transformer/index.ts';
import { randomQuantized } from '../families/gobo/format/containers.ts';
import { run } from './run.ts';

const one = randomQuantized({ rows: 16, columns: 512, bits: 3, valueType: 'f32' }, 0.01, 1);
const other = randomQuantized({ rows: 4, columns: 20, bits: 4, valueType: 'f16' }, 0.1, 2);
const container = writeContainer(one);
const model = writeModelFile(
  new Map([
    ['encoder.weight', one],
    ['words', other],
  ]),
);

let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'systole-inspect-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

/** Runs inspect on a file with these bytes. */
async function inspect(bytes: Uint8Array | string, ...options: string[]) {
  const path = join(folder, 'file.gobo');
  await writeFile(path, bytes);
  const { stdout, stderr, exitCode } = await run('inspect', path, ...options);
  return {
    ...{ exitCode, stdout: stdout.replaceAll(path, 'file.gobo') },
    stderr: stderr.replaceAll(path, 'file.gobo'),
  };
}

describe('systole inspect', () => {
  it('describes a container', async () => {
    const { exitCode, stdout } = await inspect(container, '--json');
    expect(exitCode).toBe(0);
    const outliers = one.outliers.positions.length;
    expect(JSON.parse(stdout)).toEqual({
      file: 'file.gobo',
      format: 'GOBO container, version 1',
      bytes: container.length,
      weights: 8192,
      outliers,
      bitsPerWeight: container.length / 1024,
      compression: 32768 / container.length,
      checksums: 'good',
      matrices: [
        {
          shape: [16, 512],
          bits: 3,
          valueType: 'f32',
          outliers,
          bitsPerWeight: container.length / 1024,
          dictionary: [...one.centroids].map((value) => value + 0),
          bytes: {
            header: 28 + 32 + 8,
            counts: 32,
            records: 5 * outliers,
            raw: 0,
            indexes: 32 * 96,
            total: container.length,
          },
          checksums: 'good',
        },
      ],
    });
    const text = (await inspect(container)).stdout;
    expect(text).toContain('file.gobo: GOBO container, version 1, ');
    expect(text).toContain('all checksums are right');
    expect(text).toContain('16 x 512');
    expect(text).toContain(`8,192 weights, ${outliers} outliers, `);
    expect(text).toMatch(/^dictionary: (\S+ ?){8}$/m);
  });

  it('describes a model, each matrix under its name', async () => {
    const { exitCode, stdout } = await inspect(model, '--json');
    expect(exitCode).toBe(0);
    const found = JSON.parse(stdout) as { matrices: { name: string; bits: number }[] };
    expect(found).toMatchObject({ format: 'GOBO model, version 1', weights: 8192 + 80 });
    expect(found.matrices.map(({ name, bits }) => [name, bits])).toEqual([
      ['encoder.weight', 3],
      ['words', 4],
    ]);
    const text = (await inspect(model)).stdout;
    expect(text).toMatch(/│ encoder\.weight │ 16 x 512 │ +3 │ +f32 │/);
    expect(text).toMatch(/│ words +│ +4 x 20 │ +4 │ +f16 │/);
  });

  it('describes the folder of a quantized model, with what stayed in floating point', async () => {
    const path = join(folder, 'quantized');
    const model: QuantizedModel = {
      method: 'gobo',
      options: { bits: 3 },
      matrices: [
        {
          name: 'bert.pooler.dense.weight',
          kind: 'linear',
          shape: [16, 512],
          options: { bits: 3 },
          bytes: container,
        },
        {
          name: 'table',
          kind: 'embeddings',
          shape: [3, 8],
          options: { bits: 5 },
          bytes: Uint8Array.of(1, 2, 3),
        },
      ],
    };
    const rest = new Map([['bias', { shape: [5, 2], data: new Float32Array(10) }]]);
    for (const file of quantizedFiles(model, 'gobo', writeSafetensors(rest))) {
      await mkdir(dirname(join(path, file.path)), { recursive: true });
      await writeFile(join(path, file.path), file.content);
    }
    await copyFile('models/tiny-nli/config.json', join(path, 'config.json'));

    const { exitCode, stdout } = await run('inspect', path, '--json');
    expect(exitCode).toBe(0);
    const bytes = container.length + 3;
    expect(JSON.parse(stdout)).toMatchObject({
      format: 'model quantized by gobo',
      bytes,
      weights: 8192 + 24,
      rest: { parameters: 10, bytes: 40 },
      compression: (4 * (8192 + 24 + 10)) / (bytes + 40),
      matrices: [
        { name: 'bert.pooler.dense.weight', valueType: 'f32', checksums: 'good' },
        { name: 'table', shape: [3, 8], bits: 5, bitsPerWeight: 1, bytes: { total: 3 } },
      ],
    });
    const text = (await run('inspect', path)).stdout;
    expect(text).toContain('10 parameters more in FP32');
  });

  it('says where a file is damaged, and ends with 1', async () => {
    const bytes = model.slice();
    bytes[2000]! ^= 1;
    const found = await inspect(bytes, '--json');
    expect(found.exitCode).toBe(1);
    const { checksums, matrices } = JSON.parse(found.stdout) as {
      checksums: string;
      matrices: { checksums: string; damage?: string; bytes: object }[];
    };
    expect(checksums).toBe('wrong');
    expect(matrices.map((matrix) => matrix.checksums)).toEqual(['wrong', 'good']);
    expect(matrices[0]!.damage).toMatch(/^file\.gobo is damaged at byte \d+: the checksum of the/);
    expect(matrices[0]!.bytes).toEqual({ header: 68, total: container.length });

    const { exitCode, stdout } = await inspect(bytes);
    expect(exitCode).toBe(1);
    expect(stdout).toContain('DAMAGED');
    expect(stdout).toMatch(/^file\.gobo is damaged at byte \d+: /m);
    expect(stdout).toMatch(/encoder\.weight │ .* \? │/);
  });

  it('refuses, in one sentence, what it cannot describe', async () => {
    const sentence = async (bytes: Uint8Array | string): Promise<string> => {
      const { exitCode, stdout, stderr } = await inspect(bytes);
      expect([exitCode, stdout]).toEqual([2, '']);
      expect(stderr.trimEnd().split('\n').length).toBe(1);
      return stderr;
    };
    expect(await sentence('hello')).toMatch(
      /^systole inspect: file\.gobo is no file that inspect knows: it is not a GOBO container, nor a GOBO model, nor .*\.\n$/,
    );
    expect(await sentence('')).toMatch(/is no file that inspect knows/);
    expect(await sentence(container.subarray(0, 20))).toMatch(/truncated: it ends at byte 20/);
    expect(await sentence(model.subarray(0, model.length - 1))).toMatch(/truncated: it ends at/);
    const version = container.slice();
    version[4] = 9;
    expect(await sentence(version)).toMatch(/at byte 4: the container has version 9/);
  });

  it('needs one name of something that is there', async () => {
    expect((await run('inspect')).stderr).toMatch(/one file or folder, and 0 were given/);
    expect((await run('inspect', 'a', 'b')).stderr).toMatch(/and 2 were given/);
    expect(await run('inspect', join(folder, 'absent'))).toMatchObject({
      exitCode: 2,
      stderr: `systole inspect: ${join(folder, 'absent')} cannot be read (ENOENT); give the name of a file or of a folder.\n`,
    });
    const plain = await run('inspect', 'models/tiny-nli');
    expect(plain).toMatchObject({ exitCode: 2, stdout: '' });
    expect(plain.stderr).toMatch(
      /^systole inspect: models\/tiny-nli holds a model that is not quantized/,
    );
  });
});
