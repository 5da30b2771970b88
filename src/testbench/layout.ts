import type { Module, Program, Stream } from '../ir/index.ts';
import { busLayout } from './bus-layout.ts';
import type { BusLayout } from './bus-layout.ts';
import type { VerilogSource } from './verilog-source.ts';

/** A field of a stream: bits `offset` .. `offset + width - 1` of the beat. */
export interface FieldLayout {
  readonly name: string;
  readonly port: string;
  readonly width: number;
  readonly signed: boolean;
  readonly offset: number;
  /** Bits of the port above the field, which are 0. */
  readonly padding?: number;
}

export interface StreamLayout {
  readonly name: string;
  /** Position among all streams of the top; numbers the stall generators. */
  readonly index: number;
  /** Seen from the design: the testbench is the source of an `input`. */
  readonly direction: 'input' | 'output';
  readonly valid: string;
  readonly ready: string;
  readonly width: number;
  readonly beatBytes: number;
  readonly fields: readonly FieldLayout[];
}

/** What a testbench needs to know about a top: its clock, its reset and its streams. */
export interface Layout {
  readonly top: string;
  /** Absent where nothing in the top is clocked. */
  readonly clock?: string;
  /** Active low, synchronous; absent where nothing is reset. */
  readonly reset?: string;
  readonly streams: readonly StreamLayout[];
  /** Index of the input stream `setup` {address, data}, which takes a job's `writes`. */
  readonly setup?: number;
  /** Through which `writes` go where there is one, and counters come. */
  readonly bus?: BusLayout;
  /** Inputs that travel with a stream and are not part of its beats: held at 0. */
  readonly tiedInputs: readonly string[];
  /** Outputs outside the streams: status lines, left open. */
  readonly openOutputs: readonly string[];
}

/** The layout of a program's top. Throws where the testbench cannot drive it. */
export function layoutOf(program: Program): Layout {
  const top = program.modules.find((module) => module.name === program.top);
  if (top === undefined) throw new Error(`The program has no module '${program.top}'.`);
  if (top.domains.length > 1) {
    throw new Error(`'${top.name}' has ${top.domains.length} clocks; the testbench drives one.`);
  }
  const setup = setupOf(top);
  const inStreams = new Set(
    top.streams.flatMap((stream) => [
      stream.valid,
      stream.ready,
      ...stream.fields.map((field) => field.port),
    ]),
  );
  const [bus, ...more] = (top.buses ?? []).map(busLayout);
  if (more.length > 0)
    throw new Error(`'${top.name}' has several buses; the testbench drives one.`);
  const inBus = new Set(Object.values(bus?.ports ?? {}));
  const isTied = (name: string): boolean =>
    top.streams.some((stream) => stream.direction === 'input' && stream.extra === name);
  const tiedInputs = top.ports.filter(({ name }) => isTied(name)).map(({ name }) => name);
  const loose = top.ports.filter(
    ({ name }) => !inStreams.has(name) && !inBus.has(name) && !isTied(name),
  );
  const undriven = loose.find((port) => port.direction === 'input');
  if (undriven !== undefined) {
    throw new Error(
      `Input '${undriven.name}' of '${top.name}' belongs to no stream, so nothing drives it.`,
    );
  }
  const domain = top.domains[0];
  return {
    top: top.name,
    ...(domain === undefined ? {} : { clock: domain.clock, reset: domain.reset }),
    streams: top.streams.map(streamLayout),
    ...(setup === -1 ? {} : { setup }),
    ...(bus === undefined ? {} : { bus }),
    tiedInputs,
    openOutputs: loose.map((port) => port.name),
  };
}

/** Index of the stream `setup`, -1 where there is none. */
function setupOf(top: Module): number {
  const index = top.streams.findIndex((stream) => stream.name === 'setup');
  const stream = top.streams[index];
  if (stream !== undefined && (stream.direction !== 'input' || stream.fields.length !== 2)) {
    throw new Error(`Stream 'setup' of '${top.name}' must be an input {address, data}.`);
  }
  return index;
}

function streamLayout(stream: Stream, index: number): StreamLayout {
  let offset = 0;
  const fields = stream.fields.map((field) => {
    const placed = { ...field, offset };
    offset += field.width;
    return placed;
  });
  return {
    name: stream.name,
    index,
    direction: stream.direction,
    valid: stream.valid,
    ready: stream.ready,
    width: offset,
    beatBytes: Math.ceil(offset / 8),
    fields,
  };
}

/**
 * The layout without the clock and the reset that the Verilog of the top does not have: an emitted
 * module has these ports only where something in it is clocked, or reset.
 */
export function layoutInVerilog(layout: Layout, verilog: readonly VerilogSource[]): Layout {
  const top = verilog.find(({ name }) => name === `${layout.top}.v`);
  if (top === undefined) throw new Error(`The Verilog does not declare module '${layout.top}'.`);
  const { clock, reset, ...rest } = layout;
  const [ports] = top.domains;
  return {
    ...rest,
    ...(clock !== undefined && ports?.clock ? { clock } : {}),
    ...(reset !== undefined && ports?.reset ? { reset } : {}),
  };
}
