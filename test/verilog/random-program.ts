/** Random programs over every kind of node, with corner values and corner widths over-represented. */
import type { BinaryOperator, NodeId, Program, ReadDuringWrite } from '../../src/ir/index.ts';
import { addressBits } from '../../src/ir/index.ts';
import type { Rng } from '../../src/numeric/rng.ts';
import { ModuleBuilder, program } from './build.ts';

const widths = [1, 1, 1, 2, 3, 4, 5, 8, 8, 12, 16, 31, 32, 33, 64, 65, 200];

const operators: readonly BinaryOperator[] = [
  ...(['add', 'add', 'sub', 'mulUnsigned', 'mulSigned', 'and', 'or', 'xor', 'eq', 'ne'] as const),
  ...(['ltUnsigned', 'leUnsigned', 'ltSigned', 'leSigned'] as const),
  ...(['shiftLeft', 'shiftRight', 'shiftRightSigned'] as const),
];

export function randomProgram(rng: Rng, size: number): Program {
  const leaf = randomLeaf(rng);
  const top = new ModuleBuilder('top', 'a random module');
  const pool = [
    // Memories are written only while `go` is 1: power-on values must not get into them.
    top.input('go'),
    top.input('flag'),
    top.input('a', pick(rng, widths)),
    top.input('b', pick(rng, widths)),
    top.input('c', 8),
    top.input('wide', 96),
  ];
  const grow = new Grower(rng, top, pool);
  for (let i = 0; i < 3; i++) grow.register();
  for (let i = 0; i < size; i++) grow.step();
  grow.memory();
  grow.memory();
  grow.instances();
  for (let i = 0; i < size; i++) grow.step();
  grow.finish();
  return program(leaf, top);
}

/** What arrays are made of: `p` follows `x` at once, `q` follows `y` a cycle later. */
function randomLeaf(rng: Rng): ModuleBuilder {
  const leaf = new ModuleBuilder('leaf');
  const x = leaf.input('x', 8);
  const y = leaf.input('y', 5);
  const enable = leaf.input('enable');
  const register = leaf.register('state', 5, rng.below(32));
  const grow = new Grower(rng, leaf, [x, enable, register]);
  for (let i = 0; i < 6; i++) grow.step();
  leaf.drive(register, leaf.mux(enable, y, grow.any(5)));
  leaf.output('p', grow.any(8));
  leaf.output('q', register);
  return leaf;
}

const pick = <T>(rng: Rng, from: readonly T[]): T => from[rng.below(from.length)]!;

class Grower {
  private readonly rng: Rng;
  private readonly m: ModuleBuilder;
  private readonly pool: NodeId[];
  private readonly registers: NodeId[] = [];
  private names = 0;
  private memories = 0;

  constructor(rng: Rng, m: ModuleBuilder, pool: NodeId[]) {
    this.rng = rng;
    this.m = m;
    this.pool = pool;
  }

  /** An earlier value, or a constant, in `width` bits. */
  any(width?: number): NodeId {
    const { rng, m } = this;
    if (rng.below(6) === 0) return this.constant(width ?? pick(rng, widths));
    // Late values are likelier, so that expressions become deep.
    const late = Math.max(0, this.pool.length - 8);
    const index = rng.below(2)
      ? rng.below(this.pool.length)
      : late + rng.below(this.pool.length - late);
    const value = this.pool[index]!;
    return width === undefined ? value : this.fit(value, width, m);
  }

  private fit(value: NodeId, width: number, m: ModuleBuilder): NodeId {
    const own = m.width(value);
    if (own === width) return value;
    if (own < width) return m.extend(value, width, this.rng.below(2) === 1);
    const low = this.rng.below(2) ? 0 : this.rng.below(own - width + 1);
    return m.slice(value, low + width - 1, low);
  }

  constant(width: number): NodeId {
    const all = (1n << BigInt(width)) - 1n;
    const random = BigInt(this.rng.uint32()) * BigInt(this.rng.uint32()) ** 5n;
    const corners = [0n, 1n, all, all >> 1n, (all >> 1n) + 1n, random, random % 16n];
    return this.m.constant(width, pick(this.rng, corners));
  }

  register(): void {
    const { rng, m } = this;
    const width = pick(rng, widths);
    const init = rng.below(2) ? 0n : BigInt.asUintN(width, BigInt(rng.uint32()));
    const register = m.register(rng.below(4) ? `state${this.names++}` : undefined, width, init);
    this.registers.push(register);
    this.pool.push(register);
  }

  step(): void {
    const { rng, m } = this;
    const hints = rng.below(5) === 0 ? { name: `value${this.names++}` } : {};
    const width = pick(rng, widths);
    switch (rng.below(12)) {
      case 0:
        this.pool.push(
          m.unary(pick(rng, ['not', 'reduceAnd', 'reduceOr', 'reduceXor']), this.any(), hints),
        );
        break;
      case 1:
      case 2:
      case 3:
      case 4: {
        const op = pick(rng, operators);
        const free = op.startsWith('mul') || op.startsWith('shift');
        if (op.startsWith('mul') && width > 65) break;
        const b = free ? this.any(pick(rng, [1, 2, 4, 8, 33])) : this.any(width);
        this.pool.push(m.binary(op, this.any(width), b, hints));
        break;
      }
      case 5:
      case 6:
        this.pool.push(m.mux(this.any(1), this.any(width), this.any(width), hints));
        break;
      case 7: {
        const selector = this.any(pick(rng, [1, 2, 3, 8]));
        const room = Math.min(6, 2 ** m.width(selector));
        const count = 1 + rng.below(room);
        const entries = Array.from({ length: count }, (_, i) => [i, this.any(width)] as const);
        this.pool.push(m.cases(selector, entries, this.any(width), hints));
        break;
      }
      case 8:
        this.pool.push(m.concat(this.any(), this.any(pick(rng, [1, 4, 8])), this.any(3)));
        break;
      case 9: {
        const value = this.any();
        const high = rng.below(m.width(value));
        this.pool.push(m.slice(value, high, rng.below(high + 1), hints));
        break;
      }
      case 10: {
        const value = this.any();
        this.pool.push(m.extend(value, m.width(value) + 1 + rng.below(20), rng.below(2) === 1));
        break;
      }
      default: {
        const part = pick(rng, [1, 1, 4, 7, 8]);
        const vector = this.any(part * (1 + rng.below(9)));
        this.pool.push(m.element(vector, this.any(pick(rng, [1, 2, 3, 4, 33])), part, hints));
      }
    }
  }

  memory(): void {
    const { rng, m } = this;
    const width = pick(rng, [1, 8, 12, 33]);
    const depth = pick(rng, [1, 2, 3, 4, 5, 16]);
    const bits = addressBits(depth);
    const name = `table${this.memories++}`;
    const init = Array.from({ length: depth }, (_, i) =>
      BigInt.asUintN(width, BigInt(i * 77)).toString(16),
    );
    const memory = m.memory({ name, width, depth, init });
    const go = this.m.nodes.findIndex((node) => node.kind === 'input' && node.port === 'go');
    for (let port = rng.below(3); port > 0; port--) {
      m.write(memory, {
        address: this.any(bits),
        data: this.any(width),
        enable: m.binary('and', go, this.any(1)),
        ...(rng.below(2) ? { mask: this.any(width === 12 ? 3 : 1) } : {}),
      });
    }
    const mode = pick<ReadDuringWrite>(rng, ['old', 'new']);
    const asynchronous = m.read(memory, { kind: 'asynchronous', address: this.any(bits) });
    const synchronous = m.read(memory, {
      kind: 'synchronous',
      address: this.any(bits),
      mode,
      domain: 0,
    });
    this.pool.push(asynchronous, synchronous);
  }

  instances(): void {
    const { rng, m } = this;
    const single = m.instance('u_one', 'leaf', {
      x: this.any(8),
      y: this.any(5),
      enable: this.any(1),
    });
    this.pool.push(m.outputOf(single, 'p', 8), m.outputOf(single, 'q', 5));
    const count = 1 + rng.below(4);
    const step = rng.below(2) ? 1 : -1;
    const row = m.instance(
      'u_row',
      'leaf',
      {
        x: { kind: 'neighbour', port: 'p', axis: 0, step, edge: this.any(8) },
        y: { kind: 'each', value: this.any(5 * count) },
        enable: this.any(1),
      },
      [count],
    );
    this.pool.push(m.outputOf(row, 'p', 8 * count));
    const rows = 1 + rng.below(3);
    const columns = 1 + rng.below(3);
    const grid = m.instance(
      'u_grid',
      'leaf',
      {
        x: { kind: 'neighbour', port: 'p', axis: 1, step, edge: this.any(8 * rows) },
        y: {
          kind: 'neighbour',
          port: 'q',
          axis: 0,
          step: rng.below(2) ? 1 : -1,
          edge: this.any(5 * columns),
        },
        enable: { kind: 'each', value: this.any(rows * columns) },
      },
      [rows, columns],
    );
    this.pool.push(m.outputOf(grid, 'q', 5 * rows * columns));
    if (rng.below(2)) this.pool.push(m.outputOf(grid, 'p', 8 * rows * columns));
  }

  finish(): void {
    const { rng, m } = this;
    for (const register of this.registers) {
      const width = m.width(register);
      const hold = () => (rng.below(3) ? this.any(width) : register);
      const tree = (depth: number): NodeId =>
        depth === 0 ? hold() : m.mux(this.any(1), tree(depth - 1), tree(depth - 1));
      m.drive(register, tree(rng.below(4)), rng.below(4) ? undefined : this.any(1));
    }
    for (let i = 0; i < 10; i++) m.output(`out${i}`, this.any());
  }
}
