/** Expresses in nodes what Verilog's memories have no form for. */
import type { Memory, Module, NodeId, ReadPort } from '../ir/index.ts';
import { fromHex } from '../ir/operators.ts';
import { addressBits } from '../ir/widths.ts';
import { concat, constant, mux, slice } from './construct.ts';
import { constructBinary } from './construct-binary.ts';
import { append, intern, widthOf } from './graph.ts';
import type { Graph } from './graph.ts';
import { rewriteModule } from './rewrite.ts';
import type { Rewriter } from './rewrite.ts';

/**
 * The module with every memory read in range and indifferent to writes of the same cycle: a read
 * out of range gives 0 by a comparison, new data arrive by a comparison and a bypass.
 */
export function lowerMemories(module: Module): Module {
  const lowered = rewriteModule(module, (id, node, rewriter) => {
    if (node.kind !== 'read') return undefined;
    const memory = module.memories[node.memory]!;
    const port = memory.reads[node.port]!;
    // The name of the read belongs to what comes out at the end, not to the bare word.
    const { kind, memory: index, port: number, width } = node;
    const bare = () => intern(rewriter.graph, { kind, memory: index, port: number, width });
    if (port.kind === 'asynchronous') {
      const address = rewriter.resolve(port.address);
      return inRangeOrZero(rewriter.graph, memory, bare(), () =>
        isInRange(rewriter.graph, memory, address),
      );
    }
    const word = bare();
    const current = port.mode === 'new' ? bypass(module, rewriter, memory, port, word) : word;
    return inRangeOrZero(rewriter.graph, memory, current, () =>
      registered(rewriter, memory, port, 'in_range', 1, () =>
        isInRange(rewriter.graph, memory, rewriter.resolve(port.address)),
      ),
    );
  });
  const memories = lowered.memories.map((memory) => ({
    ...memory,
    writes: memory.writes.filter(({ address }) => {
      const node = lowered.nodes[address]!;
      return node.kind !== 'const' || fromHex(node.value) < BigInt(memory.depth);
    }),
    reads: memory.reads.map((port) =>
      port.kind === 'synchronous' ? { ...port, mode: 'old' as const } : port,
    ),
  }));
  return { ...lowered, memories };
}

function inRangeOrZero(graph: Graph, memory: Memory, word: NodeId, inRange: () => NodeId): NodeId {
  if (memory.depth === 2 ** addressBits(memory.depth)) return word;
  return mux(graph, inRange(), word, constant(graph, memory.width, 0n));
}

function isInRange(graph: Graph, memory: Memory, address: NodeId): NodeId {
  const depth = constant(graph, widthOf(graph, address), BigInt(memory.depth));
  return constructBinary(graph, 'ltUnsigned', address, depth);
}

type SynchronousRead = Extract<ReadPort, { kind: 'synchronous' }>;

/** A register that moves with a read port; it needs no reset, as the word that it goes with. */
function registered(
  rewriter: Rewriter,
  memory: Memory,
  port: SynchronousRead,
  suffix: string,
  width: number,
  next: () => NodeId,
): NodeId {
  const { graph, resolve, later } = rewriter;
  const { domain } = port;
  const name = `${memory.name}_${suffix}`;
  const register = append(graph, { kind: 'register', name, width, next: 0, domain });
  later(() => {
    graph.nodes[register] = {
      kind: 'register',
      name,
      width,
      next: next(),
      domain,
      ...(port.enable === undefined ? {} : { enable: resolve(port.enable) }),
    };
  });
  return register;
}

/** The word read, with the lanes that were written in the cycle of the read put in; later ports win. */
function bypass(
  module: Module,
  rewriter: Rewriter,
  memory: Memory,
  port: SynchronousRead,
  word: NodeId,
): NodeId {
  const { graph, resolve } = rewriter;
  let current = word;
  for (const write of memory.writes) {
    if (write.domain !== port.domain) continue;
    const hit = () => {
      const same = constructBinary(graph, 'eq', resolve(write.address), resolve(port.address));
      return constructBinary(graph, 'and', resolve(write.enable), same);
    };
    const data = registered(rewriter, memory, port, 'bypass_data', memory.width, () =>
      resolve(write.data),
    );
    const { mask } = write;
    const lanes = mask === undefined ? 1 : module.nodes[mask]!.width;
    const taken = registered(rewriter, memory, port, 'bypass', lanes, () =>
      mask === undefined ? hit() : mux(graph, hit(), resolve(mask), constant(graph, lanes, 0n)),
    );
    const laneWidth = memory.width / lanes;
    const before = current;
    const merged = Array.from({ length: lanes }, (_, lane) => {
      const low = lane * laneWidth;
      return mux(
        graph,
        slice(graph, taken, lane, 1),
        slice(graph, data, low, laneWidth),
        slice(graph, before, low, laneWidth),
      );
    });
    current = concat(graph, merged.reverse());
  }
  return current;
}
