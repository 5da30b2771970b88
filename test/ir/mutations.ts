import type { BinaryOperator, Module, Node, Program } from '../../src/ir/index.ts';

/** One small fault in a program. */
export interface Mutation {
  /** What was changed, and where: `gobo_pe: node 12 sum: add becomes sub`. */
  readonly what: string;
  readonly program: Program;
}

const swapped: Partial<Record<BinaryOperator, BinaryOperator>> = {
  add: 'sub',
  sub: 'add',
  and: 'or',
  or: 'and',
  xor: 'or',
  eq: 'ne',
  ne: 'eq',
  ltUnsigned: 'leUnsigned',
  leUnsigned: 'ltUnsigned',
  ltSigned: 'ltUnsigned',
  leSigned: 'leUnsigned',
  mulSigned: 'mulUnsigned',
  mulUnsigned: 'mulSigned',
  shiftLeft: 'shiftRight',
  shiftRight: 'shiftLeft',
};

/** The faults that one node can have: what changes, and the node after it. */
function faultsOf(node: Node): [string, Node][] {
  switch (node.kind) {
    case 'const': {
      const all = (1n << BigInt(node.width)) - 1n;
      const value = (BigInt(`0x${node.value}`) + 1n) & all;
      return [['is one more', { ...node, value: value.toString(16) }]];
    }
    case 'unary':
      if (node.op === 'not') return [['is stuck at 0', { ...zero(node) }]];
      return [
        [
          'takes another reduction',
          { ...node, op: node.op === 'reduceOr' ? 'reduceAnd' : 'reduceOr' },
        ],
      ];
    case 'binary': {
      const op = swapped[node.op];
      return [
        ...(op ? ([[`${node.op} becomes ${op}`, { ...node, op }]] as [string, Node][]) : []),
        ...(node.width === 1 ? ([['is stuck at 0', zero(node)]] as [string, Node][]) : []),
      ];
    }
    case 'mux':
      return [['swaps its legs', { ...node, whenTrue: node.whenFalse, whenFalse: node.whenTrue }]];
    case 'extend':
      return [['extends with the other sign', { ...node, sign: !node.sign }]];
    case 'register':
      return node.init === undefined
        ? []
        : [
            [
              'resets to another value',
              { ...node, init: (BigInt(`0x${node.init}`) ^ 1n).toString(16) },
            ],
          ];
    default:
      return [];
  }
}

const zero = ({ width }: Node): Node => ({ kind: 'const', width, value: '0' });

/** Every single fault of a program, in a fixed order. */
export function mutationsOf(program: Program): Mutation[] {
  return program.modules.flatMap((module, m) =>
    module.nodes.flatMap((node, n) =>
      faultsOf(node).map(([change, faulty]): Mutation => {
        const nodes = module.nodes.map((other, i) => (i === n ? faulty : other));
        const changed: Module = { ...module, nodes };
        return {
          what: `${module.name}: node ${n} ${node.name ?? node.kind} ${change}`,
          program: {
            ...program,
            modules: program.modules.map((other, i) => (i === m ? changed : other)),
          },
        };
      }),
    ),
  );
}
