import { axi4LiteSignals, fieldsOf } from '../../ir/index.ts';
import type { Bus } from '../../ir/index.ts';
import {
  bit,
  constant,
  defineModule,
  input,
  instance,
  mux,
  output,
  reg,
  uint,
  when,
} from '../../hdl/index.ts';
import type {
  Bit,
  DrivenUInt,
  FieldValues,
  Fields,
  PortDeclarations,
  Scalar,
  Sink,
  Source,
  UInt,
  UIntType,
} from '../../hdl/index.ts';
import { packFields, setFields, unpackFields } from '../fields.ts';
import { part } from '../part.ts';
import type { Part } from '../part.ts';
import { axi4LitePorts } from './axi4-lite-slave.ts';
import { corePorts } from './core-ports.ts';
import { fieldPort, registerFile } from './register-file.ts';
import { parameterRegister, shellRegisterMap, standardCounters } from './register-map.ts';
import { runCounters } from './run-counters.ts';
import { checkOptions, doneRule } from './shell-options.ts';
import type { AnyOptions, ShellOptions } from './shell-options.ts';
import { adapted, axiStream, interfaceAttributes, streamRecord } from './shell-ports.ts';

/** What the ports of the shell and of its parts look like inside. */
type Loose = Readonly<Record<string, unknown>>;
interface AxiStreamInside {
  readonly tdata: UInt & DrivenUInt;
  readonly tvalid: Bit & DrivenUInt<1>;
  readonly tready: Bit & DrivenUInt<1>;
  readonly tlast: Bit & DrivenUInt<1>;
}

/**
 * A core between AXI4-Stream and AXI4-Lite. What comes out is a part: `elaborate(...shell({ ... }))`.
 *
 * docs/shell.md describes ports, registers and how a run goes. Throws a `RangeError` where the core has
 * a port that no shell can serve or the options do not fit the core.
 */
export function shell<A, P extends PortDeclarations>(
  options: ShellOptions<A, P>,
): Part<Readonly<Record<string, number>>, PortDeclarations> {
  const given = options as unknown as AnyOptions;
  const [core, coreParameters] = given.core;
  const ports = corePorts(core.name, core.build(coreParameters).ports);
  const streams = adapted(ports);
  const done = doneRule(ports, given);
  const { parameters = {}, registers = [], errors = [], packets = {}, counterBits = 48 } = options;
  const { background = [] } = options;
  checkOptions(given, ports);
  const map = shellRegisterMap({
    ...{ id: options.id, version: options.version, parameters, registers, errors },
    ...(ports.setup === undefined ? {} : { setupAddressBits: ports.setup.addressBits }),
  });
  const ownDocs: Readonly<Partial<Record<string, string>>> = core.options.parameters ?? {};
  const bus: Bus = { kind: 'axi4-lite', prefix: 's_axi', ...map, doc: 'control and status' };
  const definition = defineModule(
    options.name,
    {
      doc: options.doc,
      parameters: Object.fromEntries(
        Object.keys(parameters).map((name) => [
          name,
          // What the core says about it, where it shows it too.
          ownDocs[name] ?? `register ${parameterRegister(name)}`,
        ]),
      ),
    },
    () => ({
      ports: {
        s_axi: input(axi4LitePorts(map.addressBits), 'AXI4-Lite: control and status'),
        ...Object.fromEntries(streams.map((stream) => [stream.prefix, axiStream(stream)])),
        irq: output(bit(), 'a run is done, and interrupts are enabled'),
      } as PortDeclarations,
      outside: {
        streams: streams.map(streamRecord),
        buses: [bus],
        attributes: interfaceAttributes(
          streams.map(({ prefix }) => prefix),
          map.addressBits,
        ),
      },
      body: (inside: Loose) => build(inside),
    }),
  );

  function build(inside: Loose): Record<string, unknown> {
    const inner = instance(core, coreParameters) as Loose;
    const live = map.registers.filter(
      ({ name, counter }) =>
        name === 'STATUS' ||
        counter ||
        registers.some((each) => each.name === name && each.access === 'read-only'),
    );
    const file = instance(
      ...registerFile({
        addressBits: map.addressBits,
        registers: map.registers,
        live: live.map(({ name }) => name),
        ...(ports.setup === undefined
          ? {}
          : { setup: { window: map.windows[0]!, ...ports.setup } }),
      }),
    ) as Loose;
    const values = file['values'] as Readonly<Record<string, DrivenUInt>>;
    const fields = file['fields'] as Readonly<Record<string, UInt>>;
    wireBus(inside['s_axi'] as Loose, file['sAxi'] as Loose);
    if (ports.setup !== undefined) {
      const from = file['setup'] as Source<{
        address: ReturnType<typeof uint>;
        data: ReturnType<typeof uint>;
      }>;
      const to = inner['setup'] as Sink<Fields>;
      const { address, data } = from.data as FieldValues<{ address: UIntType; data: UIntType }>;
      to.valid.set(from.valid);
      from.ready.set(to.ready);
      setFields(to.data, { address, data: ports.setup.isSigned ? data.asSigned() : data });
    }

    const busy = reg(bit(), { init: 0 });
    const finished = reg(bit(), { init: 0 });
    const start = fields['control_start']!.bit(0);
    const opens = start.and(busy.not());

    const operands: Bit[] = [];
    const starving: Bit[] = [];
    const results: Bit[] = [];
    const waiting: Bit[] = [];
    const kept: Record<string, unknown> = {};
    let over: Bit = constant(1, 0);
    for (const stream of streams) {
      const axi = inside[stream.prefix] as AxiStreamInside;
      if (stream.direction === 'input') {
        const to = inner[stream.key] as Sink<Fields>;
        const data = stream.dataWidth > stream.width ? axi.tdata.truncate(stream.width) : axi.tdata;
        to.valid.set(axi.tvalid.and(busy));
        axi.tready.set(to.ready.and(busy));
        setFields(to.data, {
          ...unpackFields(stream.fields, data),
          ...(stream.last === undefined ? {} : { last: axi.tlast }),
        });
        operands.push(axi.tvalid.and(axi.tready));
        if (!background.includes(stream.key)) starving.push(to.ready.and(axi.tvalid.not()));
        continue;
      }
      const from = inner[stream.key] as Source<Fields>;
      const { last, ...others } = from.data as FieldValues<Fields>;
      const data = packFields(others);
      axi.tdata.set(stream.dataWidth > stream.width ? data.extend(stream.dataWidth) : data);
      axi.tvalid.set(from.valid);
      from.ready.set(axi.tready);
      const moves = from.valid.and(axi.tready);
      kept[`${stream.name}_moves`] = moves;
      results.push(moves);
      waiting.push(from.valid.and(axi.tready.not()));
      let packetEnds: Bit;
      if (last !== undefined) packetEnds = (last as UInt).bit(0);
      else {
        const every = packets[stream.key] ?? 1;
        if (every === 1) packetEnds = constant(1, 1);
        else {
          const position = reg(uint(Math.ceil(Math.log2(every))), { init: 0 });
          packetEnds = position.eq(every - 1);
          when(opens, () => position.set(0)).elseWhen(moves, () =>
            position.set(mux(packetEnds, 0, position.addWrap(1))),
          );
          kept[`${stream.name}_position`] = position;
        }
      }
      axi.tlast.set(packetEnds);
      if (stream.key !== done.stream) continue;
      if ('last' in done) over = moves.and(packetEnds);
      else {
        const delivered = reg(uint(32), { init: 0 });
        const next = delivered.addWrap(1);
        const beats =
          typeof done.beats === 'number'
            ? constant(uint(32), done.beats)
            : fields[done.beats.toLowerCase()]!;
        when(opens, () => delivered.set(0)).elseWhen(moves, () => delivered.set(next));
        over = moves.and(next.eq(beats));
        kept['delivered'] = delivered;
      }
    }
    const cleared = (name: string): Bit => fields[`status_${name}`]!.bit(0);
    const sticky = (name: string, happens: Bit): Bit => {
      const flag = reg(bit(), { init: 0 });
      when(happens, () => flag.set(1)).elseWhen(cleared(name), () => flag.set(0));
      values[`status_${name}`]!.set(flag);
      kept[name] = flag;
      return flag;
    };
    const ends = over.and(busy);
    when(opens, () => busy.set(1)).elseWhen(ends, () => busy.set(0));
    when(ends, () => finished.set(1)).elseWhen(opens.or(cleared('done')), () => finished.set(0));
    values['status_busy']!.set(busy);
    values['status_done']!.set(finished);
    sticky('access_error', file['refused'] as Bit);
    sticky('start_error', start.and(busy));
    for (const { name, port } of errors) sticky(name, inner[port] as Bit);
    (inside['irq'] as DrivenUInt<1>).set(finished.and(fields['control_interrupt_enable']!.bit(0)));

    const counters = instance(...runCounters({ bits: counterBits }));
    counters.clear.set(fields['control_clear_counters']!.bit(0));
    counters.operand.set(any(operands));
    counters.result.set(any(results));
    counters.waiting.set(any(waiting));
    counters.starving.set(any(starving));
    for (const { name } of standardCounters) {
      const count = counters[name];
      const whole = counterBits < 64 ? count.extend(64) : count;
      values[`${name}_low`]!.set(whole.bits(0, 32));
      values[`${name}_high`]!.set(whole.bits(32, 32));
    }
    for (const { name, access, port } of registers) {
      if (port === undefined) continue;
      const register = map.registers.find((each) => each.name === name)!;
      const key = fieldPort(register, fieldsOf(register)[0]!);
      const { type } = ports.values[port]!;
      if (access === 'read-only') {
        const value = inner[port] as Scalar;
        values[key]!.set((type.width < 32 ? value.extend(32) : value).asUnsigned());
      } else {
        const bits = type.width < 32 ? fields[key]!.truncate(type.width) : fields[key]!;
        (inner[port] as { set(value: unknown): void }).set(
          type.kind === 'sint' ? bits.asSigned() : bits,
        );
      }
    }
    return { core: inner, registers: file, counters, busy, finished, opens, ends, ...kept };
  }

  return part(definition, parameters);
}

/** Passes the bus on, each signal in its direction. */
function wireBus(outer: Loose, inner: Loose): void {
  for (const { name, direction } of axi4LiteSignals(3)) {
    const [from, to] = direction === 'input' ? [outer, inner] : [inner, outer];
    (to[name] as { set(value: unknown): void }).set(from[name]);
  }
}

const any = (bits: readonly Bit[]): Bit =>
  bits.length === 0 ? constant(1, 0) : bits.reduce((some, each) => some.or(each));
