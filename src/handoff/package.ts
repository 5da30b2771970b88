import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  expectedFiles,
  harnessFiles,
  harnessFolder,
  layoutInVerilog,
  layoutOf,
  namedParameters,
  renderBinding,
  vectorFiles,
} from '../testbench/index.ts';
import type { Design, Layout, Parameters } from '../testbench/index.ts';
import { idleCycles } from '../testbench/bench.ts';
import { emitVerilog } from '../verilog/index.ts';
import type { VerilogFile } from '../verilog/index.ts';
import {
  jobRows,
  outputBeats,
  parameterRows,
  portRows,
  streamRows,
  summaryOf,
  topOf,
} from './facts.ts';
import { manifest } from './manifest.ts';
import type { HandoffFile } from './manifest.ts';
import { registerFiles } from './registers.ts';
import { isStalled, stimulusOf } from './stimulus.ts';
import type { Stimulus } from './stimulus.ts';
import { renderTemplate } from './templates.ts';
import { systoleVersion } from './version.ts';

export interface HandoffRequest {
  /** As in `--pe`. */
  readonly pe: string;
  /** The paper behind the design. */
  readonly paper: string;
  readonly design: Design;
  readonly parameters: Parameters;
  /** Of the random jobs, 0 .. 2^32 - 1. */
  readonly seed: number;
}

export interface HandoffModule {
  readonly name: string;
  readonly path: string;
  /** Of its Verilog. */
  readonly lines: number;
}

/** The content of a hand-off folder. */
export interface Handoff {
  readonly top: string;
  /** Children before parents, the top last. */
  readonly modules: readonly HandoffModule[];
  readonly files: readonly HandoffFile[];
  /** Jobs of the testbench, and the output beats compared in them. */
  readonly jobs: number;
  readonly beats: number;
}

/** Everything in the folder of a design; the same request gives the same bytes. */
export async function packageDesign(request: HandoffRequest): Promise<Handoff> {
  const { pe, design, parameters, seed } = request;
  const program = design.rtl(parameters);
  const verilog = emitVerilog(program);
  const layout = layoutInVerilog(layoutOf(program), verilog);
  const stimulus = stimulusOf(design, parameters, layout, seed);
  const sources = verilog.map(({ name, text }) => ({ path: `rtl/${name}`, text }));
  const version = await systoleVersion();
  const top = topOf(program);
  const modules = program.modules.map((module) => ({
    name: module.name,
    path: `rtl/${module.name}.v`,
    summary: summaryOf(module),
  }));
  const buses = top.buses ?? [];
  const data = {
    top: program.top,
    registers: buses.length > 0,
    version,
    pe,
    design: design.name,
    paper: request.paper,
    doc: top.doc,
    modules,
    parameters: parameterRows(design, parameters),
    clock: layout.clock ?? null,
    reset: layout.reset ?? null,
    setup: layout.setup === undefined ? null : layout.streams[layout.setup]!.name,
    ports: portRows(top, layout),
    streams: streamRows(top, layout),
    ...design.manual(parameters),
    seed,
    jobs: jobRows(layout, stimulus),
    beats: outputBeats(layout, stimulus),
    cycleJobs: stimulus.jobs.filter((job) => !isStalled(job)).length,
    idleCycles,
  };
  const files: HandoffFile[] = [
    { path: 'README.md', text: await renderTemplate('README.md', data) },
    { path: 'Makefile', text: await renderTemplate('Makefile', data) },
    { path: 'filelist.f', text: await renderTemplate('filelist.f', data) },
    { path: 'scripts/lint.ys', text: await renderTemplate('lint.ys', data) },
    { path: 'scripts/yosys.ys', text: await renderTemplate('yosys.ys', data) },
    { path: 'docs/source-map.json', text: sourceMapText(verilog) },
    ...sources,
    ...(await Promise.all(buses.map((bus) => registerFiles(program.top, bus)))).flat(),
    ...(await testbenchFiles(layout, stimulus)),
  ].sort((a, b) => (a.path < b.path ? -1 : 1));
  const named = namedParameters(design, parameters);
  const configuration = { pe, design: design.name, parameters: named, seed };
  return {
    top: program.top,
    modules: modules.map(({ name, path }) => {
      const text = sources.find((source) => source.path === path)?.text;
      if (text === undefined) throw new Error(`No Verilog was emitted for '${name}'.`);
      return { name, path, lines: text.split('\n').length - 1 };
    }),
    files: [...files, manifest(version, program.top, configuration, files)],
    jobs: stimulus.jobs.length,
    beats: data.beats,
  };
}

/** Per module: for each port, net, memory and instance the line of the source that made it. */
function sourceMapText(verilog: readonly VerilogFile[]): string {
  const modules = verilog.map(({ name, sourceMap }) => {
    const places = sourceMap.map((entry) => {
      const { file, line } = entry.location;
      return [entry.name, `${file}:${line}`];
    });
    return [name.replace(/\.v$/, ''), Object.fromEntries(places)];
  });
  return `${JSON.stringify(Object.fromEntries(modules), null, 2)}\n`;
}

/** tb/: the harness, its port binding, the jobs and their expected results. */
async function testbenchFiles(layout: Layout, stimulus: Stimulus): Promise<HandoffFile[]> {
  const { jobs, outcomes } = stimulus;
  const harness = await Promise.all(
    harnessFiles.map(async (name) => ({
      path: `tb/${name}`,
      text: await readFile(join(harnessFolder, name), 'utf8'),
    })),
  );
  const vectors = vectorFiles(layout, jobs);
  const expected = expectedFiles(layout, outcomes, (job) => isStalled(jobs[job]!));
  return [
    ...harness,
    { path: 'tb/binding.cpp', text: await renderBinding(layout) },
    ...vectors.map(({ name, text }) => ({ path: `tb/vectors/${name}`, text })),
    ...expected.map(({ name, text }) => ({ path: `tb/expected/${name}`, text })),
  ];
}
