import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import Handlebars from 'handlebars';
import { axi4LiteSignals } from '../ir/index.ts';
import type { BusLayout } from './bus-layout.ts';
import type { FieldLayout, Layout, StreamLayout } from './layout.ts';
import { templateFolder } from './paths.ts';
import { idleCycles, resetCycles } from './bench.ts';

async function render(template: string, data: object): Promise<string> {
  const text = await readFile(join(templateFolder, template), 'utf8');
  return Handlebars.compile(text, { noEscape: true, strict: true })(data);
}

function streamData(layout: Layout): object[] {
  return layout.streams.map((stream) => ({
    ...stream,
    input: stream.direction === 'input',
    setup: stream.index === layout.setup,
    msb: stream.width - 1,
    fields: stream.fields.map((field) => fieldData(stream, field)),
  }));
}

/** A field, and what the port is connected to in Verilog. */
function fieldData(stream: StreamLayout, field: FieldLayout): object {
  const { port, offset, width, padding = 0 } = field;
  const msb = offset + width - 1;
  const bits = `${stream.name}_beat[${msb}:${offset}]`;
  const above = stream.direction === 'input' ? `{${padding}{1'b0}}` : `${port}_padding`;
  return {
    ...field,
    msb,
    connection: padding === 0 ? bits : `{ ${above}, ${bits} }`,
    openPadding: stream.direction === 'output' && padding > 0 ? padding : null,
  };
}

const busSignals = (bus: BusLayout, direction: 'input' | 'output'): object[] =>
  axi4LiteSignals(bus.addressBits)
    .filter((signal) => signal.direction === direction)
    .map(({ name, width }) => ({ port: bus.ports[name], msb: width - 1 }));

function domainData(layout: Layout): object {
  const { bus } = layout;
  return {
    top: layout.top,
    clock: layout.clock ?? null,
    reset: layout.reset ?? null,
    tiedInputs: layout.tiedInputs,
    bus:
      bus === undefined
        ? null
        : {
            ...bus,
            msb: bus.addressBits - 1,
            index: layout.streams.length,
            signals: Object.entries(bus.ports).map(([signal, port]) => ({ signal, port })),
            plainSignals: Object.entries(bus.ports)
              .filter(([signal]) => !signal.endsWith('addr'))
              .map(([signal, port]) => ({ signal, port })),
            inputs: busSignals(bus, 'input'),
            outputs: busSignals(bus, 'output'),
            readMsb: Math.max(0, bus.reads.length - 1),
            cycles: bus.counters.findIndex(({ name, low }) => name === 'cycles' && low === 0),
          },
  };
}

/** The C++ source that tells the harness where the ports of a verilated top are. */
export function renderBinding(layout: Layout): Promise<string> {
  return render('binding.cpp.hbs', { ...domainData(layout), streams: streamData(layout) });
}

/** A Verilog-2005 testbench module `<top>_testbench` that runs jobs kept as files in Icarus. */
export function renderVerilogTestbench(layout: Layout): Promise<string> {
  const streams = streamData(layout);
  const isInput = (stream: object): boolean => 'input' in stream && stream.input === true;
  return render('testbench.v.hbs', {
    ...domainData(layout),
    resetCycles,
    idleCycles,
    streams,
    sources: streams.filter(isInput),
    sinks: streams.filter((stream) => !isInput(stream)),
    openOutputs: layout.openOutputs,
  });
}
