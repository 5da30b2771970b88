/** Which bits of which nets are read, as a linter counts them. */
import type { Expression, Item, Range, Statement } from './syntax.ts';

export interface Usage {
  /** Whether anything reads any of a net. */
  isRead(name: string): boolean;
  /** Ranges `[low, high]` of a net of `width` bits that nothing reads. */
  unread(name: string, width: number): readonly Range[];
}

/** What `items` read. Checks do not count: in synthesis they are not there. */
export function findUsage(items: readonly Item[]): Usage {
  const ranges = new Map<string, Range[]>();
  const read = (name: string, range: Range) => {
    const known = ranges.get(name);
    if (known) known.push(range);
    else ranges.set(name, [range]);
  };
  items.forEach((item) => visitItem(item, read));
  return {
    isRead: (name) => ranges.has(name),
    unread(name, width) {
      const gaps: Range[] = [];
      let next = 0;
      for (const [low, high] of (ranges.get(name) ?? []).sort((a, b) => a[0] - b[0])) {
        if (low > next) gaps.push([next, low - 1]);
        next = Math.max(next, high + 1);
      }
      if (next < width) gaps.push([next, width - 1]);
      return gaps;
    },
  };
}

type Read = (name: string, range: Range) => void;

function visitItem(item: Item, read: Read): void {
  switch (item.kind) {
    case 'net':
      if (item.value) visit(item.value, read);
      break;
    case 'assign':
      visit(item.value, read);
      break;
    case 'combinational':
    case 'initial':
      item.body.forEach((statement) => visitStatement(statement, read));
      break;
    case 'clocked':
      read(item.clock, [0, Infinity]);
      item.body.forEach((statement) => visitStatement(statement, read));
      break;
    case 'instance':
      // An output that is connected counts as a use of nothing; its net has uses of its own.
      item.connections.forEach(({ value, output }) => {
        if (!output) visit(value, read);
      });
      break;
    case 'generate':
    case 'for':
      item.items.forEach((inner) => visitItem(inner, read));
      break;
    case 'localparam':
    case 'memory':
    case 'genvars':
    case 'ifdef':
      break;
  }
}

function visitStatement(statement: Statement, read: Read): void {
  switch (statement.kind) {
    case 'assign':
      visitTarget(statement.target, read);
      visit(statement.value, read);
      break;
    case 'if':
      visit(statement.condition, read);
      [...statement.whenTrue, ...statement.whenFalse].forEach((inner) =>
        visitStatement(inner, read),
      );
      break;
    case 'case':
      visit(statement.selector, read);
      statement.arms.forEach((arm) => arm.matches.forEach((match) => visit(match, read)));
      statement.arms.forEach((arm) => arm.body.forEach((inner) => visitStatement(inner, read)));
      statement.fallback.forEach((inner) => visitStatement(inner, read));
      break;
    case 'property':
      visit(statement.condition, read);
      break;
    case 'comment':
    case 'display':
    case 'finish':
      break;
  }
}

/** A target is written, but the address of a word is read. */
function visitTarget(target: Expression, read: Read): void {
  if (target.kind === 'lane') visitTarget(target.word, read);
  else if (target.kind === 'index') visit(target.index, read);
}

/** Parts that are computed: those that the loop around them goes through, or any. */
function readParts(
  { name, reads }: Extract<Expression, { kind: 'index' | 'part' }>,
  read: Read,
): void {
  if (reads === undefined) read(name, [0, Infinity]);
  else reads.forEach((range) => read(name, range));
}

function visit(expression: Expression, read: Read): void {
  switch (expression.kind) {
    case 'net':
      read(expression.name, [0, Infinity]);
      break;
    case 'slice':
      read(expression.name, [expression.low, expression.high]);
      break;
    case 'index':
      readParts(expression, read);
      visit(expression.index, read);
      break;
    case 'part':
      readParts(expression, read);
      visit(expression.from, read);
      break;
    case 'unary':
    case 'cast':
    case 'repeat':
      visit(expression.a, read);
      break;
    case 'binary':
      visit(expression.a, read);
      visit(expression.b, read);
      break;
    case 'choice':
      visit(expression.condition, read);
      visit(expression.whenTrue, read);
      visit(expression.whenFalse, read);
      break;
    case 'concat':
      expression.parts.forEach((part) => visit(part, read));
      break;
    case 'lane':
    case 'literal':
    case 'genvar':
      break;
  }
}
