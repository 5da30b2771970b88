import type { NodeId } from '../ir/index.ts';
import { addNode } from './builder.ts';
import type { Builder } from './builder.ts';

export type ElementIndex = number | { readonly node: NodeId };

/** The packed vector `base` with one element replaced. Out of range nothing is. */
export function replaceElement(
  builder: Builder,
  base: NodeId,
  index: ElementIndex,
  value: NodeId,
): NodeId {
  const { width: total } = builder.nodes[base]!;
  const { width } = builder.nodes[value]!;
  const length = total / width;
  if (length === 1 && index === 0) return value;
  const elements = Array.from({ length }, (_, position): NodeId => {
    if (position === index) return value;
    const kept = (): NodeId =>
      addNode(builder, { kind: 'slice', width, a: base, low: position * width });
    if (typeof index === 'number') return kept();
    const condition = equals(builder, index.node, position);
    if (condition === undefined) return kept();
    return addNode(builder, {
      kind: 'mux',
      width,
      condition,
      whenTrue: value,
      whenFalse: length === 1 ? base : kept(),
    });
  });
  return packElements(builder, elements);
}

/** All elements as one value; the first is the lowest. */
export function packElements(builder: Builder, elements: readonly NodeId[]): NodeId {
  if (elements.length === 1) return elements[0]!;
  const width = elements.reduce((sum, id) => sum + builder.nodes[id]!.width, 0);
  return addNode(builder, { kind: 'concat', width, parts: [...elements].reverse() });
}

/** 1 where `index` is `position`; `undefined` for a position that it cannot express. */
function equals(builder: Builder, index: NodeId, position: number): NodeId | undefined {
  const { width } = builder.nodes[index]!;
  if (width < 32 && position >= 2 ** width) return undefined;
  const constant = addNode(builder, { kind: 'const', width, value: position.toString(16) });
  return addNode(builder, { kind: 'binary', op: 'eq', width: 1, a: index, b: constant });
}
