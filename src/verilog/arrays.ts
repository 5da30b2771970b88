/**
 * Arrays of instances as generate loops over packed vectors.
 *
 * Neighbours share a chain: a packed vector with the parts of all elements and of the edge, from
 * which an element reads one part and drives the part one step further.
 */
import type { Connection, Instance, Port } from '../ir/index.ts';
import { connections, declareOutputs, modulePart, locationOf } from './instances.ts';
import type { EmittedInstance, InstanceContext } from './instances.ts';
import type { Names } from './names.ts';
import { bitsOf, net } from './syntax.ts';
import type { Expression, Item } from './syntax.ts';

/** How the loops of one array refer to positions. */
interface Loops {
  readonly rows: number;
  readonly columns: number;
  readonly row: string | undefined;
  readonly column: string;
  readonly columnsName: string;
}

interface Chain {
  readonly name: string;
  readonly port: Port;
  readonly connection: Extract<Connection, { kind: 'neighbour' }>;
}

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
  const chains = chainsOf(context, instance);
  // An output is driven into the first chain that it feeds; further ones copy from there.
  const carriers = new Map<string, Chain>();
  for (const chain of chains) {
    if (!carriers.has(chain.connection.port)) carriers.set(chain.connection.port, chain);
  }
  const outputs = declareOutputs(context, instance, index, (port) => !carriers.has(port));
  const wiring = chains.map((chain) =>
    wireChain(context, index, loops, chain, carriers.get(chain.connection.port)!),
  );
  const elements = loops.rows * loops.columns;
  const collects = (chain: Chain): boolean =>
    carriers.get(chain.connection.port) === chain &&
    context.outputNode(index, chain.connection.port) !== undefined;
  const value = (port: Port): Expression => {
    const connection = instance.inputs[port.name];
    switch (connection?.kind) {
      case 'broadcast':
        return context.expressions.use(connection.value);
      case 'each':
        return part(netName(context, connection.value), port.width, elements, position(loops));
      case 'neighbour':
        return readChain(
          loops,
          chains.find((chain) => chain.port === port)!,
          collects,
        );
      case undefined: {
        const carrier = carriers.get(port.name);
        if (carrier) return chainPart(loops, carrier, drivenPosition(loops, carrier));
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
  const perRow = wiring.flatMap((wired) => wired.perRow);
  const genvars = context.takeGenvars();
  return {
    localparams: limits.map((limit, axis) => ({
      kind: 'localparam',
      name: limit,
      value: { kind: 'genvar', text: `${instance.dimensions[axis]!}` },
    })),
    nets: [...outputs.items, ...wiring.flatMap((wired) => wired.nets)],
    sections: [
      wiring.flatMap((wired) => wired.assigns),
      [
        ...(genvars.length === 0 ? [] : [{ kind: 'genvars', names: genvars } as const]),
        { kind: 'generate', items: nest(names, loops, limits, stem, perRow, inner) },
      ],
    ],
  };
}

function loopsOf(context: InstanceContext, instance: Instance, limits: readonly string[]): Loops {
  const [first, second] = instance.dimensions;
  return second === undefined
    ? {
        rows: first!,
        columns: 1,
        row: undefined,
        column: context.genvar('i'),
        columnsName: limits[0]!,
      }
    : {
        rows: first!,
        columns: second,
        row: context.genvar('row'),
        column: context.genvar('column'),
        columnsName: limits[1]!,
      };
}

function nest(
  names: Names,
  loops: Loops,
  limits: readonly string[],
  stem: string,
  perRow: readonly Item[],
  inner: readonly Item[],
): Item[] {
  const { row, column } = loops;
  const last = limits.at(-1)!;
  if (row === undefined) {
    return [
      { kind: 'for', genvar: column, limit: last, label: names.claim(`g_${stem}`), items: inner },
    ];
  }
  return [
    {
      kind: 'for',
      genvar: row,
      limit: limits[0]!,
      label: names.claim(`g_${stem}_row`),
      items: [
        ...perRow,
        { kind: 'for', genvar: column, limit: last, label: names.claim(`g_${stem}`), items: inner },
      ],
    },
  ];
}

function chainsOf(context: InstanceContext, instance: Instance): Chain[] {
  const { ports } = context.children.get(instance.module)!;
  return ports.flatMap((port): Chain[] => {
    const connection = instance.inputs[port.name];
    if (connection?.kind !== 'neighbour') return [];
    return [{ name: context.names.claim(`${instance.name}_${port.name}`), port, connection }];
  });
}

const isRowChain = (loops: Loops, { connection }: Chain): boolean =>
  loops.row !== undefined && connection.axis === 1;

/** Parts of a chain: a row of edge parts, or one edge part for each row. */
function chainParts(loops: Loops, chain: Chain): number {
  const { rows, columns } = loops;
  return isRowChain(loops, chain) ? rows * (columns + 1) : (rows + 1) * columns;
}

/** Where the element of this iteration stands in a vector of all elements. */
const position = (loops: Loops): string =>
  loops.row === undefined ? loops.column : `(${loops.columnsName}*${loops.row} + ${loops.column})`;

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

const drivenPosition = (loops: Loops, chain: Chain): string =>
  chainPosition(loops, chain, chain.connection.step === 1 ? 1 : 0);

function chainPart(loops: Loops, chain: Chain, at: string): Expression {
  return part(chain.name, chain.port.width, chainParts(loops, chain), at);
}

/** What an element reads of a chain; the part at the far end stays unread. */
function readChain(loops: Loops, chain: Chain, collects: (chain: Chain) => boolean): Expression {
  const { connection, port } = chain;
  const value = chainPart(loops, chain, chainPosition(loops, chain, connection.step === 1 ? 0 : 1));
  if (value.kind !== 'part' && value.kind !== 'index') return value;
  if (isRowChain(loops, chain)) return collects(chain) ? value : { ...value, reads: [0, -1] };
  const low = connection.step === 1 ? 0 : loops.columns * port.width;
  return { ...value, reads: [low, low + loops.rows * loops.columns * port.width - 1] };
}

interface Wiring {
  readonly nets: readonly Item[];
  readonly assigns: readonly Item[];
  readonly perRow: readonly Item[];
  readonly perElement: readonly Item[];
}

/** Declares a chain, feeds its edge, and collects the output that it carries where that is used. */
function wireChain(
  context: InstanceContext,
  index: number,
  loops: Loops,
  chain: Chain,
  carrier: Chain,
): Wiring {
  const { name, port, connection } = chain;
  const { width } = port;
  const whole = chainParts(loops, chain) * width;
  const declaration: Item = {
    kind: 'net',
    type: 'wire',
    signed: false,
    width: whole,
    name,
    comment: contents(loops, chain),
    ...locationOf(context.module.instances[index]!),
  };
  const copy: Item[] =
    chain === carrier
      ? []
      : [
          {
            kind: 'assign',
            target: chainPart(loops, chain, drivenPosition(loops, chain)),
            value: chainPart(loops, carrier, drivenPosition(loops, carrier)),
          },
        ];
  const id = chain === carrier ? context.outputNode(index, connection.port) : undefined;
  const collected = id === undefined ? [] : context.declare(id);
  const elements = loops.rows * loops.columns * width;
  if (isRowChain(loops, chain)) {
    const { columns, columnsName } = loops;
    const row = loops.row!;
    const edgeAt =
      connection.step === 1
        ? `(${columnsName} + 1)*${row}`
        : `((${columnsName} + 1)*${row} + ${columnsName})`;
    const edge: Item = {
      kind: 'assign',
      target: part(name, width, chainParts(loops, chain), edgeAt),
      value: part(netName(context, connection.edge), width, loops.rows, row),
    };
    const from = `(${columnsName} + 1)*${row}`;
    const rows: Item[] =
      id === undefined
        ? []
        : [
            {
              kind: 'assign',
              target: part(context.netOf(id), columns * width, loops.rows, row),
              value: slices(
                name,
                columns * width,
                connection.step === 1 ? `${width}*(${from} + 1)` : `${width}*${from}`,
              ),
            },
          ];
    return {
      nets: [declaration, ...collected],
      assigns: [],
      perRow: [edge, ...rows],
      perElement: copy,
    };
  }
  const edgeBits = loops.columns * width;
  const edgeLow = connection.step === 1 ? 0 : elements;
  const elementsLow = connection.step === 1 ? edgeBits : 0;
  return {
    nets: [declaration, ...collected],
    assigns: [
      {
        kind: 'assign',
        target: bitsOf(name, whole, edgeLow, edgeBits),
        value: context.expressions.use(connection.edge),
      },
      ...(id === undefined
        ? []
        : [
            {
              kind: 'assign',
              target: net(context.netOf(id)),
              value: bitsOf(name, whole, elementsLow, elements),
            } as const,
          ]),
    ],
    perRow: [],
    perElement: copy,
  };
}

/** What the parts of a chain are, from the lowest up. */
function contents(loops: Loops, chain: Chain): string {
  const { port, step } = chain.connection;
  const isRow = isRowChain(loops, chain);
  const elements = `${port} of each ${loops.row === undefined || isRow ? 'element' : 'row'}`;
  const parts = step === 1 ? `the edge, then ${elements}` : `${elements}, then the edge`;
  return isRow ? `for each row: ${parts}` : parts;
}

function netName(context: InstanceContext, id: number): string {
  const value = context.expressions.use(id);
  if (value.kind !== 'net') throw new Error(`node ${id} of ${context.module.name} has no net`);
  return value.name;
}

const slices = (name: string, width: number, from: string): Expression => ({
  kind: 'part',
  name,
  from: { kind: 'genvar', text: from },
  width,
});

/** Part `at` of a packed vector of so many parts of `width` bits. */
function part(name: string, width: number, parts: number, at: string): Expression {
  // What has one part is no vector, and of one bit nothing can be selected.
  if (parts === 1) return net(name);
  return width === 1
    ? { kind: 'index', name, index: { kind: 'genvar', text: at.replace(/^\((.*)\)$/, '$1') } }
    : slices(name, width, `${width}*${at}`);
}
