import type { Module, Port, Program } from '../ir/index.ts';
import { rangeText, valueText } from '../testbench/index.ts';
import type { Design, Layout, Parameters, StreamLayout } from '../testbench/index.ts';
import { isStalled } from './stimulus.ts';
import type { Stimulus } from './stimulus.ts';

/** The top of a program. */
export function topOf(program: Program): Module {
  const top = program.modules.find((module) => module.name === program.top);
  if (top === undefined) throw new Error(`The program has no module '${program.top}'.`);
  return top;
}

/** First line of a module's documentation, without its name. */
export const summaryOf = (module: Module): string => module.doc.split('\n', 1)[0]!;

const typeOf = ({ width, signed }: { readonly width: number; readonly signed: boolean }): string =>
  width === 1 ? 'bit' : signed ? 'signed' : 'unsigned';

export function parameterRows(design: Design, parameters: Parameters): object[] {
  return Object.entries(design.parameters).map(([name, spec]) => {
    const value = valueText(spec, parameters[name]!);
    return { name, value, range: rangeText(spec).replace('..', ' to '), help: spec.help };
  });
}

/** Rows of the table of ports, clock and reset first, as in the Verilog. */
export function portRows(top: Module, layout: Layout): object[] {
  const clocking = [
    [layout.clock, 'clock'],
    [layout.reset, 'reset, active low, synchronous'],
  ] as const;
  return [
    ...clocking.flatMap(([name, meaning]) =>
      name === undefined ? [] : [{ name, direction: 'input', width: 1, type: 'bit', meaning }],
    ),
    ...top.ports.map((port) => ({ ...port, type: typeOf(port), meaning: meaningOf(port, layout) })),
  ];
}

/** What a port does in its stream; the stream's own text is shown with the stream. */
function meaningOf(port: Port, layout: Layout): string {
  for (const stream of layout.streams) {
    if (port.name === stream.valid) return `${stream.name}: a beat is offered`;
    if (port.name === stream.ready) return `${stream.name}: a beat can be taken`;
    const field = stream.fields.find((candidate) => candidate.port === port.name);
    if (field !== undefined) return `${stream.name}: ${field.name}`;
  }
  return port.doc;
}

const bitsOf = (offset: number, width: number): string =>
  width === 1 ? `${offset}` : `${offset + width - 1}:${offset}`;

export function streamRows(top: Module, layout: Layout): object[] {
  const doc = (name: string): string =>
    top.streams.find((stream) => stream.name === name)?.doc ?? '';
  return layout.streams.map((stream) => ({
    name: stream.name,
    direction: stream.direction,
    width: stream.width,
    doc: sentence(doc(stream.name)),
    fields: stream.fields.map((field) => ({
      ...field,
      bits: bitsOf(field.offset, field.width),
      type: typeOf(field),
    })),
  }));
}

/** With a capital and a full stop. */
const sentence = (text: string): string =>
  text === '' ? '' : `${text[0]!.toUpperCase()}${text.slice(1).replace(/\.$/, '')}.`;

/** Rows of the table of jobs. */
export function jobRows(layout: Layout, { jobs, outcomes }: Stimulus): object[] {
  return jobs.map((job, number) => ({
    number,
    beats: job.totals.map((total, index) => (index === layout.setup ? job.writes : total)),
    source: job.stalls.source,
    sink: job.stalls.sink,
    cycles: isStalled(job) ? 'any' : outcomes[number]!.cycles,
  }));
}

/** Output beats that the jobs deliver together. */
export function outputBeats(layout: Layout, { jobs }: Stimulus): number {
  const isOutput = ({ direction }: StreamLayout): boolean => direction === 'output';
  return jobs.reduce(
    (sum, { totals }) =>
      sum + layout.streams.filter(isOutput).reduce((part, { index }) => part + totals[index]!, 0),
    0,
  );
}
