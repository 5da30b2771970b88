import { expect, test } from 'vitest';
import type { Program } from '../../src/ir/index.ts';
import type { Design } from '../../src/testbench/design.ts';
import type { EngineName, Job } from '../../src/testbench/job.ts';
import { engineNames, noStalls } from '../../src/testbench/job.ts';
import { openSession } from '../../src/testbench/open-session.ts';
import { compiler, icarus, verilator } from '../../src/tools/index.ts';
import { available } from '../tools/available.ts';

const port = (name: string, direction: 'input' | 'output', width: number, value?: number) => ({
  name,
  direction,
  width,
  signed: false,
  doc: name,
  ...(value === undefined ? {} : { value }),
});
const stream = (name: string, direction: 'input' | 'output', field: string, width: number) => ({
  name,
  direction,
  valid: `${name}_valid`,
  ready: `${name}_ready`,
  doc: name,
  fields: [{ name: field, port: `${name}_${field}`, width, signed: false }],
});

/** Running sums, modulo 2^width, by hand as IR. */
const program = (width: number): Program => ({
  top: 'running_sum',
  modules: [
    {
      name: 'running_sum',
      doc: 'Running sums',
      parameters: [],
      ports: [
        port('terms_valid', 'input', 1),
        port('terms_ready', 'output', 1, 2),
        port('terms_value', 'input', width),
        port('sums_valid', 'output', 1, 0),
        port('sums_ready', 'input', 1),
        port('sums_value', 'output', width, 4),
      ],
      streams: [stream('terms', 'input', 'value', width), stream('sums', 'output', 'value', width)],
      domains: [{ name: 'main', clock: 'clk', reset: 'resetn' }],
      nodes: [
        { kind: 'input', port: 'terms_valid', width: 1 },
        { kind: 'input', port: 'terms_value', width },
        { kind: 'input', port: 'sums_ready', width: 1 },
        { kind: 'register', name: 'total', width, next: 4, enable: 5, init: '0', domain: 0 },
        { kind: 'binary', op: 'add', a: 3, b: 1, width },
        { kind: 'binary', op: 'and', a: 0, b: 2, width: 1 },
      ],
      memories: [],
      instances: [],
      checks: [],
    },
  ],
});

const design: Design = {
  name: 'running-sum',
  summary: 'running sums',
  parameters: { width: { help: 'bits', default: 8, min: 1, max: 8 } },
  rtl: (p) => program(p['width']!),
  golden: (p, job, blobs) => {
    const terms = job.inputs['terms']!;
    const bytes = terms instanceof Uint8Array ? terms : blobs.get(terms.blob)!;
    let sum = 0;
    const sums = bytes.map((term) => (sum = (sum + term) % 2 ** p['width']!));
    return { outputs: { sums }, cycles: bytes.length, counters: {} };
  },
  manual: () => ({ operation: [], timing: [] }),
  randomJob: () => {
    throw new Error('not used');
  },
};

const needs: Record<EngineName, readonly (typeof verilator)[]> = {
  golden: [],
  simulator: [],
  icarus: [icarus],
  verilator: [verilator, compiler],
};

for (const engine of engineNames) {
  test.skipIf(!(await available(...needs[engine])))(`a session in ${engine}`, async () => {
    const session = await openSession(engine, design, { width: 6 });
    try {
      const job: Job = {
        writes: [],
        inputs: { terms: { blob: 'terms' } },
        expect: { sums: 4 },
        stalls: noStalls,
        maxCycles: 100,
      };
      await session.put('terms', Uint8Array.of(1, 2, 60, 63));
      expect(await session.run([job])).toEqual([
        { outputs: { sums: Uint8Array.of(1, 3, 63, 62) }, cycles: 4, counters: {} },
      ]);
    } finally {
      await session.close();
    }
  });
}
