/** A module as text. Nothing is decided here but the layout: 2 spaces, 100 columns. */
import { layoutExpression, printExpression } from './print-expression.ts';
import type { Expression, Item, PortDeclaration, Statement, VerilogModule } from './syntax.ts';

const columns = 100;

export function printModule(module: VerilogModule): string {
  const lines = [
    ...module.header.map((line) => (line === '' ? '//' : `// ${line}`)),
    '',
    module.ports.length === 0 ? `module ${module.name};` : `module ${module.name} (`,
    ...printPorts(module.ports),
    ...(module.ports.length === 0 ? [] : [');']),
  ];
  for (const section of module.sections) {
    if (section.length === 0) continue;
    lines.push('', ...printItems(section, 1));
  }
  return [...lines, '', 'endmodule', ''].join('\n');
}

function printPorts(ports: readonly PortDeclaration[]): string[] {
  const heads = ports.map((port) => `${port.direction.padEnd(6)} ${port.type.padEnd(4)}`);
  const ranges = alignRanges(ports.map((port) => port.width));
  const declarations = ports.map((port, index) => {
    const comma = index === ports.length - 1 ? '' : ',';
    return `  ${heads[index]} ${ranges[index]}${port.name}${comma}`;
  });
  const widest = Math.max(...declarations.map((line) => line.length));
  return ports.flatMap((port, index) => {
    const gap = index > 0 && ports[index - 1]!.group !== port.group ? [''] : [];
    const attributes = Object.entries(port.attributes ?? {}).map(
      ([name, value]) => `  (* ${name} = ${JSON.stringify(value)} *)`,
    );
    const heading = [
      ...gap,
      ...(port.heading === undefined ? [] : wrapComment(port.heading)),
      ...attributes,
    ];
    const line = declarations[index]!;
    if (port.comment === '') return [...heading, line];
    const commented = `${line.padEnd(widest)}  // ${port.comment}`;
    return [
      ...heading,
      ...(commented.length <= columns ? [commented] : [...wrapComment(port.comment), line]),
    ];
  });
}

function wrapComment(text: string): string[] {
  const lines: string[] = [];
  for (const word of text.split(/\s+/)) {
    const line = lines.at(-1);
    if (line !== undefined && line.length + 1 + word.length <= columns) {
      lines[lines.length - 1] = `${line} ${word}`;
    } else {
      lines.push(`  // ${word}`);
    }
  }
  return lines;
}

/** `[7:0] ` for each width, padded so that what follows stands in one column. */
function alignRanges(widths: readonly number[]): string[] {
  const ranges = widths.map(rangeOf);
  const longest = Math.max(...ranges.map((range) => range.length));
  return ranges.map((range) => (longest === 0 ? '' : `${range.padEnd(longest)} `));
}

type Declaration = Extract<Item, { kind: 'net' | 'memory' }>;
type Localparam = Extract<Item, { kind: 'localparam' }>;
type Assign = Extract<Item, { kind: 'assign' }>;

const isDeclaration = (item: Item): item is Declaration =>
  item.kind === 'net' || item.kind === 'memory';
const isLocalparam = (item: Item): item is Localparam => item.kind === 'localparam';
const isAssign = (item: Item): item is Assign => item.kind === 'assign';

/** Items one after the other; neighbours of one kind stand in columns. */
function printItems(items: readonly Item[], depth: number): string[] {
  const lines: string[] = [];
  for (let index = 0; index < items.length;) {
    const take = <T extends Item>(isOne: (item: Item) => item is T): T[] => {
      const run: T[] = [];
      for (let next = items[index]; next && isOne(next); next = items[++index]) run.push(next);
      return run;
    };
    const item = items[index]!;
    if (isDeclaration(item)) lines.push(...printDeclarations(take(isDeclaration), depth));
    else if (isLocalparam(item)) lines.push(...printLocalparams(take(isLocalparam), depth));
    else if (isAssign(item)) lines.push(...printAssigns(take(isAssign), depth));
    else {
      lines.push(...printItem(item, depth));
      index += 1;
    }
  }
  return lines;
}

/** Declarations in columns; signed ones stand out of them where they are few. */
function printDeclarations(run: readonly Declaration[], depth: number): string[] {
  const isSigned = (item: Declaration) => item.kind === 'net' && item.signed;
  const signed = run.filter(isSigned);
  const aligned = new Set(
    2 * signed.length >= run.length ? run : run.filter((item) => !isSigned(item)),
  );
  const typeOf = (item: Declaration) =>
    `${item.kind === 'net' ? item.type : 'reg'}${isSigned(item) ? ' signed' : ''}`;
  const typeWidth = Math.max(...[...aligned].map((item) => typeOf(item).length));
  const rangeWidth = Math.max(...[...aligned].map((item) => rangeOf(item.width).length));
  const pad = '  '.repeat(depth);
  const headOf = (item: Declaration): string => {
    const range = rangeOf(item.width);
    return aligned.has(item)
      ? `${typeOf(item).padEnd(typeWidth)} ${rangeWidth === 0 ? '' : `${range.padEnd(rangeWidth)} `}`
      : `${typeOf(item)} ${range === '' ? '' : `${range} `}`;
  };
  const commentColumn = Math.max(
    ...run.map((item) =>
      item.kind === 'net' && item.comment !== undefined
        ? `${pad}${headOf(item)}${item.name};`.length
        : 0,
    ),
  );
  const assignments = run.map((item): Assignment | readonly string[] => {
    const left = `${pad}${headOf(item)}${item.name}`;
    if (item.kind === 'net') {
      if (item.value !== undefined) return { left, value: item.value };
      if (item.synchronizes) return [`${pad}(* async_reg = "true" *)`, `${left};`];
      if (item.comment === undefined) return [`${left};`];
      const line = `${`${left};`.padEnd(commentColumn)}  // ${item.comment}`;
      return line.length <= columns ? [line] : [`${pad}// ${item.comment}`, `${left};`];
    }
    const words = item.depth === 1 ? '' : ` [0:${item.depth - 1}]`;
    const attribute = item.style === undefined ? [] : [`${pad}(* ram_style = "${item.style}" *)`];
    return [...attribute, `${left}${words};`];
  });
  return printAssignments(assignments, depth);
}

function printLocalparams(run: readonly Localparam[], depth: number): string[] {
  const pad = '  '.repeat(depth);
  const heads = run.map(({ name, width }) => {
    const range = width === undefined || width === 1 ? '' : `${rangeOf(width)} `;
    return { left: `${pad}localparam ${range}${name}` };
  });
  return printAssignments(
    run.map(({ value }, index) => ({ ...heads[index]!, value })),
    depth,
  );
}

function printAssigns(run: readonly Assign[], depth: number): string[] {
  const pad = '  '.repeat(depth);
  return printAssignments(
    run.map(({ target, value }) => ({
      left: `${pad}assign ${printExpression(target)}`,
      value,
    })),
    depth,
  );
}

interface Assignment {
  /** All before the equals sign. */
  readonly left: string;
  readonly value: Expression;
}

// Among neighbours, a left side this much longer than another does not push its value away.
const widestGap = 16;

/**
 * Assignments, the equals signs of neighbours in one column. A line that would be too long in that
 * column, or needs several lines, or is much longer than its neighbours, starts a new column.
 */
function printAssignments(
  run: readonly (Assignment | readonly string[])[],
  depth: number,
): string[] {
  const lines: string[] = [];
  let block: Assignment[] = [];
  let [shortest, longest, room] = [Infinity, 0, Infinity];
  const flush = (): void => {
    lines.push(...block.map(({ left, value }) => assignment(left.padEnd(longest), value, depth)));
    block = [];
    [shortest, longest, room] = [Infinity, 0, Infinity];
  };
  for (const line of run) {
    if (isPrinted(line)) {
      flush();
      lines.push(...line);
      continue;
    }
    const { length } = line.left;
    const ownRoom = columns - ' = ;'.length - printExpression(line.value).length;
    const column = Math.max(longest, length);
    const isFar = column - Math.min(shortest, length) > widestGap;
    if (isFar || column > Math.min(room, ownRoom)) flush();
    block.push(line);
    shortest = Math.min(shortest, length);
    longest = Math.max(longest, length);
    room = Math.min(room, ownRoom);
  }
  flush();
  return lines;
}

const isPrinted = (line: Assignment | readonly string[]): line is readonly string[] =>
  Array.isArray(line);

const rangeOf = (width: number): string => (width === 1 ? '' : `[${width - 1}:0]`);

/** `left = value;`, broken where it is too long. */
const assignment = (left: string, value: Expression, depth: number): string =>
  withValue(`${left} =`, value, depth);

/** `head value;`, broken where it is too long. */
function withValue(head: string, value: Expression, depth: number): string {
  const text = layoutExpression(value, 2 * depth, head.length + 1, columns - 1);
  return `${head}${text.startsWith('\n') ? '' : ' '}${text};`;
}

function printItem(item: Item, depth: number): string[] {
  const pad = '  '.repeat(depth);
  switch (item.kind) {
    case 'net':
    case 'memory':
      return printDeclarations([item], depth);
    case 'localparam':
      return printLocalparams([item], depth);
    case 'assign':
      return printAssigns([item], depth);
    case 'combinational':
      return block(`${pad}always @* begin`, item.body, depth);
    case 'clocked':
      return block(
        `${pad}always @(posedge ${item.clock}${item.edge ? ` or ${item.edge}` : ''}) begin`,
        item.body,
        depth,
      );
    case 'initial':
      return block(`${pad}initial begin`, item.body, depth);
    case 'instance':
      return printInstance(item, depth);
    case 'genvars':
      return [`${pad}genvar ${item.names.join(', ')};`];
    case 'generate':
      return [`${pad}generate`, ...printItems(item.items, depth + 1), `${pad}endgenerate`];
    case 'for': {
      const { genvar, limit, label, items } = item;
      const head = `${genvar} = 0; ${genvar} < ${limit}; ${genvar} = ${genvar} + 1`;
      return [`${pad}for (${head}) begin : ${label}`, ...printItems(items, depth + 1), `${pad}end`];
    }
    case 'ifdef':
      return [`\`ifdef ${item.symbol}`, ...printItems(item.items, depth), '`endif'];
  }
}

function printInstance(item: Extract<Item, { kind: 'instance' }>, depth: number): string[] {
  const pad = '  '.repeat(depth);
  const longest = Math.max(...item.connections.map(({ port }) => port.length));
  const connections = item.connections.map(({ port, value }, index) => {
    const head = `${pad}  .${port.padEnd(longest)} (`;
    const text = layoutExpression(value, 2 * depth + 2, head.length, columns - 2);
    return `${head}${text})${index === item.connections.length - 1 ? '' : ','}`;
  });
  return [...instanceHead(item, pad), ...connections, `${pad});`];
}

/** Parameters, which only what exists already has, stand before the name of the instance. */
function instanceHead(item: Extract<Item, { kind: 'instance' }>, pad: string): string[] {
  const parameters = Object.entries(item.parameters ?? {}).map(
    ([name, value]) => `.${name}(${typeof value === 'number' ? value : JSON.stringify(value)})`,
  );
  if (parameters.length === 0) return [`${pad}${item.module} ${item.name} (`];
  return [
    `${pad}${item.module} #(`,
    ...parameters.map(
      (text, index) => `${pad}  ${text}${index < parameters.length - 1 ? ',' : ''}`,
    ),
    `${pad}) ${item.name} (`,
  ];
}

function block(head: string, body: readonly Statement[], depth: number): string[] {
  return [head, ...printStatements(body, depth + 1), `${'  '.repeat(depth)}end`];
}

const printStatements = (body: readonly Statement[], depth: number): string[] =>
  body.flatMap((statement) => printStatement(statement, depth));

function printStatement(statement: Statement, depth: number): string[] {
  const pad = '  '.repeat(depth);
  switch (statement.kind) {
    case 'assign': {
      const operator = statement.blocking ? '=' : '<=';
      const head = `${pad}${printExpression(statement.target)} ${operator}`;
      return [withValue(head, statement.value, depth)];
    }
    case 'if':
      return printIf(statement, depth, `${pad}if (`);
    case 'case':
      return [
        `${pad}case (${printExpression(statement.selector)})`,
        ...printArms(statement, depth + 1),
        `${pad}endcase`,
      ];
    case 'property':
      return [
        `${pad}${statement.name}: ${statement.property} (${printExpression(statement.condition)});`,
      ];
    case 'comment':
      return [`${pad}// ${statement.text}`];
    case 'display':
      return printDisplay(statement.text, pad);
    case 'finish':
      return [`${pad}$finish;`];
  }
}

/** A message that is too long for one line is written piece by piece. */
function printDisplay(text: string, pad: string): string[] {
  const call = (task: string, part: string) => `${pad}${task}(${JSON.stringify(part)});`;
  const lines: string[] = [];
  let part = '';
  for (const word of text.split(/(?<= )/)) {
    if (part !== '' && call('$display', part + word).length > columns) {
      lines.push(call('$write', part));
      part = '';
    }
    part += word;
  }
  return [...lines, call('$display', part)];
}

interface Arm {
  readonly label: string;
  readonly body: readonly string[];
  /** Whether the body is one line that may follow the label. */
  readonly isShort: boolean;
}

/** Arms of one assignment are lines; where all are, the assignments stand in one column. */
function printArms(statement: Extract<Statement, { kind: 'case' }>, depth: number): string[] {
  const pad = '  '.repeat(depth);
  const labels = [
    ...statement.arms.map(({ matches }) => matches.map(printExpression).join(', ')),
    'default',
  ];
  const bodies = [...statement.arms.map((arm) => arm.body), statement.fallback];
  const arms = bodies.map((body, index): Arm => {
    const lines = printStatements(body, depth + 1);
    const label = `${pad}${labels[index]!}:`;
    const [only = ''] = lines;
    const isShort =
      lines.length === 1 &&
      body[0]!.kind === 'assign' &&
      label.length + 1 + only.trimStart().length <= columns;
    return { label, body: lines, isShort };
  });
  const widest = Math.max(...arms.map(({ label }) => label.length));
  const inColumns = arms.every(
    ({ isShort, body }) => isShort && widest + 1 + body[0]!.trimStart().length <= columns,
  );
  return arms.flatMap(({ label, body, isShort }) => {
    if (body.length === 0) return [`${label} ;`];
    if (isShort) return [`${inColumns ? label.padEnd(widest) : label} ${body[0]!.trimStart()}`];
    return [`${label} begin`, ...body, `${pad}end`];
  });
}

function printIf(
  statement: Extract<Statement, { kind: 'if' }>,
  depth: number,
  head: string,
): string[] {
  const pad = '  '.repeat(depth);
  const { whenTrue, whenFalse } = statement;
  const condition = layoutExpression(
    statement.condition,
    2 * depth + 2,
    head.length,
    columns - ') begin'.length,
  );
  const lines = [`${head}${condition}) begin`, ...printStatements(whenTrue, depth + 1)];
  const [other, ...others] = whenFalse;
  if (other === undefined) return [...lines, `${pad}end`];
  if (other.kind === 'if' && others.length === 0) {
    return [...lines, ...printIf(other, depth, `${pad}end else if (`)];
  }
  return [...lines, `${pad}end else begin`, ...printStatements(whenFalse, depth + 1), `${pad}end`];
}
