import { axi4LiteSignals } from '../../ir/index.ts';
import type { Stream } from '../../ir/index.ts';
import { bit, bundle, flip, input, output, snakeCase, uint, widthOf } from '../../hdl/index.ts';
import type { PortDeclaration } from '../../hdl/index.ts';
import type { CorePorts, CoreStream } from './core-ports.ts';

/** A stream of the core with the name of its ports. */
export type Adapted = CoreStream & { readonly prefix: string };

/** The streams of a core with their ports: plain names where one is alone in its direction. */
export function adapted({ streams }: CorePorts): Adapted[] {
  const alone = (direction: string) =>
    streams.filter((stream) => stream.direction === direction).length === 1;
  return streams.map((stream) => {
    const side = stream.direction === 'input' ? 's_axis' : 'm_axis';
    return { ...stream, prefix: alone(stream.direction) ? side : `${side}_${stream.name}` };
  });
}

/** What `tdata` carries, bit by bit. */
function packing({ fields, doc }: Adapted): string {
  let low = 0;
  const places = Object.entries(fields).map(([name, type]) => {
    const width = widthOf(type);
    const bits = width === 1 ? `${low}` : `${low + width - 1}:${low}`;
    low += width;
    return `${snakeCase(name)} ${bits}`;
  });
  return `${doc === '' ? '' : `${doc}; `}tdata: ${places.join(', ')}`;
}

/** The ports of a stream. */
export const axiStream = (stream: Adapted): PortDeclaration => {
  const type = bundle({
    tdata: uint(stream.dataWidth),
    tvalid: bit(),
    tready: flip(bit()),
    tlast: bit(),
  });
  return stream.direction === 'input'
    ? input(type, packing(stream))
    : output(type, packing(stream));
};

/** The stream as the surroundings know it: its beats are those of the core. */
export function streamRecord(stream: Adapted): Stream {
  const { name, prefix, direction, width, dataWidth, last } = stream;
  const data = {
    name: 'data',
    port: `${prefix}_tdata`,
    width,
    signed: false,
    ...(dataWidth === width ? {} : { padding: dataWidth - width }),
  };
  const ends = { name: 'last', port: `${prefix}_tlast`, width: 1, signed: false };
  return {
    name,
    direction,
    valid: `${prefix}_tvalid`,
    ready: `${prefix}_tready`,
    fields: last === undefined ? [data] : last === 'first' ? [ends, data] : [data, ends],
    ...(last === undefined ? { extra: `${prefix}_tlast` } : {}),
    doc: packing(stream),
  };
}

/**
 * What tells Vivado which ports are one interface (UG994: X_INTERFACE_INFO); other tools ignore it.
 */
export function interfaceAttributes(
  streams: readonly string[],
  addressBits: number,
): Record<string, Record<string, string>> {
  const info = (kind: string, bus: string, signal: string): Record<string, string> => ({
    X_INTERFACE_INFO: `xilinx.com:${kind}:1.0 ${bus} ${signal.toUpperCase()}`,
  });
  const attributes: Record<string, Record<string, string>> = {
    clk: {
      ...info('signal:clock', 'clk', 'clk'),
      X_INTERFACE_PARAMETER: `ASSOCIATED_BUSIF ${['s_axi', ...streams].join(':')}, ASSOCIATED_RESET resetn`,
    },
    resetn: {
      ...info('signal:reset', 'resetn', 'rst'),
      X_INTERFACE_PARAMETER: 'POLARITY ACTIVE_LOW',
    },
    irq: {
      ...info('signal:interrupt', 'irq', 'interrupt'),
      X_INTERFACE_PARAMETER: 'SENSITIVITY LEVEL_HIGH',
    },
  };
  for (const { name } of axi4LiteSignals(addressBits)) {
    attributes[`s_axi_${name}`] = info('interface:aximm', 's_axi', name);
  }
  for (const prefix of streams) {
    for (const signal of ['tdata', 'tvalid', 'tready', 'tlast']) {
      attributes[`${prefix}_${signal}`] = info('interface:axis', prefix, signal);
    }
  }
  return attributes;
}
