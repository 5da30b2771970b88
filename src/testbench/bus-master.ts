import type { Simulator } from '../simulator/index.ts';
import type { BusLayout } from './bus-layout.ts';

/** What the slave answered: `response` 0 is good; `data` of a read. */
export interface BusAnswer {
  readonly response: number;
  readonly data: number;
}

/** A master at the AXI4-Lite pins of a simulator: one access after the other, never held up. */
export interface BusMaster {
  /** Offers nothing: payloads show all ones. */
  stop(): void;
  /** `beforeCycle` is called before each cycle that the access takes; it throws to give up. */
  write(address: number, data: number, beforeCycle: () => void): BusAnswer;
  read(address: number, beforeCycle: () => void): BusAnswer;
}

export function createBusMaster(bus: BusLayout, simulator: Simulator): BusMaster {
  const { pins } = simulator;
  const offsetOf = (signal: string): number => simulator.pin(bus.ports[signal]!).offset;
  const at = Object.fromEntries(
    Object.keys(bus.ports).map((signal) => [signal, offsetOf(signal)]),
  ) as Readonly<Record<string, number>>;
  const set = (signal: string, value: number): void => {
    pins[at[signal]!] = value;
  };
  const get = (signal: string): number => pins[at[signal]!]!;
  const ones = -1 >>> (32 - bus.addressBits);

  const stopChannel = (channel: 'aw' | 'w' | 'ar'): void => {
    set(`${channel}valid`, 0);
    if (channel === 'w') {
      set('wdata', -1);
      set('wstrb', 15);
    } else {
      set(`${channel}addr`, ones);
      set(`${channel}prot`, 7);
    }
  };
  const offerAddress = (channel: 'aw' | 'ar', address: number): void => {
    set(`${channel}valid`, 1);
    set(`${channel}addr`, address);
    set(`${channel}prot`, 0);
  };

  /** Cycles until the answer, in which each channel is offered until it is taken. */
  const finish = (
    channels: readonly ('aw' | 'w' | 'ar')[],
    answers: 'b' | 'r',
    beforeCycle: () => void,
  ): BusAnswer => {
    set(`${answers}ready`, 1);
    for (;;) {
      beforeCycle();
      simulator.settle();
      const taken = channels.filter((channel) => get(`${channel}valid`) && get(`${channel}ready`));
      const isAnswered = get(`${answers}valid`) !== 0;
      const response = get(`${answers}resp`);
      const data = get('rdata') >>> 0;
      simulator.tick();
      taken.forEach(stopChannel);
      if (!isAnswered) continue;
      set(`${answers}ready`, 0);
      return { response, data };
    }
  };

  return {
    stop() {
      for (const channel of ['aw', 'w', 'ar'] as const) stopChannel(channel);
      set('bready', 0);
      set('rready', 0);
    },
    write(address, data, beforeCycle) {
      offerAddress('aw', address);
      set('wvalid', 1);
      set('wdata', data);
      set('wstrb', 15);
      return finish(['aw', 'w'], 'b', beforeCycle);
    },
    read(address, beforeCycle) {
      offerAddress('ar', address);
      return finish(['ar'], 'r', beforeCycle);
    },
  };
}
