import type { Simulator } from '../simulator/index.ts';
import { xorshift32 } from '../numeric/index.ts';
import { accessAddress, countersOf } from './bus-layout.ts';
import { createBusMaster } from './bus-master.ts';
import type { BusAnswer } from './bus-master.ts';
import { JobFailure, progressOf } from './job-failure.ts';
import type { Ending } from './job-failure.ts';
import type { Outcome } from './job.ts';
import type { Layout, StreamLayout } from './layout.ts';
import type { PreparedJob } from './prepared-job.ts';
import { isStalled, stallState } from './stalls.ts';

/** Cycles of reset before the first job of a batch. */
export const resetCycles = 4;
/** Cycles after the last beat of a job in which an output that offers another one is found out. */
export const idleCycles = 16;

/**
 * Up to 32 bits of a beat and the word of `Simulator.pins` where they live: bits `shift` up of the
 * 32 that begin at `byte`, and where they spill, the lowest of the byte behind.
 */
interface Chunk {
  readonly pin: number;
  readonly byte: number;
  readonly shift: number;
  readonly mask: number;
  readonly spills: boolean;
}

/** A stream at the pins of a simulator, and where it stands within a job. */
interface Port {
  readonly stream: StreamLayout;
  readonly isInput: boolean;
  readonly beatBytes: number;
  readonly valid: number;
  readonly ready: number;
  readonly chunks: readonly Chunk[];
  /** The beats, with room behind them for reading and writing whole words. */
  view: DataView;
  /** Byte position of the next beat. */
  at: number;
  total: number;
  taken: number;
  pending: boolean;
  /** As int32: a number beyond would be allocated anew in every cycle. */
  stallState: number;
  stallChance: number;
}

export interface Bench {
  /** Holds reset for `resetCycles`, with no stream active. */
  reset(): void;
  /** Runs one job. `number` is its place in the batch. Throws `JobFailure`. */
  run(number: number, job: PreparedJob): Outcome;
}

/**
 * Drives a simulated design through jobs, cycle for cycle as `sim/bench.h` does it in C++:
 * drive, settle, sample valid and ready, edge. `failedCheck` gives the text of an assertion that
 * failed since it was last called.
 */
export function createBench(
  layout: Layout,
  simulator: Simulator,
  failedCheck: () => string | undefined,
): Bench {
  const { pins } = simulator;
  const ports = layout.streams.map((stream) => portAt(simulator, stream));
  const { bus } = layout;
  const master = bus && createBusMaster(bus, simulator);
  const reset = layout.reset === undefined ? -1 : simulator.pin(layout.reset).offset;

  const holdReset = (): void => {
    failedCheck();
    for (const port of ports) stop(pins, port);
    master?.stop();
    if (reset >= 0) pins[reset] = 0;
    simulator.run(resetCycles);
    if (reset >= 0) pins[reset] = 1;
  };

  const run = (number: number, job: PreparedJob): Outcome => {
    const start = simulator.cycle;
    let writesTaken = 0;

    const fail = (ending: Ending): JobFailure => {
      const taken = ports.map((port) => port.taken);
      return new JobFailure(layout, number, ending, progressOf(layout, job, writesTaken, taken));
    };
    const checkGoingOn = (limit: number): void => {
      const cycles = simulator.cycle - start;
      const printed = failedCheck();
      if (printed !== undefined) throw fail({ kind: 'assertion', printed, cycles });
      if (cycles >= limit) throw fail({ kind: 'limit', cycles });
    };
    const failExtra = (port: Port): JobFailure =>
      fail({ kind: 'extra', stream: port.stream.name, cycles: simulator.cycle - start });

    const configure = (port: Port): void => {
      const setup = withRoom(job.setup.length, job.setup);
      setBeat(pins, port, setup, 0);
      pins[port.valid] = 1;
      while (writesTaken < job.writes) {
        checkGoingOn(job.maxCycles);
        simulator.settle();
        const accepted = pins[port.ready] !== 0;
        simulator.tick();
        if (accepted && ++writesTaken < job.writes) {
          setBeat(pins, port, setup, writesTaken * port.beatBytes);
        }
      }
      stop(pins, port);
    };

    const checkAnswer = ({ response }: BusAnswer, access: number): void => {
      if (response === 0) return;
      const address = accessAddress(bus, job, access);
      throw fail({ kind: 'refused', address, cycles: simulator.cycle - start });
    };
    const configureBus = (): void => {
      const setup = withRoom(job.setup.length, job.setup);
      for (; writesTaken < job.writes; writesTaken++) {
        const data = setup.getInt32(8 * writesTaken, true);
        const address = setup.getInt32(8 * writesTaken + 4, true);
        const answer = master!.write(address, data, () => checkGoingOn(job.maxCycles));
        checkAnswer(answer, writesTaken);
      }
      master!.stop();
    };
    // The reads have as many cycles as the job had.
    const readCounters = (): number[] => {
      const limit = simulator.cycle - start + job.maxCycles;
      const words = (bus?.reads ?? []).map((address, index) => {
        const answer = master!.read(address, () => checkGoingOn(limit));
        checkAnswer(answer, job.writes + index);
        return answer.data;
      });
      master?.stop();
      checkGoingOn(Infinity);
      return words;
    };

    const exchange = (): number => {
      let unfinished = ports.filter((port) => port.total > 0).length;
      let first = -1;
      let last = -1;
      while (unfinished > 0) {
        checkGoingOn(job.maxCycles);
        for (let i = 0; i < ports.length; i++) drive(pins, ports[i]!);
        simulator.settle();
        for (let i = 0; i < ports.length; i++) {
          const port = ports[i]!;
          if (pins[port.valid] === 0 || pins[port.ready] === 0) continue;
          if (port.isInput) {
            port.pending = false;
            if (first < 0) first = simulator.cycle;
          } else {
            if (port.taken === port.total) throw failExtra(port);
            getBeat(pins, port);
            last = simulator.cycle;
          }
          port.at += port.beatBytes;
          if (++port.taken === port.total) unfinished--;
        }
        simulator.tick();
      }
      return first >= 0 && last >= first ? last - first + 1 : 0;
    };

    const idle = (): void => {
      for (const port of ports) {
        if (port.isInput) stop(pins, port);
        else pins[port.ready] = 1;
      }
      for (let i = 0; i < idleCycles; i++) {
        checkGoingOn(Infinity);
        simulator.settle();
        const offering = ports.find((port) => !port.isInput && pins[port.valid] !== 0);
        if (offering !== undefined) throw failExtra(offering);
        simulator.tick();
      }
      checkGoingOn(Infinity);
      for (const port of ports) stop(pins, port);
    };

    for (const port of ports) begin(port, job);
    if (master !== undefined) configureBus();
    else if (layout.setup !== undefined && job.writes > 0) configure(ports[layout.setup]!);
    const cycles = exchange();
    idle();
    const counters = countersOf(bus, readCounters());
    const outputs: Record<string, Uint8Array> = {};
    for (const { isInput, stream, view, total, beatBytes } of ports) {
      if (!isInput) outputs[stream.name] = new Uint8Array(view.buffer, 0, total * beatBytes);
    }
    return { outputs, cycles, counters };
  };

  return { reset: holdReset, run };
}

function portAt(simulator: Simulator, stream: StreamLayout): Port {
  return {
    stream,
    isInput: stream.direction === 'input',
    beatBytes: stream.beatBytes,
    valid: simulator.pin(stream.valid).offset,
    ready: simulator.pin(stream.ready).offset,
    chunks: stream.fields.flatMap((field) =>
      Array.from({ length: Math.ceil(field.width / 32) }, (_, word): Chunk => {
        const bit = field.offset + 32 * word;
        const width = Math.min(32, field.width - 32 * word);
        return {
          pin: simulator.pin(field.port).offset + word,
          byte: bit >>> 3,
          shift: bit & 7,
          mask: -1 >>> (32 - width),
          spills: (bit & 7) + width > 32,
        };
      }),
    ),
    view: withRoom(0),
    at: 0,
    total: 0,
    taken: 0,
    pending: false,
    stallState: 1,
    stallChance: 0,
  };
}

/** So many bytes, given or 0, with room for a word and a byte behind them. */
function withRoom(length: number, bytes?: Uint8Array): DataView {
  const copy = new Uint8Array(length + 8);
  if (bytes !== undefined) copy.set(bytes);
  return new DataView(copy.buffer);
}

function begin(port: Port, job: PreparedJob): void {
  const { index, beatBytes } = port.stream;
  port.total = job.totals[index]!;
  port.view = withRoom(port.total * beatBytes, port.isInput ? job.beats[index]!.bytes : undefined);
  port.at = 0;
  port.taken = 0;
  port.pending = false;
  port.stallState = stallState(job.stalls.seed, index) | 0;
  port.stallChance = port.isInput ? job.stalls.source : job.stalls.sink;
}

function drive(pins: Int32Array, port: Port): void {
  let stalled = false;
  // Without stalls the draws do not matter: they begin anew with every job.
  if (port.stallChance > 0) {
    port.stallState = xorshift32(port.stallState) | 0;
    stalled = isStalled(port.stallState, port.stallChance);
  }
  if (!port.isInput) {
    pins[port.ready] = stalled ? 0 : 1;
  } else if (!port.pending) {
    if (port.taken < port.total && !stalled) {
      setBeat(pins, port, port.view, port.at);
      pins[port.valid] = 1;
      port.pending = true;
    } else if (pins[port.valid] !== 0) {
      stop(pins, port);
    }
  }
}

/**
 * A source that offers nothing shows all ones, so that a design that looks at the payload without
 * valid is found out.
 */
function stop(pins: Int32Array, port: Port): void {
  if (!port.isInput) {
    pins[port.ready] = 0;
    return;
  }
  pins[port.valid] = 0;
  for (const { pin, mask } of port.chunks) pins[pin] = mask;
}

function setBeat(pins: Int32Array, { chunks }: Port, view: DataView, at: number): void {
  for (let i = 0; i < chunks.length; i++) {
    const { pin, byte, shift, mask, spills } = chunks[i]!;
    let value = view.getInt32(at + byte, true) >>> shift;
    if (spills) value |= view.getUint8(at + byte + 4) << (32 - shift);
    pins[pin] = value & mask;
  }
}

function getBeat(pins: Int32Array, { chunks, view, at }: Port): void {
  for (let i = 0; i < chunks.length; i++) {
    const { pin, byte, shift, mask, spills } = chunks[i]!;
    const value = pins[pin]! & mask;
    view.setInt32(at + byte, view.getInt32(at + byte, true) | (value << shift), true);
    if (spills) {
      view.setUint8(at + byte + 4, view.getUint8(at + byte + 4) | (value >>> (32 - shift)));
    }
  }
}
