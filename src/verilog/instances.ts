/** Instances of other modules. */
import type { Instance, Location, Module, NodeId, Port } from '../ir/index.ts';
import { domainIn, elementCount } from '../ir/operands.ts';
import { emitArray } from './arrays.ts';
import type { DomainPorts } from './domains.ts';
import type { Expressions } from './expressions.ts';
import type { Names } from './names.ts';
import { activeLow } from './reset.ts';
import type { ResetPolicy } from './reset.ts';
import type { NamedTaps } from './tap-nets.ts';
import { net } from './syntax.ts';
import type { Connected, Expression, Item } from './syntax.ts';

export interface InstanceContext {
  readonly module: Module;
  readonly children: ReadonlyMap<string, Module>;
  readonly implicit: ReadonlyMap<string, readonly DomainPorts[]>;
  readonly names: Names;
  readonly reset: ResetPolicy;
  readonly expressions: Expressions;
  /** The genvar for a role; loops that follow each other share it. */
  genvar(role: 'i' | 'row' | 'column'): string;
  /** The genvars that still have to be declared; each is handed out once. */
  takeGenvars(): readonly string[];
  /** The node that stands for an output, where something uses it. */
  outputNode(instance: number, port: string): NodeId | undefined;
  netOf(id: NodeId): string;
  /** Outputs of arrays of which only some elements are read. */
  readonly tapped: ReadonlyMap<NodeId, NamedTaps>;
  /** The declaration of the net of an output; none where it is a port of the module. */
  declare(id: NodeId): readonly Item[];
}

export interface EmittedInstance {
  readonly localparams: readonly Item[];
  /** Nets of the outputs, and the vectors that neighbours share. */
  readonly nets: readonly Item[];
  /** Nets of the elements of an array that the rest of the module reads. */
  readonly taps: readonly Item[];
  /** Groups of items with a blank line between them. */
  readonly sections: readonly (readonly Item[])[];
}

export function emitInstance(
  context: InstanceContext,
  instance: Instance,
  index: number,
  name: string,
): EmittedInstance {
  if (instance.dimensions.length > 0) return emitArray(context, instance, index, name);
  const outputs = declareOutputs(context, instance, index, () => true);
  const value = (port: Port): Expression => {
    const connection = instance.inputs[port.name];
    if (port.direction === 'output') return net(outputs.names.get(port.name)!);
    if (connection?.kind !== 'broadcast') {
      throw new Error(`${name}.${port.name} takes one value, not '${connection?.kind}'`);
    }
    return context.expressions.use(connection.value);
  };
  return {
    localparams: [],
    nets: outputs.items,
    taps: [],
    sections: [
      [
        {
          kind: 'instance',
          ...modulePart(context, instance),
          name,
          ...locationOf(instance),
          connections: connections(context, instance, value),
        },
      ],
    ],
  };
}

/** The nets of the outputs that are `wanted`: of nodes where something uses them, else fresh ones. */
export function declareOutputs(
  context: InstanceContext,
  instance: Instance,
  index: number,
  wanted: (port: string) => boolean,
): { readonly names: ReadonlyMap<string, string>; readonly items: readonly Item[] } {
  const names = new Map<string, string>();
  const items = context.children.get(instance.module)!.ports.flatMap((port): readonly Item[] => {
    if (port.direction === 'input' || !wanted(port.name)) return [];
    const id = context.outputNode(index, port.name);
    if (id !== undefined) {
      names.set(port.name, context.netOf(id));
      return context.declare(id);
    }
    const name = context.names.claim(`${instance.name}_${port.name}`);
    const width = port.width * elementCount(instance.dimensions);
    names.set(port.name, name);
    return [{ kind: 'net', type: 'wire', signed: false, width, name, ...locationOf(instance) }];
  });
  return { names, items };
}

export const locationOf = ({ location }: Instance): { readonly location?: Location } =>
  location === undefined ? {} : { location };

/** Name and parameters of what is instantiated, as Verilog has them. */
export function modulePart(
  context: InstanceContext,
  instance: Instance,
): { readonly module: string; readonly parameters?: Readonly<Record<string, number | string>> } {
  const { external } = context.children.get(instance.module)!;
  return external
    ? { module: external.module, parameters: external.parameters }
    : { module: instance.module };
}

/** All ports in the order of the child's port list: clocks, resets, then the declared ones. */
export function connections(
  context: InstanceContext,
  instance: Instance,
  value: (port: Port) => Expression,
): Connected[] {
  const child = context.children.get(instance.module)!;
  // What exists already has its own names, and resets that are active low.
  const nameOf = (port: string) => child.external?.ports[port] ?? port;
  const resetOf = (reset: string) =>
    child.external ? activeLow(context.reset, reset) : net(reset);
  const implicit = (context.implicit.get(instance.module) ?? []).flatMap((entry) => {
    const { module } = context;
    const own = module.domains[domainIn(module, instance, entry.domain.name)] ?? entry.domain;
    return [
      ...(entry.clock
        ? [{ port: nameOf(entry.domain.clock), value: net(own.clock), output: false }]
        : []),
      ...(entry.reset
        ? [{ port: nameOf(entry.domain.reset), value: resetOf(own.reset), output: false }]
        : []),
    ];
  });
  const declared = child.ports.map((port) => ({
    port: nameOf(port.name),
    value: value(port),
    output: port.direction === 'output',
  }));
  return [...implicit, ...declared];
}
