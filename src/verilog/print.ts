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
    const heading =
      port.heading === undefined
        ? []
        : [...(index === 0 ? [] : ['']), ...wrapComment(port.heading)];
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

const isDeclaration = (item: Item): item is Declaration =>
  item.kind === 'net' || item.kind === 'memory';

function printItems(items: readonly Item[], depth: number): string[] {
  const lines: string[] = [];
  for (let index = 0; index < items.length;) {
    const run: Declaration[] = [];
    for (let next = items[index]; next && isDeclaration(next); next = items[index]) {
      run.push(next);
      index += 1;
    }
    if (run.length > 0) lines.push(...printDeclarations(run, depth));
    else lines.push(...printItem(items[index++]!, depth));
  }
  return lines;
}

/** Declarations in columns; signed ones stand out of them where they are few. */
function printDeclarations(run: readonly Declaration[], depth: number): string[] {
  const isSigned = (item: Declaration) => item.kind === 'net' && item.signed;
  const signed = run.filter(isSigned);
  const aligned = 2 * signed.length >= run.length ? run : run.filter((item) => !isSigned(item));
  const typeOf = (item: Declaration) =>
    `${item.kind === 'net' ? item.type : 'reg'}${isSigned(item) ? ' signed' : ''}`;
  const typeWidth = Math.max(...aligned.map((item) => typeOf(item).length));
  const rangeWidth = Math.max(...aligned.map((item) => rangeOf(item.width).length));
  const nameWidth = Math.max(
    ...aligned
      .filter((item) => item.kind === 'net' && item.value !== undefined)
      .map((item) => item.name.length)
      .filter((length) => length <= longestAlignedName),
  );
  return run.flatMap((item) =>
    aligned.includes(item)
      ? printDeclaration(item, depth, {
          type: typeOf(item).padEnd(typeWidth),
          range: rangeWidth === 0 ? '' : `${rangeOf(item.width).padEnd(rangeWidth)} `,
          nameWidth,
        })
      : printDeclaration(item, depth, {
          type: typeOf(item),
          range: item.width === 1 ? '' : `${rangeOf(item.width)} `,
          nameWidth: 0,
        }),
  );
}

function printDeclaration(
  item: Declaration,
  depth: number,
  style: { readonly type: string; readonly range: string; readonly nameWidth: number },
): string[] {
  const pad = '  '.repeat(depth);
  const head = `${pad}${style.type} ${style.range}`;
  if (item.kind === 'memory') {
    const words = item.depth === 1 ? '' : ` [0:${item.depth - 1}]`;
    const attribute = item.style === undefined ? [] : [`${pad}(* ram_style = "${item.style}" *)`];
    return [...attribute, `${head}${item.name}${words};`];
  }
  if (!item.value) return [`${head}${item.name};`];
  const padded = assignment(`${head}${item.name.padEnd(style.nameWidth)} =`, item.value, depth);
  // Columns are not worth a broken line.
  return [padded.includes('\n') ? assignment(`${head}${item.name} =`, item.value, depth) : padded];
}

const rangeOf = (width: number): string => (width === 1 ? '' : `[${width - 1}:0]`);

// A longer name does not push the values of all others to the right.
const longestAlignedName = 28;

/** `head value;`, broken where it is too long. */
function assignment(head: string, value: Expression, depth: number): string {
  const text = layoutExpression(value, 2 * depth, head.length + 1, columns - 1);
  return `${head}${text.startsWith('\n') ? '' : ' '}${text};`;
}

function printItem(item: Item, depth: number): string[] {
  const pad = '  '.repeat(depth);
  switch (item.kind) {
    case 'net':
    case 'memory':
      return printDeclarations([item], depth);
    case 'localparam': {
      const range = item.width === undefined || item.width === 1 ? '' : `[${item.width - 1}:0] `;
      return [`${pad}localparam ${range}${item.name} = ${printExpression(item.value)};`];
    }
    case 'assign':
      return [assignment(`${pad}assign ${printExpression(item.target)} =`, item.value, depth)];
    case 'combinational':
      return block(`${pad}always @* begin`, item.body, depth);
    case 'clocked':
      return block(`${pad}always @(posedge ${item.clock}) begin`, item.body, depth);
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
  return [`${pad}${item.module} ${item.name} (`, ...connections, `${pad});`];
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
      return [assignment(head, statement.value, depth)];
    }
    case 'if':
      return printIf(statement, depth, `${pad}if (`);
    case 'case':
      return [
        `${pad}case (${printExpression(statement.selector)})`,
        ...statement.arms.flatMap(({ matches, body }) =>
          printArm(matches.map(printExpression).join(', '), body, depth + 1),
        ),
        ...printArm('default', statement.fallback, depth + 1),
        `${pad}endcase`,
      ];
    case 'property':
      return [
        `${pad}${statement.name}: ${statement.property} (${printExpression(statement.condition)});`,
      ];
    case 'comment':
      return [`${pad}// ${statement.text}`];
    case 'display':
      return [`${pad}$display(${JSON.stringify(statement.text)});`];
    case 'finish':
      return [`${pad}$finish;`];
  }
}

function printArm(label: string, body: readonly Statement[], depth: number): string[] {
  const pad = '  '.repeat(depth);
  const [only, ...more] = printStatements(body, depth + 1);
  if (only === undefined) return [`${pad}${label}: ;`];
  const line = `${pad}${label}: ${only.trimStart()}`;
  if (more.length === 0 && body[0]!.kind === 'assign' && line.length <= columns) return [line];
  return [`${pad}${label}: begin`, only, ...more, `${pad}end`];
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
