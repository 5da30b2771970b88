/** Real synthesis of small units, compared with what is known of them. */
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { measureModules, measureRows, parseTargets, references } from '../../src/costs/index.ts';
import type { Candidate, Cost } from '../../src/costs/index.ts';
import {
  bit,
  defineModule,
  elaborate,
  input,
  instanceArray,
  mem,
  output,
  uint,
  when,
} from '../../src/hdl/index.ts';
import { InputError } from '../../src/numeric/index.ts';
import { openNextpnr, openYosys } from '../../src/tools/index.ts';
import type { SynthesisTool } from '../../src/tools/index.ts';

/** The tool, or nothing, with the reason printed. */
async function found(tool: Promise<SynthesisTool>): Promise<SynthesisTool | undefined> {
  return tool.catch((error: unknown) => {
    console.warn(`skipped: ${(error as Error).message}`);
    return undefined;
  });
}

const system = await found(openYosys('system'));
const npm = await found(openYosys('npm'));
const quickest = system ?? npm;

let cache = '';
beforeAll(async () => {
  cache = await mkdtemp(join(tmpdir(), 'systole-costs-'));
});
afterAll(async () => {
  await rm(cache, { recursive: true });
});

const reference = (name: string): Candidate => references.find((entry) => entry.name === name)!;

async function costs(
  candidate: Candidate,
  targets: string,
  yosys: SynthesisTool = quickest!,
): Promise<readonly Cost[]> {
  const rows = await measureRows([candidate], parseTargets(targets), { yosys, cache });
  return rows[0]!.costs;
}

/** Eight words of four bits. */
const words = defineModule(
  'words',
  { doc: 'Memory that is read at once' },
  ({ distributed }: { readonly distributed: boolean }) => ({
    ports: {
      enable: input(bit()),
      address: input(uint(3)),
      data: input(uint(4)),
      word: output(uint(4)),
    },
    body({ enable, address, data, word }) {
      const stored = mem(uint(4), 8, distributed ? { style: 'distributed' } : {});
      when(enable, () => {
        stored.write(address, data);
      });
      word.set(stored.read(address));
      return { stored };
    },
  }),
);

const memory: Candidate = {
  label: 'memory',
  program: () => elaborate(words, { distributed: true }),
};

/** Three of them that do not say what they are to become, and an adder. */
const memories = defineModule('memories', { doc: 'Sum of three memories' }, () => ({
  ports: {
    enable: input(bit()),
    address: input(uint(3)),
    data: input(uint(4)),
    sum: output(uint(6)),
  },
  body({ enable, address, data, sum }) {
    const all = instanceArray(words, { distributed: false }, [3]);
    all.enable.broadcast(enable);
    all.address.broadcast(address);
    all.data.broadcast(data);
    const [a, b, c] = [0, 1, 2].map((index) => all.word.at(index).extend(6));
    sum.set(a!.addWrap(b!).addWrap(c!));
    return {};
  },
}));

describe.skipIf(quickest === undefined)('synthesis', () => {
  it('puts the product of an int8 MAC into one DSP block, or into LUTs where told to', async () => {
    const [cost] = await costs(reference('int8-mac'), 'ice40');
    if (cost?.kind !== 'fpga') throw new Error('not an FPGA');
    expect(cost.inDsps.dsps).toBe(1);
    expect(cost.inLogic.dsps).toBe(0);
    // The 28 bits of the sum.
    expect(cost.inLogic.flipFlops).toBe(28);
    expect(cost.inLogic.luts).toBeGreaterThan(3 * cost.inDsps.luts);
  });

  it('counts a memory as LUTs where there is such memory, else as flip-flops', async () => {
    const [ecp5, ice40, gates] = await costs(memory, 'ecp5,ice40,gates');
    expect(ecp5).toMatchObject({ inLogic: { luts: 6, memoryLuts: 6, flipFlops: 0 } });
    expect(ice40).toMatchObject({ inLogic: { memoryLuts: 0, flipFlops: 32 } });
    expect(gates).toMatchObject({ kind: 'gates', flipFlops: 32 });
  });

  it('leaves memories that may be block memories, and says how many bits they have', async () => {
    const candidate = { label: 'memories', program: () => elaborate(memories, {}) };
    const [cost] = await costs(candidate, 'gates');
    expect(cost).toMatchObject({ kind: 'gates', flipFlops: 0, memoryBits: 3 * 32 });
    // Two adders of 5 and 6 bits, of some ten gates for each bit at most.
    if (cost?.kind === 'gates') expect(cost.gateEquivalents).toBeLessThan(110);
  });

  it('maps modules one by one, with their memories as flip-flops', async () => {
    const modules = await measureModules(elaborate(memories, {}), { yosys: quickest!, cache });
    const [top, inner] = modules;
    expect(top).toMatchObject({ name: 'memories', count: 1, flipFlops: 3 * 32 });
    expect(inner).toMatchObject({ name: 'words', count: 3, flipFlops: 32 });
    expect(top!.gateEquivalents).toBeGreaterThan(3 * inner!.gateEquivalents);
    expect(top!.gateEquivalents).toBeLessThan(3 * inner!.gateEquivalents + 110);
  });

  it('gives gates in NAND2, and the second time from the cache', async () => {
    const [first] = await costs(reference('int4-mac'), 'gates');
    if (first?.kind !== 'gates') throw new Error('no gates');
    expect(first.flipFlops).toBe(20);
    // 16 products of bits, a 4-bit multiplier and a 20-bit adder with flip-flops: by hand, 16 NAND
    // and inverters, 12 + 20 full adders of 5 to 7, 20 flip-flops of 5.67 with two multiplexers.
    expect(first.gateEquivalents).toBeGreaterThan(350);
    expect(first.gateEquivalents).toBeLessThan(600);
    const broken: SynthesisTool = {
      title: quickest!.title,
      run: () => Promise.reject(new Error('it was measured already')),
    };
    expect(await costs(reference('int4-mac'), 'gates', broken)).toEqual([first]);
    const other: SynthesisTool = { ...broken, title: 'another Yosys' };
    await expect(costs(reference('int4-mac'), 'gates', other)).rejects.toThrow('measured already');
    expect((await readdir(cache)).filter((name) => /tmp|lock/.test(name))).toEqual([]);
  });

  it('says what is wrong with a library', async () => {
    const liberty = { path: 'empty.lib', text: 'library (empty) { }\n' };
    const options = { yosys: quickest!, cache, liberty };
    const measured = measureRows([reference('int4-mac')], parseTargets('gates'), options);
    await expect(measured).rejects.toThrow(InputError);
    await expect(measured).rejects.toThrow(/^--liberty: Yosys cannot use empty.lib \(.*\); give a/);
  });
});

it.skipIf(system === undefined || npm === undefined)(
  'both kinds of Yosys run, and agree about a small unit',
  async () => {
    const [here] = await costs(memory, 'ice40', system);
    const [there] = await costs(memory, 'ice40', npm);
    if (here?.kind !== 'fpga' || there?.kind !== 'fpga') throw new Error('not an FPGA');
    expect(there.inLogic.flipFlops).toBe(here.inLogic.flipFlops);
    expect(Math.abs(there.inLogic.luts / here.inLogic.luts - 1)).toBeLessThan(0.2);
    expect(npm!.title).toMatch(/^Yosys \d+\.\d+\.\d+ \(npm @yowasp\/yosys\)$/);
    expect(system!.note).toContain('npm install --no-save @yowasp/yosys@');
  },
);

describe('a tool that is missing', () => {
  it.each([
    ['Yosys', openYosys, '@yowasp/yosys@0.55.944', 'yosys'],
    ['nextpnr-ice40', openNextpnr, '@yowasp/nextpnr-ice40@0.8.621', 'nextpnr-ice40'],
  ] as const)('%s: says how to install it', async (title, open, npmName, aptName) => {
    const empty = await mkdtemp(join(tmpdir(), 'systole-path-'));
    vi.stubEnv('PATH', empty);
    try {
      const opened = open('system');
      await expect(opened).rejects.toThrow(InputError);
      await expect(opened).rejects.toThrow(
        `${title} is needed and was found neither among the packages of npm nor on the PATH; ` +
          `install it with \`npm install --no-save ${npmName}\` or \`apt-get install ${aptName}\`.`,
      );
    } finally {
      vi.unstubAllEnvs();
      await rm(empty, { recursive: true });
    }
  });

  it('fails with what it printed where it cannot do its work', async () => {
    if (!quickest) return;
    const folder = await mkdtemp(join(tmpdir(), 'systole-yosys-'));
    try {
      await writeFile(join(folder, 'script.ys'), 'read_verilog absent.v\n');
      await expect(quickest.run(folder, ['-q', '-s', 'script.ys'])).rejects.toThrow(/absent\.v/);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
