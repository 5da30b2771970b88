import { createHash } from 'node:crypto';
import { hostname, userInfo } from 'node:os';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { findDesign } from '../../src/families/index.ts';
import { packageDesign } from '../../src/handoff/index.ts';
import type { Handoff } from '../../src/handoff/index.ts';
import { alignTable, renderTemplate, wrapParagraph } from '../../src/handoff/templates.ts';
import { resolveParameters } from '../../src/testbench/index.ts';

function packageOf(pe: string, set: Record<string, number> = {}, seed = 1): Promise<Handoff> {
  const { family, design } = findDesign(pe);
  const parameters = resolveParameters(design, set, '--set');
  return packageDesign({ pe, paper: family.paper, design, parameters, seed });
}

function textOf(handoff: Handoff, path: string): string {
  const file = handoff.files.find((candidate) => candidate.path === path);
  if (file === undefined) throw new Error(`there is no ${path}`);
  return file.text;
}

const lines = (text: string): string[] => text.split('\n').filter((line) => line !== '');

describe.each(['gobo', 'gobo-pe'])('the folder of %s', async (pe) => {
  const handoff = await packageOf(pe);
  const read = (path: string): string => textOf(handoff, path);
  const paths = handoff.files.map(({ path }) => path);
  const rtl = paths.filter((path) => path.startsWith('rtl/'));

  it('has a checksum and the size of every file', () => {
    const manifest = JSON.parse(read('MANIFEST.json')) as {
      readonly files: readonly { path: string; bytes: number; sha256: string }[];
    };
    expect(manifest.files.map(({ path }) => path)).toEqual(
      paths.filter((path) => path !== 'MANIFEST.json'),
    );
    for (const { path, bytes, sha256 } of manifest.files) {
      const content = Buffer.from(read(path));
      expect(content.length).toBe(bytes);
      expect(createHash('sha256').update(content).digest('hex')).toBe(sha256);
    }
  });

  it('has one module per file, all in filelist.f, in the Yosys scripts and in the README', () => {
    expect(rtl.length).toBe(handoff.modules.length);
    for (const path of rtl) {
      const modules = read(path).match(/^module \w+/gm);
      expect(modules).toEqual([`module ${path.slice('rtl/'.length, -'.v'.length)}`]);
      expect(read('README.md')).toContain(`| \`${path}\``);
    }
    expect(lines(read('filelist.f')).sort()).toEqual([...rtl].sort());
    for (const script of ['scripts/lint.ys', 'scripts/yosys.ys']) {
      const found = read(script).matchAll(/^read_verilog -noautowire (.*)$/gm);
      expect([...found].map(([, path]) => path).sort()).toEqual([...rtl].sort());
    }
  });

  it('names in the README every port of the top as the Verilog declares it', () => {
    const declared = [
      ...read(`rtl/${handoff.top}.v`).matchAll(
        /^ {2}(input|output) +(?:wire|reg) +(?:signed +)?(?:\[(\d+):0\])? *(\w+)/gm,
      ),
    ].map(([, direction, high, name]) => [`\`${name}\``, direction, String(Number(high ?? 0) + 1)]);
    expect(declared.length).toBeGreaterThan(9);
    const table = read('README.md').split('## Ports')[1]!.split('## Streams')[0]!;
    const rows = lines(table).filter((line) => line.startsWith('| `'));
    expect(
      rows.map((row) =>
        row
          .split('|')
          .slice(1, 4)
          .map((cell) => cell.trim()),
      ),
    ).toEqual(declared);
  });

  it('has beats and expected results for every job, and says how many', () => {
    const jobs = lines(read('tb/vectors/jobs.txt'));
    const cycles = lines(read('tb/expected/cycles.txt'));
    expect(jobs.length).toBe(handoff.jobs);
    expect(cycles.length).toBe(handoff.jobs);
    jobs.forEach((job, number) => {
      const [, source, sink] = job.split(' ').map(Number);
      expect(cycles[number]).toMatch(source === 0 && sink === 0 ? /^[1-9]\d*$/ : /^-$/);
    });
    // Both kinds are there.
    expect(cycles.filter((count) => count === '-').length).toBe(handoff.jobs / 2);
    const expected = paths.filter((path) => /^tb\/expected\/job\d+-/.test(path));
    const beats = expected.reduce((sum, path) => sum + lines(read(path)).length, 0);
    expect(beats).toBe(handoff.beats);
    expect(read('README.md')).toContain(`    ${beats} of ${beats} output beats equal\n`);
  });

  it('maps every port, net, memory and instance to a line of the source', () => {
    const map = JSON.parse(read('docs/source-map.json')) as Record<string, Record<string, string>>;
    expect(Object.keys(map).map((name) => `rtl/${name}.v`)).toEqual(
      handoff.modules.map(({ path }) => path),
    );
    for (const [module, places] of Object.entries(map)) {
      const verilog = read(`rtl/${module}.v`).replace(/\/\/.*/g, '');
      const declared = [
        /^ *(?:input|output) .*?(\w+),?\s*$/gm,
        /^ *(?:wire|reg)\b(?: signed)? *(?:\[[^\]]*\])? *(\w+)/gm,
        /^ +\w+ (u_\w+) \($/gm,
      ].flatMap((pattern) => [...verilog.matchAll(pattern)].map(([, name]) => name!));
      expect(declared.length).toBeGreaterThan(10);
      expect(Object.keys(places).sort()).toEqual(declared.sort());
      for (const place of Object.values(places)) expect(place).toMatch(/^src\/[\w/-]+\.ts:\d+$/);
    }
  });

  it('knows nothing of this machine', () => {
    const texts = handoff.files.map(({ text }) => text).join('\n');
    for (const local of [process.cwd(), hostname(), userInfo().homedir, process.version]) {
      // A name such as `main` or `/` would be found anywhere.
      if (local.length > 5) expect(texts).not.toContain(local);
    }
    for (const path of ['README.md', 'Makefile', 'scripts/yosys.ys', 'scripts/lint.ys']) {
      expect(read(path)).not.toMatch(/undefined|\[object|NaN|\{\{/);
    }
  });

  it('is text of at most 100 columns without trailing spaces', () => {
    for (const { path, text } of handoff.files) {
      expect(text.endsWith('\n') || text === '').toBe(true);
      for (const line of text.split('\n')) {
        expect(line, path).not.toMatch(/\s$/);
        const isTable = path === 'README.md' && line.startsWith('|');
        if (/\.(md|v)$|Makefile/.test(path) && !isTable && !line.includes('$(call')) {
          expect(line.length, `${path}: ${line}`).toBeLessThanOrEqual(100);
        }
      }
    }
  });

  it('is the same in every byte on another day', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: new Date('2001-02-03') });
    try {
      expect(await packageOf(pe)).toEqual(handoff);
    } finally {
      vi.useRealTimers();
    }
  });

  it('takes its jobs, and nothing else, from the seed', async () => {
    const other = await packageOf(pe, {}, 2);
    const changed = other.files
      .filter(({ path, text }) => paths.includes(path) && text !== read(path))
      .map(({ path }) => path);
    expect(changed).toContain('tb/vectors/jobs.txt');
    expect(changed.filter((path) => path.startsWith('rtl/'))).toEqual([]);
    expect(changed).not.toContain('Makefile');
  });
});

it.each([
  ['gobo-pe', {}],
  ['gobo-accelerator', { tiles: 1, pes: 1, bankWords: 16, bankRecords: 4 }],
])('has a README for %s whose table names every file, and no other', async (pe, set) => {
  const handoff = await packageOf(pe, set);
  const table = textOf(handoff, 'README.md').split('| file ')[1]!.split('\n\n')[0]!;
  const named = [...table.matchAll(/^\| `(.+?)`/gm)].map(([, path]) => path!);
  const holds = (path: string, name: string): boolean =>
    name.endsWith('/') ? path.startsWith(name) : path === name;
  // Whoever reads it has found the README, and its first section runs the Makefile.
  const paths = handoff.files
    .map(({ path }) => path)
    .filter((path) => !/^(README.md|Makefile)$/.test(path));
  expect(paths.filter((path) => named.filter((name) => holds(path, name)).length !== 1)).toEqual(
    [],
  );
  expect(named.filter((name) => !paths.some((path) => holds(path, name)))).toEqual([]);
  expect(named.includes('sw/')).toBe(pe === 'gobo-accelerator');
});

it('holds for parameters at random', async () => {
  const parameters = fc.record({
    pes: fc.integer({ min: 1, max: 32 }),
    bits: fc.integer({ min: 2, max: 6 }),
    activationBits: fc.integer({ min: 8, max: 16 }),
    weightBits: fc.integer({ min: 8, max: 16 }),
    maxLength: fc.constantFrom(1, 2, 100, 65536),
    buffers: fc.integer({ min: 1, max: 2 }),
  });
  await fc.assert(
    fc.asyncProperty(parameters, async (set) => {
      const readme = textOf(await packageOf('gobo', set), 'README.md');
      for (const [name, value] of Object.entries(set)) {
        expect(readme).toMatch(new RegExp(`^\\| \`${name}\` +\\| +${value} \\|`, 'm'));
      }
      expect(readme).not.toMatch(/undefined|NaN/);
    }),
    { numRuns: 4 },
  );
});

describe('templates', () => {
  it('refuse to leave a gap', async () => {
    await expect(renderTemplate('filelist.f', { modules: [{ name: 'a' }] })).rejects.toThrow(
      '"path" not defined',
    );
  });

  it('pad the columns of tables', () => {
    expect(alignTable('| a | b |\n|---|---:|\n| long | 1 |\n')).toBe(
      '| a    |   b |\n| ---- | --: |\n| long |   1 |\n',
    );
  });

  it('break paragraphs, below a bullet too', () => {
    const words = Array<string>(30).fill('abcdef').join(' ');
    const wrapped = wrapParagraph(words, '- ').split('\n');
    expect(wrapped.every((line) => line.length <= 100)).toBe(true);
    expect(wrapped.filter((line) => line !== '').map((line) => line.slice(0, 3))).toEqual([
      '- a',
      '  a',
      '  a',
    ]);
    expect(wrapped.join(' ').replace(/^- /, '').split(/\s+/).filter(Boolean).join(' ')).toBe(words);
  });
});
