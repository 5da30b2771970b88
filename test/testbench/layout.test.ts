import { expect, test } from 'vitest';
import type { Module, Program } from '../../src/ir/index.ts';
import { layoutInVerilog, layoutOf } from '../../src/testbench/layout.ts';
import { pairSum } from './pair-sum.ts';

const changed = (change: Partial<Module>): Program => ({
  ...pairSum,
  modules: [{ ...pairSum.modules[0]!, ...change }],
});

test('fields are placed from bit 0 up', () => {
  const layout = layoutOf(pairSum);
  expect(layout).toMatchObject({ top: 'pair_sum', clock: 'clk', reset: 'resetn', setup: 0 });
  const sums = layout.streams[3]!;
  expect(sums.fields.map((field) => [field.port, field.offset, field.width])).toEqual([
    ['sums_value', 0, 41],
    ['sums_tag', 41, 96],
    ['sums_last', 137, 1],
  ]);
  expect([sums.width, sums.beatBytes, sums.index]).toEqual([138, 18, 3]);
});

test('clock and reset follow the ports that the Verilog has', () => {
  const layout = layoutOf(pairSum);
  const [domain] = pairSum.modules[0]!.domains;
  const file = (name: string, clock: boolean, reset: boolean) => ({
    name,
    text: '',
    domains: [{ domain: domain!, clock, reset }],
  });
  const other = file('other.v', true, true);
  const inVerilog = (clock: boolean, reset: boolean) =>
    layoutInVerilog(layout, [other, file('pair_sum.v', clock, reset)]);
  expect(inVerilog(true, true)).toEqual(layout);
  expect(inVerilog(true, false)).not.toHaveProperty('reset');
  expect(inVerilog(true, false)).toHaveProperty('clock');
  expect(inVerilog(false, false)).not.toHaveProperty('clock');
  expect(() => layoutInVerilog(layout, [])).toThrow("does not declare module 'pair_sum'");
});

test('a top that the testbench cannot drive is refused', () => {
  const { ports, streams } = pairSum.modules[0]!;
  const loose = { name: 'mode', direction: 'input', width: 1, signed: false, doc: '' } as const;
  expect(() => layoutOf(changed({ ports: [...ports, loose] }))).toThrow(
    "Input 'mode' of 'pair_sum' belongs to no stream, so nothing drives it.",
  );
  const status = { ...loose, direction: 'output' } as const;
  expect(layoutOf(changed({ ports: [...ports, status] })).openOutputs).toEqual(['mode']);
  const domain = { name: 'fast', clock: 'fast_clk', reset: 'fast_resetn' };
  expect(() => layoutOf(changed({ domains: [domain, domain] }))).toThrow('2 clocks');
  const setup = { ...streams[0]!, fields: streams[0]!.fields.slice(1) };
  expect(() => layoutOf(changed({ streams: [setup, ...streams.slice(1)] }))).toThrow(
    "Stream 'setup' of 'pair_sum' must be an input {address, data}.",
  );
  expect(() => layoutOf({ ...pairSum, top: 'sum' })).toThrow("no module 'sum'");
});
