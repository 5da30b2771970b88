import type { Rng } from '../../../src/numeric/index.ts';
import type { Simulator } from '../../../src/simulator/index.ts';

/** An access of software; `strobe` says which bytes of a write count. */
export type Access =
  | {
      readonly kind: 'write';
      readonly address: number;
      readonly data: number;
      readonly strobe?: number;
    }
  | { readonly kind: 'read'; readonly address: number };

export interface Answer {
  readonly response: number;
  /** Of a read. */
  readonly data: number;
}

const prefix = 's_axi_';

/** A master at the pins of a simulator that delays every handshake at random. */
export interface Master {
  /** Drives, settles and ticks until all accesses are answered; the answers are in their order. */
  run(accesses: readonly Access[]): Answer[];
}

interface Channel {
  readonly name: string;
  readonly payload: readonly string[];
}

const writeAddress: Channel = { name: 'aw', payload: ['awaddr', 'awprot'] };
const writeData: Channel = { name: 'w', payload: ['wdata', 'wstrb'] };
const readAddress: Channel = { name: 'ar', payload: ['araddr', 'arprot'] };

/**
 * `chance` of 256 is how likely each handshake is held up in a cycle. What waits keeps its payload, what
 * does not offer shows noise. Throws where the slave breaks a rule: an answer without an access, one
 * that goes away or changes before it is taken, a second access taken before the first is answered.
 */
export function createMaster(
  simulator: Simulator,
  random: Rng,
  chance: number,
  beforeTick: () => void = () => undefined,
): Master {
  const { pins } = simulator;
  const at = (name: string) => simulator.pin(prefix + name).offset;
  const get = (name: string) => pins[at(name)]! >>> 0;
  const set = (name: string, value: number) => {
    const { width } = simulator.pin(prefix + name);
    simulator.poke(prefix + name, width === 32 ? value : value % 2 ** width);
  };
  const isHeld = () => random.below(256) < chance;
  const noise = ({ payload }: Channel) => {
    for (const name of payload) set(name, random.below(2 ** 32));
  };
  const check = (holds: boolean, what: string) => {
    if (!holds) throw new Error(`cycle ${simulator.cycle}: ${what}`);
  };

  const run = (accesses: readonly Access[]): Answer[] => {
    const answers: Answer[] = [];
    let next = 0;
    let open: Access | undefined;
    let sent = { aw: false, w: false, ar: false };
    let offered = { aw: false, w: false, ar: false };
    let seen: string | undefined;
    for (let cycles = 0; answers.length < accesses.length; cycles++) {
      check(cycles < 1000 * (accesses.length + 1), 'the slave hangs');
      if (open === undefined && !isHeld()) {
        open = accesses[next++];
        sent = { aw: false, w: false, ar: false };
        offered = { aw: false, w: false, ar: false };
      }
      for (const channel of [writeAddress, writeData, readAddress]) {
        const name = channel.name as 'aw' | 'w' | 'ar';
        const isOurs = open?.kind === (name === 'ar' ? 'read' : 'write');
        offered[name] = isOurs && !sent[name] && (offered[name] || !isHeld());
        set(`${name}valid`, offered[name] ? 1 : 0);
        if (!offered[name]) noise(channel);
      }
      if (open !== undefined && offered.aw) set('awaddr', open.address);
      if (open !== undefined && offered.ar) set('araddr', open.address);
      if (open?.kind === 'write' && offered.w) {
        set('wdata', open.data);
        set('wstrb', open.strobe ?? 15);
      }
      const takesB = !isHeld();
      const takesR = !isHeld();
      set('bready', takesB ? 1 : 0);
      set('rready', takesR ? 1 : 0);
      simulator.settle();
      beforeTick();
      for (const name of ['aw', 'w', 'ar'] as const) {
        if (offered[name] && get(`${name}ready`) === 1) sent[name] = true;
        // After the first access nothing more is taken until its answer is.
        if (sent[name] && !offered[name]) {
          check(get(`${name}ready`) === 0, `${name}ready before the answer is taken`);
        }
      }
      check(get('bvalid') === 0 || (sent.aw && sent.w), 'bvalid without a write');
      check(get('rvalid') === 0 || sent.ar, 'rvalid without a read');
      const answer =
        get('bvalid') === 1
          ? { response: get('bresp'), data: 0 }
          : get('rvalid') === 1
            ? { response: get('rresp'), data: get('rdata') }
            : undefined;
      const shown = answer && JSON.stringify(answer);
      check(seen === undefined || shown === seen, 'an answer changed before it was taken');
      seen = shown;
      if (answer !== undefined && (open?.kind === 'write' ? takesB : takesR)) {
        answers.push(answer);
        open = undefined;
        seen = undefined;
        sent = { aw: false, w: false, ar: false };
      }
      simulator.tick();
    }
    for (const name of ['awvalid', 'wvalid', 'arvalid']) set(name, 0);
    return answers;
  };
  return { run };
}
