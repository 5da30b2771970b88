import type { Port } from '../ir/index.ts';
import { checkOwner, fail, readTarget } from './builder.ts';
import type { Builder, Place } from './builder.ts';
import { Enumerated } from './enumeration.ts';
import { InstanceHandle } from './instance.ts';
import { checkName, checkReserved, snakeCase } from './names.ts';
import { Signal } from './signal.ts';
import { MemoryHandle } from './state.ts';
import { Vector } from './vector.ts';

type Take = (name: string, location: Place) => string;

/**
 * Gives internals the names under which the body returned them, and instances and memories that
 * were not returned the names of what they are. The first name counts for what is returned twice.
 */
export function nameInternals(
  builder: Builder,
  names: Readonly<Record<string, unknown>>,
  ports: readonly Port[],
): void {
  const taken = new Set([
    ...ports.map((port) => port.name),
    ...builder.domains.flatMap(({ clock, reset }) => [clock, reset]),
  ]);
  const take: Take = (name, location) => {
    checkName(name, location);
    checkReserved(name, 'inside', location);
    if (taken.has(name)) fail({ code: 'name-clash', name, what: 'internal' }, location);
    taken.add(name);
    return name;
  };
  const visit = (name: string, value: unknown): void => {
    if (value instanceof InstanceHandle) {
      const { instance } = value;
      checkOwner(instance.builder, () => `the instance ${name}`, 'a name');
      instance.name ??= take(`u_${name}`, instance.location);
    } else if (value instanceof MemoryHandle) {
      const { memory } = value;
      checkOwner(memory.builder, () => `the memory ${name}`, 'a name');
      memory.name ??= take(name, () => memory.location);
    } else if (value instanceof Signal) nameSignal(builder, value, name, take);
    else if (value instanceof Vector || value instanceof Enumerated) {
      nameSignal(builder, value.packed, name, take);
    } else if (Array.isArray(value))
      value.forEach((item, index) => visit(`${name}_${index}`, item));
    else if (isRecord(value)) {
      for (const [key, item] of Object.entries(value)) visit(`${name}_${snakeCase(key)}`, item);
    }
  };
  for (const [key, value] of Object.entries(names)) visit(snakeCase(key), value);

  const numbered = (base: string): string => {
    let name = base;
    for (let suffix = 2; taken.has(name); suffix += 1) name = `${base}_${suffix}`;
    taken.add(name);
    return name;
  };
  for (const instance of builder.instances) instance.name ??= numbered(`u_${instance.module}`);
  for (const memory of builder.memories) memory.name ??= numbered('memory');
}

/** Streams and records of hardware; other objects of the host language are left alone. */
const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;

function nameSignal(builder: Builder, signal: Signal, name: string, take: Take): void {
  checkOwner(signal.builder, () => signal.label, 'a name');
  const { target } = signal;
  if (target?.kind === 'output' || target?.kind === 'instance-input') return;
  const id = target ? readTarget(builder, target) : signal.id;
  const node = builder.nodes[id]!;
  if (node.kind === 'input' || node.kind === 'const' || node.name !== undefined) return;
  const place = target?.location ?? builder.locations.get(id)!;
  node.name = take(name, place);
  if (signal.type.kind === 'sint') node.signed = true;
  if (target) target.name = name;
  const location = place();
  if (location) node.location = location;
}
