import type { Program } from '../../src/ir/index.ts';
import type { Pin, Simulator, SimulatorOptions } from '../../src/simulator/index.ts';

/**
 * `rtl/pair_sum.v` written again as a simulator, by hand: what the testbench does to the pins is
 * tried on it without any compiler of ours in between.
 */
export function pairSumSimulator(program: Program, options: SimulatorOptions): Simulator {
  const layout = new Map<string, Pin>();
  let words = 0;
  for (const { name, width } of [...program.modules[0]!.ports, { name: 'resetn', width: 1 }]) {
    layout.set(name, { offset: words, words: Math.ceil(width / 32), width });
    words += Math.ceil(width / 32);
  }
  const pins = new Int32Array(words);
  const get = (port: string): bigint => {
    const { offset, words: count, width } = layout.get(port)!;
    let value = 0n;
    for (let i = count - 1; i >= 0; i--) value = (value << 32n) | BigInt(pins[offset + i]! >>> 0);
    if (value >> BigInt(width) !== 0n) throw new Error(`Bits above ${port} are not zero.`);
    return value;
  };
  const set = (port: string, value: bigint): void => {
    const { offset, words: count } = layout.get(port)!;
    for (let i = 0; i < count; i++)
      pins[offset + i] = Number((value >> BigInt(32 * i)) & 0xffffffffn);
  };
  let cycle = 0;
  // Anything may be in there at power-on.
  const seed = options.seed ?? 1;
  const state = {
    offset: 99n,
    twice: 1n,
    again: 1n,
    full: 1n,
    value: 5n,
    tag: 7n,
    last: BigInt(seed & 1),
  };
  const one = (port: string): boolean => get(port) === 1n;
  const isFree = (): boolean =>
    state.full === 0n || (one('sums_ready') && !(state.twice === 1n && state.again === 1n));

  const simulator: Simulator = {
    pins,
    pin(port) {
      const pin = layout.get(port);
      if (pin === undefined) throw new Error(`No port ${port}.`);
      return pin;
    },
    get cycle() {
      return cycle;
    },
    settle() {
      set('setup_ready', 1n);
      set('a_ready', one('b_valid') && isFree() ? 1n : 0n);
      set('b_ready', one('a_valid') && isFree() ? 1n : 0n);
      set('sums_valid', state.full);
      set('sums_value', state.value);
      set('sums_tag', state.tag);
      set('sums_last', state.last);
    },
    tick() {
      const taken = one('a_valid') && one('b_valid') && isFree();
      cycle++;
      if (taken) {
        const sum = state.offset + BigInt.asIntN(17, get('a_value')) + get('b_value');
        state.value = BigInt.asUintN(41, sum);
        state.tag = get('b_tag');
        state.last = get('a_last');
      }
      if (!one('resetn')) {
        Object.assign(state, { offset: 0n, twice: 0n, again: 0n, full: 0n });
        return;
      }
      if (taken) {
        Object.assign(state, { full: 1n, again: 1n });
      } else if (one('sums_ready')) {
        state.full &= state.twice & state.again;
        state.again = 0n;
      }
      if (!one('setup_valid')) return;
      const data = get('setup_data');
      switch (get('setup_address')) {
        case 1n:
          state.offset = data;
          break;
        case 2n:
          options.onFailure?.({
            path: 'no_write_2',
            message: 'address 2 must not be written',
            location: undefined,
            cycle,
          });
          break;
        case 3n:
          state.twice = data & 1n;
      }
    },
    run(cycles = 1) {
      for (let i = 0; i < cycles; i++) {
        simulator.settle();
        simulator.tick();
      }
    },
    poke: (port, value) => {
      set(port, BigInt(value));
    },
    peek: get,
  };
  return simulator;
}
