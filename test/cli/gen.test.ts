import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { run } from './run.ts';

const home = process.cwd();
let folder = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'systole-gen-'));
  process.chdir(folder);
});
afterEach(async () => {
  process.chdir(home);
  await rm(folder, { recursive: true });
});

interface Manifest {
  readonly configuration: {
    readonly pe: string;
    readonly design: string;
    readonly parameters: Readonly<Record<string, number>>;
    readonly seed: number;
  };
}

const configurationOf = async (place: string): Promise<Manifest['configuration']> => {
  const text = await readFile(join(place, 'MANIFEST.json'), 'utf8');
  return (JSON.parse(text) as Manifest).configuration;
};

it('writes rtl-out/<name> and says what to do next', async () => {
  const { exitCode, stdout, stderr } = await run('gen', '--pe', 'gobo', '--set', 'pes=4');
  expect([exitCode, stderr]).toEqual([0, '']);
  expect(stdout).toContain('gobo-tile (pes=4 bits=3 ');
  const verilog = await readFile('rtl-out/gobo/rtl/gobo_tile.v', 'utf8');
  const lines = verilog.split('\n').length - 1;
  expect(stdout).toMatch(new RegExp(`rtl/gobo_tile\\.v +${lines} lines`));
  expect(stdout).toContain('cd rtl-out/gobo && make sim');
  expect(await configurationOf('rtl-out/gobo')).toMatchObject({
    pe: 'gobo',
    design: 'gobo-tile',
    parameters: { pes: 4, bits: 3 },
    seed: 1,
  });
});

it('prints one JSON object', async () => {
  const { stdout } = await run('gen', '--pe', 'gobo-pe', '--json', '--out', 'x/y', '--seed', '9');
  const printed = JSON.parse(stdout) as {
    readonly files: readonly { readonly path: string; readonly bytes: number }[];
  };
  expect(printed).toMatchObject({
    pe: 'gobo-pe',
    design: 'gobo-pe',
    out: 'x/y',
    parameters: { bits: 3, activationBits: 16, maxLength: 3072, buffers: 2 },
    seed: 9,
    modules: [{ name: 'gobo_pe', path: 'rtl/gobo_pe.v' }],
    ms: expect.any(Number),
  });
  for (const { path, bytes } of printed.files) {
    expect((await readFile(join('x/y', path))).length).toBe(bytes);
  }
  expect((await configurationOf('x/y')).seed).toBe(9);
});

it('--quiet prints nothing', async () => {
  expect(await run('gen', '--pe', 'gobo-pe', '--quiet')).toEqual({
    exitCode: 0,
    stdout: '',
    stderr: '',
  });
  await configurationOf('rtl-out/gobo-pe');
});

it('takes a configuration file, and the command line before it', async () => {
  await mkdir('conf');
  await writeFile('conf/a.yaml', 'pe: gobo\nout: here\nseed: 5\nset: { pes: 8, bits: 4 }\n');
  await run('gen', '--config', 'conf/a.yaml');
  expect(await configurationOf('here')).toMatchObject({
    pe: 'gobo',
    seed: 5,
    parameters: { pes: 8, bits: 4 },
  });
  const line = ['--config', 'conf/a.yaml', '--set', 'bits=2', '--seed', '6', '--out', 'there'];
  await run('gen', ...line);
  expect(await configurationOf('there')).toMatchObject({
    pe: 'gobo',
    seed: 6,
    parameters: { pes: 8, bits: 2 },
  });
});

it('names the place of an error: file or command line', async () => {
  await writeFile('a.yaml', 'pe: gobo\nset: { pes: 99 }\n');
  const inFile = await run('gen', '--config', 'a.yaml');
  expect(inFile.stderr).toContain('a.yaml: set: pes = 99');
  await writeFile('b.yaml', 'pe: gobos\n');
  expect((await run('gen', '--config', 'b.yaml')).stderr).toContain('b.yaml: pe: there is no');
});

it('--list shows every parameter with range, default and meaning', async () => {
  const { stdout } = await run('gen', '--list');
  expect(stdout).toMatch(/--pe gobo-tile \(also --pe gobo\): tile/);
  expect(stdout).toMatch(/queueDepth +2\.\.64 +8 +entries of the outlier queue\n/);
  const { families } = JSON.parse((await run('gen', '--list', '--json')).stdout) as {
    families: { name: string; designs: { name: string; parameters: object[] }[] }[];
  };
  const [gobo] = families;
  expect(gobo!.name).toBe('gobo');
  expect(gobo!.designs.map(({ name }) => name)).toContain('gobo-pe');
  const [tile] = gobo!.designs;
  expect(tile!.name).toBe('gobo-tile');
  expect(tile!.parameters).toContainEqual({
    name: 'queueDepth',
    min: 2,
    max: 64,
    default: 8,
    help: 'entries of the outlier queue',
  });
});

it('explains itself', async () => {
  expect((await run()).stdout).toContain('gen [options]');
  const help = await run('gen', '--help');
  expect(help.exitCode).toBe(0);
  expect(help.stdout).toContain('--set <key=value>');
  expect((await run('--version')).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
});
