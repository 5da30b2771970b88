/** From what a generated module declares back to the line of its author. */
import type { Location, Module, NodeId } from '../ir/index.ts';
import { operandsOf } from '../ir/operands.ts';
import { shortPath } from './header.ts';
import { readOperands, writeOperands } from './live.ts';
import type { Item, VerilogModule } from './syntax.ts';

/** Where a name of a generated module was written by its author. */
export interface SourceMapEntry {
  /** A port, net, memory or instance; instances in a loop have their name within it. */
  readonly name: string;
  /** `file` is below the folder of the project, as in the header of the module. */
  readonly location: Location;
}

export type Places = ReadonlyMap<NodeId, Location>;

/**
 * Where each node was written. A node that its author did not name has the place of the nearest one
 * that uses it: a node with a place, a memory, an instance, a port or a check.
 */
export function placesOf(module: Module): Places {
  const places = new Map<NodeId, Location>();
  const pending: NodeId[] = [];
  const visit = (ids: readonly NodeId[], location: Location | undefined): void => {
    if (location === undefined) return;
    for (const id of ids) {
      if (places.has(id)) continue;
      places.set(id, location);
      pending.push(id);
    }
  };
  module.nodes.forEach((node, id) => {
    const instance = node.kind === 'output' ? module.instances[node.instance] : undefined;
    visit([id], node.location ?? instance?.location);
  });
  for (const memory of module.memories) {
    visit([...memory.reads.flatMap(readOperands), ...writeOperands(memory)], memory.location);
  }
  for (const { inputs, location } of module.instances) {
    const values = Object.values(inputs).map((connection) =>
      connection.kind === 'neighbour' ? connection.edge : connection.value,
    );
    visit(values, location);
  }
  for (const { value, location } of module.ports) {
    if (value !== undefined) visit([value], location);
  }
  for (const { condition, location } of module.checks) visit([condition], location);
  // Breadth first, so that the nearest user comes first.
  for (let next = 0; next < pending.length; next++) {
    const id = pending[next]!;
    visit(operandsOf(module.nodes[id]!), places.get(id));
  }
  return places;
}

/** Ports, nets, memories and instances in the order of their declaration. */
export function sourceMapOf(module: Module, verilog: VerilogModule): readonly SourceMapEntry[] {
  const entries: SourceMapEntry[] = [];
  const add = (name: string, own: Location | undefined): void => {
    // What nobody wrote, such as a clock, is there because of the module.
    const location = own ?? module.location;
    if (location === undefined) return;
    entries.push({ name, location: { ...location, file: shortPath(location.file) } });
  };
  const visit = (item: Item): void => {
    switch (item.kind) {
      case 'net':
      case 'memory':
      case 'instance':
        add(item.name, item.location);
        break;
      case 'generate':
      case 'for':
        item.items.forEach(visit);
        break;
      default:
        break;
    }
  };
  verilog.ports.forEach(({ name, location }) => {
    add(name, location);
  });
  verilog.sections.flat().forEach(visit);
  return entries;
}
