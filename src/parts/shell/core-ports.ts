import { fieldsWidth } from '../fields.ts';
import { snakeCase } from '../../hdl/index.ts';
import type { Fields, PortDeclarations, ScalarType } from '../../hdl/index.ts';

/** What a shell needs to know of a stream of its core. */
export interface CoreStream {
  /** Key among the ports of the core. */
  readonly key: string;
  /** As it is called in the description of its ports. */
  readonly name: string;
  readonly direction: 'input' | 'output';
  /** All fields but `last`, in order: what `tdata` carries. */
  readonly fields: Fields;
  /** Where a beat has a field `last`: before or behind the others. */
  readonly last?: 'first' | 'end';
  readonly width: number;
  /** Bits of `tdata`: whole bytes. */
  readonly dataWidth: number;
  readonly doc: string;
}

export interface CorePorts {
  readonly streams: readonly CoreStream[];
  readonly setup?: {
    readonly addressBits: number;
    readonly dataBits: number;
    readonly isSigned: boolean;
  };
  /** Single values, by key. */
  readonly values: Readonly<
    Record<string, { readonly direction: 'input' | 'output'; readonly type: ScalarType }>
  >;
}

/** Sorts the ports of a core. Throws a `RangeError` that names a port which no shell can serve. */
export function corePorts(core: string, ports: PortDeclarations): CorePorts {
  const refuse = (key: string, why: string): never => {
    throw new RangeError(`port '${key}' of ${core} ${why}`);
  };
  const streams: CoreStream[] = [];
  let setup: CorePorts['setup'];
  const values: Record<string, CorePorts['values'][string]> = {};
  for (const [key, { type, direction, doc, domain }] of Object.entries(ports)) {
    if (domain.name !== 'main') {
      refuse(
        key,
        `belongs to clock domain '${domain.name}': a shell has the one of its core alone`,
      );
    }
    if (type.kind === 'stream') {
      const { fields } = type;
      if (key === 'setup' && direction === 'input') {
        const { address, data, ...more } = fields;
        if (
          address?.kind !== 'uint' ||
          (data?.kind !== 'uint' && data?.kind !== 'sint') ||
          Object.keys(more).length > 0 ||
          data.width > 32
        ) {
          refuse(key, 'must be a stream {address, data} of an unsigned address and up to 32 bits');
        }
        setup = {
          addressBits: fieldsWidth({ address: address! }),
          dataBits: fieldsWidth({ data: data! }),
          isSigned: data!.kind === 'sint',
        };
        continue;
      }
      const { last, ...others } = fields;
      const names = Object.keys(fields);
      const place = last === undefined ? -1 : names.indexOf('last');
      if (last !== undefined && (fieldsWidth({ last }) !== 1 || last.kind !== 'uint')) {
        refuse(key, `has a field 'last' that is not a bit: call it otherwise`);
      }
      if (Object.keys(others).length === 0) refuse(key, 'carries no data besides last');
      if (place > 0 && place < names.length - 1) {
        refuse(
          key,
          `has 'last' between other fields: put it behind them, so that tdata is in a row`,
        );
      }
      const width = fieldsWidth(others);
      streams.push({
        ...{ key, name: snakeCase(key), direction, fields: others, width, doc },
        dataWidth: 8 * Math.ceil(width / 8),
        ...(place < 0 ? {} : { last: place === 0 ? ('first' as const) : ('end' as const) }),
      });
      continue;
    }
    if (type.kind !== 'uint' && type.kind !== 'sint') {
      refuse(key, `is a ${type.kind}: a shell takes streams and single numbers`);
      continue;
    }
    values[key] = { direction, type };
  }
  return { streams, ...(setup === undefined ? {} : { setup }), values };
}
