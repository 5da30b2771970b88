/** Memories as arrays of registers. */
import type { Memory, Module, NodeId, WritePort } from '../ir/index.ts';
import { fromHex } from '../ir/operators.ts';
import { allOf, negate } from './expressions.ts';
import type { Expressions } from './expressions.ts';
import { literal, net } from './syntax.ts';
import type { Expression, Item, Statement } from './syntax.ts';

/** A word of a memory; a memory of one word is a plain register, whatever the address. */
export const wordOf = (memory: Memory, name: string, address: Expression): Expression =>
  memory.depth === 1 ? net(name) : { kind: 'index', name, index: address };

export function memoryDeclaration(memory: Memory, name: string): Item {
  return {
    kind: 'memory',
    name,
    width: memory.width,
    depth: memory.depth,
    ...(memory.style === undefined ? {} : { style: memory.style }),
    ...(memory.location === undefined ? {} : { location: memory.location }),
  };
}

/** The contents at power-on, where the memory has any. */
export function memoryInit(memory: Memory, name: string): Item[] {
  if (memory.init === undefined) return [];
  const body = memory.init.slice(0, memory.depth).map((value, index): Statement => ({
    kind: 'assign',
    blocking: true,
    target: wordOf(memory, name, { kind: 'genvar', text: `${index}` }),
    value: literal(memory.width, fromHex(value)),
  }));
  return [{ kind: 'initial', body }];
}

/** The synchronous reads of a memory that are used: the net that each delivers. */
export type SynchronousReads = ReadonlyMap<number, string>;

/**
 * One clocked block for each domain, with the writes and the reads: a read sees the word as it was
 * before the edge.
 */
export function memoryProcesses(
  module: Module,
  memory: Memory,
  name: string,
  reads: SynchronousReads,
  expressions: Expressions,
): readonly Item[] {
  return module.domains.flatMap(({ clock }, domain): Item[] => {
    const body: Statement[] = [];
    for (const port of memory.writes) {
      if (port.domain === domain) body.push(...write(module, memory, name, port, expressions));
    }
    memory.reads.forEach((port, number) => {
      const target = reads.get(number);
      if (target === undefined || port.kind !== 'synchronous' || port.domain !== domain) return;
      const assign: Statement = {
        kind: 'assign',
        blocking: false,
        target: net(target),
        value: wordOf(memory, name, expressions.address(port.address)),
      };
      body.push(...guarded(module, port.enable, [assign], expressions));
    });
    return body.length === 0 ? [] : [{ kind: 'clocked', clock, body }];
  });
}

function write(
  module: Module,
  memory: Memory,
  name: string,
  port: WritePort,
  expressions: Expressions,
): readonly Statement[] {
  const target = wordOf(memory, name, expressions.address(port.address));
  const { mask } = port;
  const lanes = mask === undefined ? 0 : module.nodes[mask]!.width;
  const body =
    mask === undefined || lanes === 1
      ? [assign(target, expressions.use(port.data))]
      : writeLanes(module, memory, target, port.data, mask, expressions);
  // The address of a single word still has one bit, and 1 is out of range.
  const inRange = memory.depth === 1 ? [negate(expressions.use(port.address))] : [];
  const enabled = constantOf(module, port.enable) === 1n ? [] : [expressions.use(port.enable)];
  const masked = mask !== undefined && lanes === 1 ? [expressions.use(mask)] : [];
  const condition = allOf([...enabled, ...masked, ...inRange]);
  return condition === undefined
    ? body
    : [{ kind: 'if', condition, whenTrue: body, whenFalse: [] }];
}

function writeLanes(
  module: Module,
  memory: Memory,
  target: Expression,
  data: NodeId,
  mask: NodeId,
  expressions: Expressions,
): readonly Statement[] {
  const lanes = module.nodes[mask]!.width;
  const width = memory.width / lanes;
  return Array.from({ length: lanes }, (_, lane): Statement => {
    const low = lane * width;
    return {
      kind: 'if',
      condition: expressions.bits(mask, lane, 1),
      whenTrue: [
        assign(
          { kind: 'lane', word: target, high: low + width - 1, low },
          expressions.bits(data, low, width),
        ),
      ],
      whenFalse: [],
    };
  });
}

const assign = (target: Expression, value: Expression): Statement => ({
  kind: 'assign',
  blocking: false,
  target,
  value,
});

function guarded(
  module: Module,
  enable: NodeId | undefined,
  body: readonly Statement[],
  expressions: Expressions,
): readonly Statement[] {
  if (enable === undefined || constantOf(module, enable) === 1n) return body;
  return [{ kind: 'if', condition: expressions.use(enable), whenTrue: body, whenFalse: [] }];
}

function constantOf(module: Module, id: NodeId): bigint | undefined {
  const node = module.nodes[id]!;
  return node.kind === 'const' ? fromHex(node.value) : undefined;
}
