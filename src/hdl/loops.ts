import { operandsOf } from '../ir/index.ts';
import type { Node, NodeId } from '../ir/index.ts';
import { labelOf, report } from './builder.ts';
import type { Builder, Place } from './builder.ts';

/**
 * Reports the first combinational loop inside the module, if there is one. Only what `set` drives can
 * close a loop; `placeOf` says where that was written. Loops through instances are found later, when
 * the whole program is known.
 */
export function reportLoop(builder: Builder, placeOf: (id: NodeId) => Place | undefined): void {
  const loop = findLoop(builder);
  if (!loop) return;
  const driven = loop.filter((id) => builder.nodes[id]!.kind === 'wire');
  const names = driven.map((id) => labelOf(builder, id));
  const path = [...names, names[0]!];
  report(builder, { code: 'combinational-loop', path }, placeOf(driven[0]!));
}

/** The nodes of a loop in the order in which values travel. */
function findLoop(builder: Builder): NodeId[] | undefined {
  const finished = new Set<NodeId>();
  for (let start = 0; start < builder.nodes.length; start += 1) {
    if (finished.has(start)) continue;
    const path: NodeId[] = [];
    const onPath = new Set<NodeId>();
    const waiting: NodeId[][] = [];
    const enter = (id: NodeId): void => {
      path.push(id);
      onPath.add(id);
      waiting.push([...immediateOperands(builder, id)]);
    };
    enter(start);
    while (path.length > 0) {
      const operand = waiting.at(-1)!.pop();
      if (operand === undefined) {
        const done = path.pop()!;
        waiting.pop();
        onPath.delete(done);
        finished.add(done);
      } else if (onPath.has(operand)) {
        return path.slice(path.indexOf(operand)).reverse();
      } else if (!finished.has(operand)) {
        enter(operand);
      }
    }
  }
  return undefined;
}

/** Operands whose value a node needs in the same cycle. */
function immediateOperands(builder: Builder, id: NodeId): readonly NodeId[] {
  const node = builder.nodes[id] as Node;
  switch (node.kind) {
    case 'register':
      return [];
    case 'read': {
      const port = builder.memories[node.memory]!.reads[node.port]!;
      return port.kind === 'asynchronous' ? [port.address] : [];
    }
    default:
      return operandsOf(node);
  }
}
