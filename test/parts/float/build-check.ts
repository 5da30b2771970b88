/** Builds `check.cpp` around a Verilated unit. */
import { mkdir, readFile, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cached, cacheKey } from '../../../src/testbench/build-cache.ts';
import { cacheFolder } from '../../../src/testbench/paths.ts';
import { writeSources } from '../../../src/testbench/verilog-source.ts';
import {
  compileObject,
  compilerVersion,
  linkObjects,
  verilate,
  verilatedSources,
  verilatorInclude,
  verilatorVersion,
} from '../../../src/tools/index.ts';
import { runTool } from '../../../src/tools/run-tool.ts';
import { emitVerilog } from '../../../src/verilog/index.ts';
import type { Unit } from './units.ts';

const checkSource = fileURLToPath(new URL('check.cpp', import.meta.url));
const flags = ['-O2', '-ffp-contract=off', '-DVM_COVERAGE=0', '-DVM_TRACE=0', '-DVM_SC=0'];

/** What `check.cpp` must know of a unit. */
function macros({ program, operation, operands, result }: Unit): string[] {
  const [a, b] = operands;
  const second = b ?? a!;
  return [
    `-DHEADER="V${program.top}.h"`,
    `-DTOP=V${program.top}`,
    `-DOPERATION=${operation}`,
    `-DA=${a!.port}`,
    ...(b ? [`-DB=${b.port}`] : []),
    `-DRESULT=${result.port}`,
    ...[a!, second, result].flatMap(({ format }, index) => [
      `-DE${'ABR'[index]!}=${format.exponentBits}`,
      `-DF${'ABR'[index]!}=${format.fractionBits}`,
    ]),
  ];
}

/** The program that checks a unit, from the cache or newly built. */
export async function buildCheck(unit: Unit): Promise<string> {
  const verilog = emitVerilog(unit.program);
  const versions = [await verilatorVersion(), await compilerVersion()];
  const include = await verilatorInclude();
  const runtimeKey = cacheKey(['float-runtime', ...versions, ...flags]);
  const runtime = await cached(cacheFolder(), runtimeKey, async (folder) => {
    for (const name of ['verilated', 'verilated_threads']) {
      const source = join(include, `${name}.cpp`);
      await compileObject(source, join(folder, `${name}.o`), { flags, includes: [include] });
    }
  });
  const key = cacheKey([
    runtimeKey,
    await readFile(checkSource, 'utf8'),
    ...macros(unit),
    ...verilog.flatMap(({ name, text }) => [name, text]),
  ]);
  const built = await cached(cacheFolder(), key, async (folder) => {
    const work = join(folder, 'work');
    await mkdir(work);
    const files = await writeSources(work, verilog);
    const cpp = join(work, 'cpp');
    const { top } = unit.program;
    await verilate(files, { top, folder: cpp, flags: ['-O3', '--no-timing', '-Wno-fatal'] });
    const { fast, slow } = await verilatedSources(cpp);
    const includes = [cpp, include, join(include, 'vltstd')];
    const objects: string[] = [];
    for (const source of [...fast, ...slow, checkSource]) {
      const object = join(work, `${basename(source)}.o`);
      const own = source === checkSource ? macros(unit) : [];
      await compileObject(source, object, { flags: [...flags, ...own], includes });
      objects.push(object);
    }
    const linked = ['verilated.o', 'verilated_threads.o'].map((name) => join(runtime, name));
    await linkObjects([...objects, ...linked], join(folder, 'check'));
    await rm(work, { recursive: true });
  });
  return join(built, 'check');
}

/** Runs a check; `wrong` has the operands of the first that differ. */
export async function runCheck(
  program: string,
  mode: 'corners' | 'all',
  first: number,
  count: number,
): Promise<{ readonly compared: number; readonly wrong: readonly string[] }> {
  const tool = {
    ...{ title: 'The check', command: program, install: '' },
    ...{ versionArguments: [], versionPattern: /^/ },
  };
  const { stdout, stderr } = await runTool(tool, [mode, String(first), String(count)]);
  const total = /^(\d+) compared, (\d+) wrong$/m.exec(stdout);
  if (!total) throw new Error(`${program} did not end:\n${stdout}${stderr}`);
  const wrong = stdout.split('\n').filter((line) => line.includes('instead of'));
  return { compared: Number(total[1]), wrong: total[2] === '0' ? [] : [...wrong, total[0]] };
}
