import { axi4LiteSignals, fieldsOf } from '../../ir/index.ts';
import type { Register, RegisterField, RegisterWindow } from '../../ir/index.ts';
import {
  bit,
  bundle,
  concat,
  constant,
  defineModule,
  fires,
  input,
  instance,
  mux,
  output,
  reg,
  stream,
  switchOn,
  uint,
  when,
  wire,
} from '../../hdl/index.ts';
import type {
  Bit,
  DrivenUInt,
  PortDeclaration,
  PortDeclarations,
  Sink,
  UInt,
} from '../../hdl/index.ts';
import { part } from '../part.ts';
import type { Part } from '../part.ts';
import { axi4LitePorts, axi4LiteSlave } from './axi4-lite-slave.ts';

export interface RegisterFileParameters {
  /** Bits of an address in bytes. */
  readonly addressBits: number;
  readonly registers: readonly Register[];
  /** Names of registers whose read-only fields come from ports; the others show their reset value. */
  readonly live: readonly string[];
  /** The stream `setup`, where there is one: a window, and the widths of address and data. */
  readonly setup?: {
    readonly window: RegisterWindow;
    readonly addressBits: number;
    readonly dataBits: number;
  };
}

type Field = Required<RegisterField>;

/** How a port for a field is called: `control_start`, or `size` for a register without fields. */
export const fieldPort = (register: Register, field: Pick<RegisterField, 'name'>): string =>
  [register.name.toLowerCase(), field.name].filter(Boolean).join('_');

const isPulse = ({ access }: Field): boolean =>
  access === 'write-only' || access === 'write-1-to-clear';

/** Whether the value of a field comes from outside the register file. */
const isValue = ({ access }: Field, register: Register, live: readonly string[]): boolean =>
  access === 'write-1-to-clear' || (access === 'read-only' && live.includes(register.name));

const isWritable = ({ access }: Field): boolean => access !== 'read-only';
const isReadable = ({ access }: Field): boolean => access !== 'write-only';

function portsOf({ addressBits, registers, live, setup }: RegisterFileParameters) {
  const all = registers.flatMap((register) =>
    fieldsOf(register).map((field) => ({ register, field })),
  );
  const typed = (chosen: typeof all) =>
    bundle(
      Object.fromEntries(
        chosen.map(({ register, field }) => [fieldPort(register, field), uint(field.width)]),
      ),
    );
  const values = all.filter(({ register, field }) => isValue(field, register, live));
  const fields = all.filter(({ field }) => isWritable(field));
  return {
    sAxi: input(axi4LitePorts(addressBits), 'AXI4-Lite, 32 bits of data'),
    ...(values.length === 0 ? {} : { values: input(typed(values), 'what these fields read') }),
    ...(fields.length === 0
      ? {}
      : { fields: output(typed(fields), 'fields as written; pulses of one cycle where not kept') }),
    ...(setup === undefined
      ? {}
      : {
          setup: output(
            stream({ address: uint(setup.addressBits), data: uint(setup.dataBits) }),
            setup.window.doc,
          ),
        }),
    refused: output(bit(), 'an access is answered with an error'),
  };
}

const doc = `Registers behind AXI4-Lite

Fields that software writes are kept here and honour the byte strobes; those that it writes to start
or clear something are pulses of one cycle. What it only reads comes from outside. An access to an
address without a register, a write to one that can only be read and a read of one that can only be
written are answered with an error.`;

/** What the body works with; which of them there are follows from the parameters. */
interface Inside {
  readonly sAxi: unknown;
  readonly values?: Readonly<Record<string, UInt>>;
  readonly fields?: Readonly<Record<string, DrivenUInt>>;
  readonly setup?: Sink<{ address: ReturnType<typeof uint>; data: ReturnType<typeof uint> }>;
  readonly refused: { set(value: Bit): void };
}

const definition = defineModule(
  'register_file',
  { doc },
  (
    p: RegisterFileParameters,
  ): { ports: PortDeclarations; body(ports: never): Record<string, unknown> } => ({
    ports: portsOf(p) as PortDeclarations,
    body: (ports: unknown) => build(p, ports as Inside),
  }),
);

function build(p: RegisterFileParameters, ports: Inside): Record<string, unknown> {
  const slave = instance(...axi4LiteSlave({ addressBits: p.addressBits }));
  const bus = ports.sAxi as Readonly<Record<string, { set(value: unknown): void }>>;
  const inner = slave.sAxi as unknown as typeof bus;
  for (const { name, direction } of axi4LiteSignals(p.addressBits)) {
    const [from, to] = direction === 'input' ? [bus, inner] : [inner, bus];
    to[name]!.set(from[name]);
  }
  const { write, read } = slave;
  const isAt = (address: UInt, register: Register): Bit => address.eq(register.offset / 4);

  const named: Record<string, unknown> = { slave };
  const contents = new Map<string, UInt>();
  const writable = p.registers.filter((register) => fieldsOf(register).some(isWritable));
  const taken = fires(write);
  const hits = writable.map((register) => isAt(write.data.address, register));
  writable.forEach((register, index) => {
    const hit = taken.and(hits[index]!);
    for (const field of fieldsOf(register).filter(isWritable)) {
      const key = fieldPort(register, field);
      const port = ports.fields![key]!;
      if (isPulse(field)) {
        const none = constant(uint(field.width), 0);
        port.set(mux(hit, byLanes(field, write.data.strobe, write.data.data, none), 0));
        continue;
      }
      const reset = Math.floor(register.reset / 2 ** field.low) % 2 ** field.width;
      const kept = reg(uint(field.width), { init: reset });
      when(hit, () => {
        kept.set(byLanes(field, write.data.strobe, write.data.data, kept));
      });
      port.set(kept);
      named[key] = kept;
      contents.set(key, kept);
    }
  });

  const inWindow = windowHit(p, write.data.address);
  const whole = write.data.strobe.all();
  if (p.setup !== undefined && ports.setup !== undefined) {
    const { setup } = ports;
    const { window, addressBits, dataBits } = p.setup;
    const isTaken = inWindow.and(whole);
    setup.valid.set(write.valid.and(isTaken));
    const position = write.data.address.subWrap(window.offset / 4);
    setup.data.address.set(
      position.width > addressBits ? position.truncate(addressBits) : position,
    );
    setup.data.data.set(dataBits < 32 ? write.data.data.truncate(dataBits) : write.data.data);
    write.ready.set(setup.ready.or(isTaken.not()));
  } else {
    write.ready.set(1);
  }
  const accepted = hits.reduce((any, hit) => any.or(hit), inWindow.and(whole));
  slave.writeRefused.set(accepted.not());

  const readable = p.registers.filter((register) => fieldsOf(register).some(isReadable));
  const answer = wire(uint(32));
  const known = wire(bit());
  const contentOf = (register: Register, field: Field): UInt | undefined => {
    const key = fieldPort(register, field);
    if (isValue(field, register, p.live)) return ports.values![key]!;
    return contents.get(key);
  };
  known.set(1);
  switchOn(
    read.address,
    readable.map((register): [number, () => void] => [
      register.offset / 4,
      () => answer.set(assemble(register, (field) => contentOf(register, field))),
    ]),
    () => {
      answer.set(0);
      known.set(0);
    },
  );
  read.data.set(answer);
  read.refused.set(known.not());
  ports.refused.set(taken.and(accepted.not()).or(read.valid.and(known.not())));
  return { ...named, answer, known, accepted };
}

/** Whether a word lies in the window of `setup`. */
function windowHit({ setup }: RegisterFileParameters, address: UInt): Bit {
  if (setup === undefined) return constant(1, 0);
  const first = setup.window.offset / 4;
  const last = first + setup.window.words - 1;
  const above = address.ge(first);
  return last === 2 ** address.width - 1 ? above : above.and(address.le(last));
}

/** A field as written: bytes without their strobe are those of `before`. */
function byLanes({ low, width }: Field, strobe: UInt, data: UInt, before: UInt): UInt {
  const parts: UInt[] = [];
  for (let at = low; at < low + width;) {
    const lane = at >> 3;
    const bits = Math.min(low + width, 8 * lane + 8) - at;
    parts.push(mux(strobe.bit(lane), data.bits(at, bits), before.bits(at - low, bits)));
    at += bits;
  }
  return parts.length === 1 ? parts[0]! : concat(...parts.reverse());
}

/** The 32 bits that a register reads: zeros where it has no field. */
function assemble(register: Register, content: (field: Field) => UInt | undefined): UInt {
  const fields = fieldsOf(register).filter(isReadable);
  const parts: UInt[] = [];
  let at = 0;
  const fixed = (up: number) => {
    if (up === at) return;
    const value = Math.floor(register.reset / 2 ** at) % 2 ** (up - at);
    parts.push(constant(uint(up - at), value));
    at = up;
  };
  for (const field of [...fields].sort((a, b) => a.low - b.low)) {
    const value = content(field);
    // A constant field, together with the zeros before it.
    if (value === undefined) continue;
    fixed(field.low);
    parts.push(value);
    at += field.width;
  }
  fixed(32);
  return parts.length === 1 ? parts[0]! : concat(...parts.reverse());
}

export type RegisterFilePorts = Readonly<Record<string, PortDeclaration>>;

/**
 * The registers of a map behind AXI4-Lite: `sAxi`, `values` (inputs, where some are live), `fields`
 * (outputs, where some can be written), `setup` (a stream, where there is one), `refused`.
 *
 * The ports of a field are called by `fieldPort`. A field that is `write-1-to-clear` is kept by whoever
 * sets it: its value comes in `values`, and `fields` has a pulse in each bit that is to be cleared.
 */
export const registerFile = (
  parameters: RegisterFileParameters,
): Part<RegisterFileParameters, RegisterFilePorts> => part(definition, parameters);
