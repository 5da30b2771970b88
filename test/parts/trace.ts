/** What happens at the streams of a design, cycle by cycle. */
import type { Program } from '../../src/ir/index.ts';
import { createSimulator } from '../../src/simulator/index.ts';
import type { Simulator } from '../../src/simulator/index.ts';
import { layoutOf } from '../../src/testbench/index.ts';
import type { Layout } from '../../src/testbench/index.ts';
import type { SimulatorFactory } from '../../src/testbench/simulator-session.ts';

/** A stream in one cycle; `data` holds the fields packed from bit 0 up. */
export interface Moment {
  readonly valid: boolean;
  readonly ready: boolean;
  readonly data: bigint;
}

/** Every stream in one clock cycle outside reset, by name. */
export type Cycle = Readonly<Record<string, Moment>>;

/** A simulator whose clock edges are written down in `trace`; a reset empties it. */
export function tracing(trace: Cycle[]): SimulatorFactory {
  return (program, options) => {
    const simulator = createSimulator(program, options);
    const look = observer(program, simulator);
    const { reset } = layoutOf(program);
    const inReset = (): boolean =>
      reset !== undefined && simulator.pins[simulator.pin(reset).offset] === 0;
    const tick = (): void => {
      if (inReset()) trace.length = 0;
      else trace.push(look());
      simulator.tick();
    };
    const run = (cycles = 1): void => {
      for (let cycle = 0; cycle < cycles; cycle++) {
        simulator.settle();
        tick();
      }
    };
    return Object.create(simulator, { tick: { value: tick }, run: { value: run } }) as Simulator;
  };
}

/** Reads the streams of a settled simulator. */
export function observer(program: Program, simulator: Simulator): () => Cycle {
  const { streams } = layoutOf(program);
  const value = (port: string): bigint => {
    const { offset, words } = simulator.pin(port);
    let bits = 0n;
    for (let word = words - 1; word >= 0; word--) {
      bits = (bits << 32n) | BigInt(simulator.pins[offset + word]! >>> 0);
    }
    return bits;
  };
  return () =>
    Object.fromEntries(
      streams.map(({ name, valid, ready, fields }) => [
        name,
        {
          valid: value(valid) === 1n,
          ready: value(ready) === 1n,
          data: fields.reduce(
            (data, { port, offset }) => data | (value(port) << BigInt(offset)),
            0n,
          ),
        },
      ]),
    );
}

/** What a trace does wrong as a stream: a beat that was offered and changed, or went, untaken. */
export function brokenPromises(layout: Layout, trace: readonly Cycle[]): string[] {
  return layout.streams
    .filter((stream) => stream.direction === 'output')
    .flatMap(({ name }) =>
      trace.slice(1).flatMap((cycle, index) => {
        const [before, now] = [trace[index]![name]!, cycle[name]!];
        if (!before.valid || before.ready) return [];
        if (!now.valid) return [`${name} withdraws a beat in cycle ${index + 1}`];
        return now.data === before.data ? [] : [`${name} changes a beat in cycle ${index + 1}`];
      }),
    );
}
