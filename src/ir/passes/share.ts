import type { Module, Node, NodeId } from '../module.ts';
import { hintsOf, rebuild } from './rebuild.ts';

/**
 * Computes equal values once. Names win: where only one of two equal nodes has a name, the node that
 * stays carries it; two different names stay two nodes.
 */
export function share(module: Module): Module {
  const firstByKey = new Map<string, NodeId>();
  return rebuild(module, (node, rewriter) => {
    const key = keyOf(node);
    const first = key === undefined ? undefined : firstByKey.get(key);
    if (first === undefined) {
      const id = rewriter.emit(node);
      if (key !== undefined) firstByKey.set(key, id);
      return id;
    }
    const kept = rewriter.nodes[first]!;
    if (node.name === undefined || node.name === kept.name) return first;
    if (kept.name !== undefined) return rewriter.emit(node);
    rewriter.replace(first, { ...kept, ...hintsOf(node) });
    return first;
  });
}

/** Equal for nodes of equal value; undefined for nodes that are never shared. */
function keyOf(node: Node): string | undefined {
  switch (node.kind) {
    case 'wire':
    case 'register':
      return undefined;
    case 'const':
      return `const ${node.width} ${node.value} ${node.enumeration?.join() ?? ''}`;
    case 'input':
      return `input ${node.port}`;
    case 'unary':
      return `${node.op} ${node.a}`;
    case 'binary': {
      const swap = isCommutative(node.op) && node.a > node.b;
      return `${node.op} ${swap ? node.b : node.a} ${swap ? node.a : node.b}`;
    }
    case 'mux':
      return `mux ${node.condition} ${node.whenTrue} ${node.whenFalse}`;
    case 'cases': {
      const entries = node.entries.map((entry) => `${entry.match}:${entry.value}`);
      return `cases ${node.selector} ${entries.sort().join(' ')} ${node.fallback}`;
    }
    case 'concat':
      return `concat ${node.parts.join(' ')}`;
    case 'slice':
      return `slice ${node.width} ${node.a} ${node.low}`;
    case 'extend':
      return `extend ${node.width} ${node.a} ${node.sign ? 'sign' : 'zero'}`;
    case 'element':
      return `element ${node.width} ${node.a} ${node.index}`;
    case 'read':
      return `read ${node.memory} ${node.port}`;
    case 'output':
      return `output ${node.instance} ${node.port}`;
  }
}

function isCommutative(op: (Node & { kind: 'binary' })['op']): boolean {
  switch (op) {
    case 'add':
    case 'mulUnsigned':
    case 'mulSigned':
    case 'and':
    case 'or':
    case 'xor':
    case 'eq':
    case 'ne':
      return true;
    default:
      return false;
  }
}
