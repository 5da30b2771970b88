/**
 * What neighbours in an array share: a packed vector with the parts of all elements and of the edge,
 * from which an element reads one part and drives the part one step further.
 */
import type { Connection, Instance, Port } from '../ir/index.ts';
import { locationOf } from './instances.ts';
import type { InstanceContext } from './instances.ts';
import { part, slices } from './loops.ts';
import type { Loops } from './loops.ts';
import { bitsOf, net } from './syntax.ts';
import type { Expression, Item, Range } from './syntax.ts';

export interface Chain {
  readonly name: string;
  readonly port: Port;
  readonly connection: Extract<Connection, { kind: 'neighbour' }>;
}

export function chainsOf(context: InstanceContext, instance: Instance): Chain[] {
  const { ports } = context.children.get(instance.module)!;
  return ports.flatMap((port): Chain[] => {
    const connection = instance.inputs[port.name];
    if (connection?.kind !== 'neighbour') return [];
    return [{ name: context.names.claim(`${instance.name}_${port.name}`), port, connection }];
  });
}

/** Whether each row has parts of its own, the edge among them. */
export const isRowChain = (loops: Loops, { connection }: Chain): boolean =>
  loops.row !== undefined && connection.axis === 1;

/** Parts of a chain: a row of edge parts, or one edge part for each row. */
export function chainParts(loops: Loops, chain: Chain): number {
  const { rows, columns } = loops;
  return isRowChain(loops, chain) ? rows * (columns + 1) : (rows + 1) * columns;
}

/** The part of a chain that is `ahead` (0 or 1) steps up from the element of this iteration. */
function chainPosition(loops: Loops, chain: Chain, ahead: 0 | 1): string {
  const { row, column, columnsName } = loops;
  if (row === undefined) return ahead === 0 ? column : `(${column} + 1)`;
  if (isRowChain(loops, chain)) {
    return `((${columnsName} + 1)*${row} + ${column}${ahead === 0 ? '' : ' + 1'})`;
  }
  return ahead === 0
    ? `(${columnsName}*${row} + ${column})`
    : `(${columnsName}*(${row} + 1) + ${column})`;
}

/** What an element drives of a chain. */
export const drivenPart = (loops: Loops, chain: Chain): Expression =>
  part(
    chain.name,
    chain.port.width,
    chainParts(loops, chain),
    chainPosition(loops, chain, chain.connection.step === 1 ? 1 : 0),
  );

/** What an element reads of a chain; the part at the far end stays unread. */
export function readPart(loops: Loops, chain: Chain): Expression {
  const { connection, port } = chain;
  const { rows, columns } = loops;
  const ahead = connection.step === 1 ? 0 : 1;
  const row = columns * port.width;
  const reads = isRowChain(loops, chain)
    ? Array.from({ length: rows }, (_, index): Range => {
        const low = (index * (columns + 1) + ahead) * port.width;
        return [low, low + row - 1];
      })
    : [[ahead * row, (ahead + rows) * row - 1] as const];
  const at = chainPosition(loops, chain, ahead);
  return part(chain.name, port.width, chainParts(loops, chain), at, reads);
}

export interface Wiring {
  readonly nets: readonly Item[];
  readonly assigns: readonly Item[];
  readonly perRow: readonly Item[];
  readonly perElement: readonly Item[];
}

/**
 * Declares a chain and feeds its edge. `carrier` is the chain that carries the same output; where it
 * is the chain itself, `collected` is the net that takes in this output of all elements, if any.
 */
export function wireChain(
  context: InstanceContext,
  instance: Instance,
  loops: Loops,
  chain: Chain,
  carrier: Chain,
  collected: string | undefined,
): Wiring {
  const { name, port } = chain;
  const declaration: Item = {
    kind: 'net',
    type: 'wire',
    signed: false,
    width: chainParts(loops, chain) * port.width,
    name,
    comment: contents(loops, chain),
    ...locationOf(instance),
  };
  const copy: Item[] =
    chain === carrier
      ? []
      : [{ kind: 'assign', target: drivenPart(loops, chain), value: drivenPart(loops, carrier) }];
  const inRows = isRowChain(loops, chain);
  return {
    nets: [declaration],
    assigns: inRows ? [] : wireRows(context, loops, chain, collected),
    perRow: inRows ? wireRow(context, loops, chain, collected) : [],
    perElement: copy,
  };
}

/** Edge and outputs of a chain that runs along each row, in the loop over the rows. */
function wireRow(
  context: InstanceContext,
  loops: Loops,
  chain: Chain,
  collected: string | undefined,
): Item[] {
  const { rows, columns, columnsName } = loops;
  const { name, connection } = chain;
  const { width } = chain.port;
  const row = loops.row!;
  const from = `(${columnsName} + 1)*${row}`;
  const edgeAt = connection.step === 1 ? from : `(${from} + ${columnsName})`;
  const outputsAt = connection.step === 1 ? `(${from} + 1)` : from;
  const edge = netName(context, connection.edge);
  const items: Item[] = [
    {
      kind: 'assign',
      target: part(name, width, chainParts(loops, chain), edgeAt),
      value: part(edge, width, rows, row),
    },
  ];
  if (collected !== undefined) {
    items.push({
      kind: 'assign',
      target: part(collected, columns * width, rows, row),
      value: slices(name, columns * width, `${width}*${outputsAt}`),
    });
  }
  return items;
}

/** Edge and outputs of a chain that runs from row to row. */
function wireRows(
  context: InstanceContext,
  loops: Loops,
  chain: Chain,
  collected: string | undefined,
): Item[] {
  const { name, connection } = chain;
  const { width } = chain.port;
  const whole = chainParts(loops, chain) * width;
  const edge = loops.columns * width;
  const isForward = connection.step === 1;
  const items: Item[] = [
    {
      kind: 'assign',
      target: bitsOf(name, whole, isForward ? 0 : whole - edge, edge),
      value: context.expressions.use(connection.edge),
    },
  ];
  if (collected !== undefined) {
    items.push({
      kind: 'assign',
      target: net(collected),
      value: bitsOf(name, whole, isForward ? edge : 0, whole - edge),
    });
  }
  return items;
}

/** What the parts of a chain are, from the lowest up. */
function contents(loops: Loops, chain: Chain): string {
  const { port, step } = chain.connection;
  const isRow = isRowChain(loops, chain);
  const elements = `${port} of each ${loops.row === undefined || isRow ? 'element' : 'row'}`;
  const parts = step === 1 ? `the edge, then ${elements}` : `${elements}, then the edge`;
  return isRow ? `for each row: ${parts}` : parts;
}

/** The name of a node that is a net. */
export function netName(context: InstanceContext, id: number): string {
  const value = context.expressions.use(id);
  if (value.kind !== 'net') throw new Error(`node ${id} of ${context.module.name} has no net`);
  return value.name;
}
