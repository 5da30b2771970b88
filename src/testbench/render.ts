import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import Handlebars from 'handlebars';
import type { Layout } from './layout.ts';
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
    fields: stream.fields.map((field) => ({
      ...field,
      msb: field.offset + field.width - 1,
    })),
  }));
}

function domainData(layout: Layout): object {
  return { top: layout.top, clock: layout.clock ?? null, reset: layout.reset ?? null };
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
