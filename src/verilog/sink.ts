import { bitsOf, net } from './syntax.ts';
import type { Expression, Item, PortDeclaration } from './syntax.ts';
import { findUsage } from './usage.ts';

// With more gaps than this, the whole net says the same in less room.
const maxGaps = 4;

/**
 * One net that reads every bit that nothing else reads, so that linters see that it is meant.
 * `constants` are read by checks alone. `name` is asked for when there is such a bit.
 */
export function unusedSink(
  ports: readonly PortDeclaration[],
  items: readonly Item[],
  constants: readonly string[],
  name: () => string,
): readonly Item[] {
  const usage = findUsage(items);
  const inputs = ports.filter((port) => port.direction === 'input');
  const declared = [...inputs, ...items.filter((item) => item.kind === 'net')];
  const parts = declared.flatMap((declaration): Expression[] => {
    const gaps = usage.unread(declaration.name, declaration.width);
    if (gaps.length > maxGaps) return [net(declaration.name)];
    return gaps.map(([low, high]) =>
      bitsOf(declaration.name, declaration.width, low, high - low + 1),
    );
  });
  parts.push(...constants.map(net));
  if (parts.length === 0) return [];
  const zero: Expression = { kind: 'literal', width: 1, value: 0n, signed: false };
  return [
    {
      kind: 'net',
      type: 'wire',
      signed: false,
      width: 1,
      name: name(),
      value: { kind: 'unary', op: '&', a: { kind: 'concat', parts: [zero, ...parts] } },
    },
  ];
}
