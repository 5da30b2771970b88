/** Arrays of instances as generate loops over packed vectors. */
import type { Instance, Port } from '../ir/index.ts';
import { chainsOf, drivenPart, netName, readPart, wireChain } from './chains.ts';
import type { Chain } from './chains.ts';
import { connections, declareOutputs, modulePart, locationOf } from './instances.ts';
import type { EmittedInstance, InstanceContext } from './instances.ts';
import { loopsOf, nest, part, position } from './loops.ts';
import { wireTaps } from './tap-nets.ts';
import type { Expression, Item } from './syntax.ts';

export function emitArray(
  context: InstanceContext,
  instance: Instance,
  index: number,
  name: string,
): EmittedInstance {
  const { names } = context;
  const stem = name.replace(/^u_/, '');
  const limits = (
    instance.dimensions.length === 1 ? [`${stem}_count`] : [`${stem}_rows`, `${stem}_columns`]
  ).map((limit) => names.claim(limit.toUpperCase()));
  const loops = loopsOf(context, instance, limits);
  const elements = loops.rows * loops.columns;
  const chains = chainsOf(context, instance);
  // An output is driven into the first chain that it feeds; further ones copy from there.
  const carriers = new Map<string, Chain>();
  for (const chain of chains) {
    if (!carriers.has(chain.connection.port)) carriers.set(chain.connection.port, chain);
  }
  const outputs = declareOutputs(context, instance, index, (port) => !carriers.has(port));
  /** The net that collects a carried output, where something reads all of it. */
  const collectedBy = (chain: Chain): number | undefined => {
    const { port } = chain.connection;
    if (carriers.get(port) !== chain) return undefined;
    const id = context.outputNode(index, port);
    return id === undefined || context.tapped.get(id)?.feedsArray === false ? undefined : id;
  };
  const wiring = chains.map((chain) => {
    const id = collectedBy(chain);
    const carrier = carriers.get(chain.connection.port)!;
    const collected = id === undefined ? undefined : context.netOf(id);
    const wired = wireChain(context, instance, loops, chain, carrier, collected);
    return { ...wired, nets: [...wired.nets, ...(id === undefined ? [] : context.declare(id))] };
  });
  const { ports } = context.children.get(instance.module)!;
  const taps = ports.flatMap(({ name: port, direction, width }) => {
    const id = direction === 'output' ? context.outputNode(index, port) : undefined;
    return id === undefined
      ? []
      : [wireTaps(context, instance, loops, id, width, carriers.get(port))];
  });
  const value = (port: Port): Expression => {
    const connection = instance.inputs[port.name];
    switch (connection?.kind) {
      case 'broadcast':
        return context.expressions.use(connection.value);
      case 'each':
        return part(netName(context, connection.value), port.width, elements, position(loops));
      case 'neighbour':
        return readPart(
          loops,
          chains.find((chain) => chain.port === port)!,
        );
      case undefined: {
        const carrier = carriers.get(port.name);
        if (carrier) return drivenPart(loops, carrier);
        return part(outputs.names.get(port.name)!, port.width, elements, position(loops));
      }
    }
  };
  const element: Item = {
    kind: 'instance',
    ...modulePart(context, instance),
    name,
    ...locationOf(instance),
    connections: connections(context, instance, value),
  };
  const inner = [...wiring.flatMap((wired) => wired.perElement), element];
  const perRow = [...wiring, ...taps].flatMap((wired) => wired.perRow);
  const genvars = context.takeGenvars();
  return {
    localparams: limits.map((limit, axis) => ({
      kind: 'localparam',
      name: limit,
      value: { kind: 'genvar', text: `${instance.dimensions[axis]!}` },
    })),
    nets: [...outputs.items, ...wiring.flatMap((wired) => wired.nets)],
    taps: taps.flatMap((wired) => wired.nets),
    sections: [
      wiring.flatMap((wired) => wired.assigns),
      [
        ...(genvars.length === 0 ? [] : [{ kind: 'genvars', names: genvars } as const]),
        { kind: 'generate', items: nest(names, loops, limits, stem, perRow, inner) },
      ],
    ],
  };
}
