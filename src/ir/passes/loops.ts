import type { Instance, Module, Program } from '../module.ts';
import { elementCount, neighbourOf, operandsOf } from '../operands.ts';

/** A circle of combinational dependencies; `path` starts and ends with the same name. */
export interface CombinationalLoop {
  readonly module: string;
  readonly path: readonly string[];
}

/** For each output port the input ports it depends on combinationally. */
type Summary = ReadonlyMap<string, ReadonlySet<string>>;

/**
 * Finds combinational loops, at most one per module: dependencies are taken port by port through
 * instances (a loop that is false bit by bit counts), and element by element through the neighbour
 * connections of arrays, where a chain along an axis is fine unless something closes it.
 */
export function findCombinationalLoops(program: Program): CombinationalLoop[] {
  const summaries = new Map<string, Summary>();
  const loops: CombinationalLoop[] = [];
  const modules = new Map(program.modules.map((module) => [module.name, module]));
  for (const module of program.modules) {
    const graph = dependencyGraph(module, modules, summaries);
    const loop = findLoop(graph);
    if (loop !== undefined) loops.push({ module: module.name, path: readable(loop, graph) });
    summaries.set(module.name, summarize(module, graph));
  }
  return loops;
}

/**
 * Vertices are the nodes of a module, by id, followed by one vertex for each port of each element of
 * each instance.
 */
interface Graph {
  readonly size: number;
  dependenciesOf(vertex: number): readonly number[];
  /** Undefined for an unnamed intermediate. */
  nameOf(vertex: number): string | undefined;
}

function dependencyGraph(
  module: Module,
  modules: ReadonlyMap<string, Module>,
  summaries: ReadonlyMap<string, Summary>,
): Graph {
  const { nodes, instances, memories } = module;
  const ports = instances.map((instance) => modules.get(instance.module)!.ports);
  const bases: number[] = [];
  let size = nodes.length;
  instances.forEach((instance, index) => {
    bases.push(size);
    size += elementCount(instance.dimensions) * ports[index]!.length;
  });
  const portVertex = (instance: number, element: number, port: string) => {
    const list = ports[instance]!;
    const index = list.findIndex((candidate) => candidate.name === port);
    return bases[instance]! + element * list.length + index;
  };
  /** The instance, element and port that a vertex behind the nodes stands for. */
  const place = (vertex: number) => {
    let instance = instances.length - 1;
    while (bases[instance]! > vertex) instance--;
    const offset = vertex - bases[instance]!;
    const list = ports[instance]!;
    return {
      index: instance,
      instance: instances[instance]!,
      element: Math.floor(offset / list.length),
      port: list[offset % list.length]!,
    };
  };
  return {
    size,
    dependenciesOf(vertex) {
      const node = nodes[vertex];
      if (node === undefined) {
        const { index, instance, element, port } = place(vertex);
        if (port.direction === 'output') {
          const inputs = summaries.get(instance.module)!.get(port.name) ?? [];
          return [...inputs].map((input) => portVertex(index, element, input));
        }
        const connection = instance.inputs[port.name]!;
        if (connection.kind !== 'neighbour') return [connection.value];
        const { axis, step, edge } = connection;
        const source = neighbourOf(instance.dimensions, element, axis, step);
        return ['element' in source ? portVertex(index, source.element, connection.port) : edge];
      }
      switch (node.kind) {
        case 'register':
          return [];
        case 'read': {
          const port = memories[node.memory]!.reads[node.port]!;
          return port.kind === 'asynchronous' ? [port.address] : [];
        }
        case 'output': {
          const count = elementCount(instances[node.instance]!.dimensions);
          return Array.from({ length: count }, (_, element) =>
            portVertex(node.instance, element, node.port),
          );
        }
        default:
          return operandsOf(node);
      }
    },
    nameOf(vertex) {
      const node = nodes[vertex];
      if (node === undefined) {
        const { instance, element, port } = place(vertex);
        return `${instance.name}${elementSuffix(instance, element)}.${port.name}`;
      }
      return node.name;
    },
  };
}

function elementSuffix({ dimensions }: Instance, element: number): string {
  if (dimensions.length === 0) return '';
  if (dimensions.length === 1) return `[${element}]`;
  const columns = dimensions[1]!;
  return `[${Math.floor(element / columns)}][${element % columns}]`;
}

/** The vertices of one loop in the order in which values travel, or undefined. */
function findLoop(graph: Graph): number[] | undefined {
  const finished = new Uint8Array(graph.size);
  const onPath = new Uint8Array(graph.size);
  for (let start = 0; start < graph.size; start++) {
    if (finished[start] === 1) continue;
    const path = [start];
    const waiting: { readonly list: readonly number[]; next: number }[] = [];
    onPath[start] = 1;
    waiting.push({ list: graph.dependenciesOf(start), next: 0 });
    while (path.length > 0) {
      const top = waiting.at(-1)!;
      const dependency = top.list[top.next++];
      if (dependency === undefined) {
        const done = path.pop()!;
        waiting.pop();
        onPath[done] = 0;
        finished[done] = 1;
      } else if (onPath[dependency] === 1) {
        return path.slice(path.indexOf(dependency)).reverse();
      } else if (finished[dependency] === 0) {
        onPath[dependency] = 1;
        path.push(dependency);
        waiting.push({ list: graph.dependenciesOf(dependency), next: 0 });
      }
    }
  }
  return undefined;
}

function readable(loop: readonly number[], graph: Graph): string[] {
  const names = loop.flatMap((vertex) => graph.nameOf(vertex) ?? []);
  const path = names.length > 0 ? names : ['an unnamed wire'];
  return [...path, path[0]!];
}

function summarize(module: Module, graph: Graph): Summary {
  const summary = new Map<string, ReadonlySet<string>>();
  for (const port of module.ports) {
    if (port.value === undefined) continue;
    const inputs = new Set<string>();
    const seen = new Uint8Array(graph.size);
    const waiting: number[] = [port.value];
    for (let vertex = waiting.pop(); vertex !== undefined; vertex = waiting.pop()) {
      if (seen[vertex] === 1) continue;
      seen[vertex] = 1;
      const node = module.nodes[vertex];
      if (node?.kind === 'input') inputs.add(node.port);
      waiting.push(...graph.dependenciesOf(vertex));
    }
    summary.set(port.name, inputs);
  }
  return summary;
}
