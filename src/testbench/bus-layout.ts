import { axi4LiteSignals, fieldsOf } from '../ir/index.ts';
import type { Bus, Register, RegisterWindow } from '../ir/index.ts';
import { packBeats } from './beats.ts';
import type { Job } from './job.ts';
import type { PreparedJob } from './prepared-job.ts';

/** What a testbench needs to know about an AXI4-Lite port of a top. */
export interface BusLayout {
  readonly prefix: string;
  readonly addressBits: number;
  /** Port by signal of AXI4-Lite: `awaddr`. */
  readonly ports: Readonly<Record<string, string>>;
  readonly registers: readonly Register[];
  readonly windows: readonly RegisterWindow[];
  /** The last write before the beats of a job, where the design has a register CONTROL. */
  readonly start?: readonly [address: number, data: number];
  /** Addresses that are read after a job, and what they mean. */
  readonly reads: readonly number[];
  readonly counters: readonly { readonly name: string; readonly low: 0 | 32 }[];
}

/** The layout of a bus. */
export function busLayout({ prefix, addressBits, registers, windows }: Bus): BusLayout {
  const ports = axi4LiteSignals(addressBits).map(({ name }) => [name, `${prefix}_${name}`]);
  const control = registers.find(({ name }) => name === 'CONTROL');
  const started = (control?.fields ?? [])
    .filter(({ name }) => name === 'start' || name === 'clear_counters')
    .reduce((bits, { low }) => bits + 2 ** low, 0);
  const counted = registers.filter(({ counter }) => counter !== undefined);
  return {
    ...{ prefix, addressBits, registers, windows },
    ports: Object.fromEntries(ports) as Record<string, string>,
    ...(control === undefined ? {} : { start: [control.offset, started] as const }),
    reads: counted.map(({ offset }) => offset),
    counters: counted.map(({ counter }) => counter!),
  };
}

/** A write as a beat: data in bits 31 .. 0, the address above. */
export const busBeats = { width: 64, beatBytes: 8 } as const;

/**
 * The writes of a job in order, packed as `busBeats`: registers, configuration, start. Throws where the
 * bus has no such register or address.
 */
export function packBusWrites(bus: BusLayout, job: Pick<Job, 'registers' | 'writes'>): Uint8Array {
  const setup = bus.windows.find(({ stream }) => stream === 'setup');
  const writable = bus.registers.filter((register) =>
    fieldsOf(register).some(({ access }) => access !== 'read-only'),
  );
  const list = writable.map(({ name }) => name).join(', ');
  const accesses: (readonly [number, number])[] = [
    ...Object.entries(job.registers ?? {}).map(([name, value]): readonly [number, number] => {
      const found = writable.find((register) => register.name === name);
      if (found !== undefined) return [found.offset, value];
      throw new Error(
        `The job sets register '${name}'; registers that can be written are ${list}.`,
      );
    }),
    ...job.writes.map(([address, value]): readonly [number, number] => {
      if (setup === undefined) throw new Error("The job has writes, but the design no 'setup'.");
      if (Number.isInteger(address) && address >= 0 && address < setup.words) {
        return [setup.offset + 4 * address, value];
      }
      throw new Error(
        `The job writes to address ${address} of 'setup'; addresses are 0 .. ${setup.words - 1}.`,
      );
    }),
    ...(bus.start === undefined ? [] : [bus.start]),
  ];
  return packBeats([32, 32], [accesses.map(([, data]) => data), accesses.map(([at]) => at)]);
}

/** Address of access `index` of a job: of its writes, then of the reads after it. */
export function accessAddress(
  bus: BusLayout | undefined,
  { setup, writes }: Pick<PreparedJob, 'setup' | 'writes'>,
  index: number,
): number {
  if (index >= writes) return bus?.reads[index - writes] ?? 0;
  return new DataView(setup.buffer, setup.byteOffset).getUint32(8 * index + 4, true);
}

/** The counters by name, from the words that were read at `bus.reads`. */
export function countersOf(
  bus: BusLayout | undefined,
  words: readonly number[],
): Record<string, number> {
  const counters: Record<string, number> = {};
  bus?.counters.forEach(({ name, low }, index) => {
    counters[name] = (counters[name] ?? 0) + words[index]! * 2 ** low;
  });
  return counters;
}
