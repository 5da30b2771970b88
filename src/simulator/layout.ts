import { laneOf, slotsOf } from './lanes.ts';
import type { Lane } from './lanes.ts';
import type { ValueId } from './graph.ts';
import type { Schedule, Scheduled } from './schedule.ts';
import type { Scope } from './scope.ts';
import { wordCount } from './words.ts';

/** Sizes or offsets in the four arrays: state as int32 and as doubles, memories likewise. */
export interface Extent {
  readonly int: number;
  readonly float: number;
  readonly memoryInt: number;
  readonly memoryFloat: number;
}

export interface MemoryPlace {
  readonly lane: Lane;
  /** Offset in the memory array of the lane, relative to the scope. */
  readonly base: number;
  /** Array elements per word of the memory. */
  readonly stride: number;
}

/**
 * How the state of a definition lies in memory: a struct of its registers, its stored values and the
 * structs of its instances. Slots are relative to the scope, in the doubles for values of the lane
 * `float`, in the int32s for all others.
 */
export interface Layout {
  readonly size: Extent;
  readonly states: readonly number[];
  readonly stored: ReadonlyMap<ValueId, number>;
  /** Constants that feed instances or leave through outputs. */
  readonly constants: ReadonlyMap<ValueId, number>;
  readonly memories: readonly MemoryPlace[];
  /** Place of the first element of each instance; the others follow in steps of the child's size. */
  readonly children: readonly Extent[];
  /** Slot of each output port. */
  readonly outputs: ReadonlyMap<string, number>;
}

const origin: Extent = { int: 0, float: 0, memoryInt: 0, memoryFloat: 0 };

function advance(from: Extent, by: Extent, times = 1): Extent {
  return {
    int: from.int + by.int * times,
    float: from.float + by.float * times,
    memoryInt: from.memoryInt + by.memoryInt * times,
    memoryFloat: from.memoryFloat + by.memoryFloat * times,
  };
}

/** Layouts by module name. */
export function layOut(schedule: Schedule): ReadonlyMap<string, Layout> {
  const layouts = new Map<string, Layout>();
  for (const [name, scheduled] of schedule.definitions) {
    layouts.set(name, layOutDefinition(scheduled, layouts));
  }
  return layouts;
}

function layOutDefinition(
  { definition, plan }: Scheduled,
  layouts: ReadonlyMap<string, Layout>,
): Layout {
  const { values, module } = definition;
  let end = origin;
  const take = (width: number): number => {
    const slot = laneOf(width) === 'float' ? end.float : end.int;
    end = advance(end, { ...origin, ...slotsOf(width) });
    return slot;
  };
  const states = definition.states.map(({ width }) => take(width));
  const constants = new Map<ValueId, number>();
  const stored = new Map([...plan.stored].map((id) => [id, take(values[id]!.width)]));
  const feeds = definition.connections.flat().flatMap((ports) => [...ports.values()]);
  for (const id of [...feeds, ...definition.outputs.values()]) {
    if (values[id]!.kind === 'const' && !constants.has(id)) {
      constants.set(id, take(values[id]!.width));
    }
  }
  const memories = definition.memories.map(({ width, depth, writes }): MemoryPlace => {
    const masked = writes.some((write) => write.mask !== undefined);
    const natural = laneOf(width);
    const lane = natural === 'float' && masked ? 'words' : natural;
    const stride = lane === 'words' ? wordCount(width) : 1;
    const base = lane === 'float' ? end.memoryFloat : end.memoryInt;
    const size = stride * depth;
    end = advance(
      end,
      lane === 'float' ? { ...origin, memoryFloat: size } : { ...origin, memoryInt: size },
    );
    return { lane, base, stride };
  });
  const children = module.instances.map((instance, index) => {
    const place = end;
    const { size } = layouts.get(instance.module)!;
    end = advance(end, size, definition.connections[index]!.length);
    return place;
  });
  const withoutOutputs = { states, stored, constants, memories, children };
  const outputs = new Map(
    [...definition.outputs].map(([port, id]) => {
      const slot = slotOf(definition, withoutOutputs, layouts, id);
      if (slot === undefined) throw new Error(`Output '${port}' of '${module.name}' has no slot.`);
      return [port, slot];
    }),
  );
  return { ...withoutOutputs, outputs, size: end };
}

/** Slot of a value relative to its scope, where it has one; inputs live elsewhere. */
export function slotOf(
  { values, module }: Scheduled['definition'],
  layout: Omit<Layout, 'outputs' | 'size'>,
  layouts: ReadonlyMap<string, Layout>,
  id: ValueId,
): number | undefined {
  const value = values[id]!;
  const own = layout.stored.get(id) ?? layout.constants.get(id);
  if (own !== undefined) return own;
  if (value.kind === 'state') return layout.states[value.state];
  if (value.kind !== 'child') return undefined;
  const child = layouts.get(module.instances[value.instance]!.module)!;
  const base = advance(layout.children[value.instance]!, child.size, value.element);
  const slot = child.outputs.get(value.port)!;
  return slot + (laneOf(value.width) === 'float' ? base.float : base.int);
}

/** Where every scope lies, and where its inputs are read. */
export interface Places {
  baseOf(scope: Scope): Extent;
  /** Absolute slot that input number `port` of a scope is read from. */
  inputSlot(scope: Scope, port: number): number;
  readonly size: Extent;
}

export function placeScopes(schedule: Schedule, layouts: ReadonlyMap<string, Layout>): Places {
  const bases = new Map<Scope, Extent>();
  const visit = (scope: Scope, base: Extent) => {
    bases.set(scope, base);
    const { children } = layouts.get(scope.module.name)!;
    scope.children.forEach((elements, instance) => {
      elements.forEach((child, element) => {
        const { size } = layouts.get(child.module.name)!;
        visit(child, advance(advance(base, children[instance]!), size, element));
      });
    });
  };
  visit(schedule.top, origin);
  const { definition } = schedule.definitions.get(schedule.top.module.name)!;
  let size = layouts.get(schedule.top.module.name)!.size;
  const topInputs = definition.inputs.map(({ width }) => {
    const slot = laneOf(width) === 'float' ? size.float : size.int;
    size = advance(size, { ...origin, ...slotsOf(width) });
    return slot;
  });
  const inputSlot = (scope: Scope, port: number): number => {
    const { parent } = scope;
    if (parent === undefined) return topInputs[port]!;
    const own = schedule.definitions.get(scope.module.name)!.definition.inputs[port]!;
    const outer = schedule.definitions.get(parent.module.name)!.definition;
    const id = outer.connections[scope.instance]![scope.element]!.get(own.name)!;
    const value = outer.values[id]!;
    if (value.kind === 'input') return inputSlot(parent, value.port);
    const base = bases.get(parent)!;
    const slot = slotOf(outer, layouts.get(parent.module.name)!, layouts, id)!;
    return slot + (laneOf(own.width) === 'float' ? base.float : base.int);
  };
  return { baseOf: (scope) => bases.get(scope)!, inputSlot, size };
}
