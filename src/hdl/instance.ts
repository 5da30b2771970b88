import { edgeCount, elementCount } from '../ir/index.ts';
import type { Connection, Module, NodeId } from '../ir/index.ts';
import {
  addNode,
  checkOwner,
  currentBuilder,
  enumerationHint,
  fail,
  newTarget,
} from './builder.ts';
import type { Builder, InstanceUnderConstruction, Place } from './builder.ts';
import { describeValue } from './describe-value.ts';
import { domainIndex } from './domain.ts';
import type { ClockDomain } from './domain.ts';
import { Enumerated } from './enumeration.ts';
import { here } from './location.ts';
import { buildModule, portName } from './module.ts';
import type { ModuleDefinition, PortDeclaration, PortDeclarations } from './module.ts';
import { snakeCase } from './names.ts';
import { asSignal, checkAlike, isLiteral, literal } from './signal.ts';
import type { Operand, SInt, UInt } from './scalars.ts';
import type { Shape } from './signal.ts';
import type {
  BundleType,
  DataType,
  Fields,
  FlippedType,
  PortType,
  ScalarType,
  SIntType,
  StreamType,
  UIntType,
  VecType,
} from './types.ts';
import { widthOf } from './types.ts';
import { drivenValue, mapLeaves, namesOf, readValue } from './values.ts';
import type { DriveSide, Leaf, ReadSide, ScalarValue, ValueOf } from './values.ts';
import { asVector, checkLength, Vector } from './vector.ts';
import type { Vec } from './vector.ts';

/** Runtime of an instance: found again when the body returns it under a name. */
export class InstanceHandle {
  readonly instance: InstanceUnderConstruction;

  constructor(instance: InstanceUnderConstruction, ports: Record<string, unknown>) {
    this.instance = instance;
    Object.assign(this, ports);
  }
}

/** Ports of an instance as the module around it sees them: its inputs are driven. */
export type Outside<P extends PortDeclarations> = {
  readonly [K in keyof P]: P[K] extends PortDeclaration<infer T, 'input'>
    ? DriveSide<T>
    : P[K] extends PortDeclaration<infer T, 'output'>
      ? ReadSide<T>
      : never;
};

export interface InstanceOptions {
  /**
   * Domain of the module around it for each domain of the instance, by name: `main` is its implicit
   * one. Those that are not listed take the domain of `inDomain` (`main`) or of their own name.
   */
  readonly domains?: Readonly<Record<string, ClockDomain>>;
}

/** One instance of a module. Every input must be driven. */
export function instance<A, P extends PortDeclarations>(
  definition: ModuleDefinition<A, P>,
  parameters: NoInfer<A>,
  options: InstanceOptions = {},
): Outside<P> {
  const { builder, created, index, ports } = place(definition, parameters, [], options);
  return withPorts(created, ports, (leaf) => {
    const name = portName(leaf.path);
    if (leaf.direction === 'output') {
      const width = widthOf(leaf.type);
      const node = addNode(builder, {
        kind: 'output',
        width,
        instance: index,
        port: name,
        ...enumerationHint(namesOf(leaf.type)),
      });
      return readValue(builder, leaf.type, node);
    }
    const target = newTarget(builder, {
      kind: 'instance-input',
      width: widthOf(leaf.type),
      enumeration: namesOf(leaf.type),
      name: `${created.module}.${name}`,
    });
    created.inputs[name] = target;
    return drivenValue(builder, leaf.type, target);
  });
}

/** An input port of all elements of an array; wired once, by one of the three methods. */
export interface ArrayInput<T extends DataType> {
  /** The same value for every element. */
  broadcast<V extends number>(
    value: T extends ScalarType ? Operand<ScalarValue<T>, V> : ValueOf<T>,
  ): void;
  /** Element i takes element i of `values` (row-major in two dimensions). */
  each(values: Vec): void;
  /**
   * Takes output `port` (by its name in Verilog or its key) of the neighbour that comes before along
   * `axis` (`step` 1) or after it (`step` -1); elements at the border take their element of `edge`,
   * which has one for each line along the axis.
   */
  from(port: string, wiring: { axis: 0 | 1; step: 1 | -1; edge: Vec }): void;
}

/** The values of one output port of all elements, element 0 (row-major) first. */
export type Gathered<T extends DataType> =
  T extends UIntType<infer W>
    ? Vec<UInt<W>>
    : T extends SIntType<infer W>
      ? Vec<SInt<W>>
      : Vec<UInt>;

type ArrayDrive<T extends PortType> = T extends DataType
  ? ArrayInput<T>
  : T extends StreamType<infer F>
    ? ArrayStream<F, 'drive'>
    : T extends BundleType<infer F>
      ? { readonly [K in keyof F]: ArrayDrive<F[K]> }
      : T extends FlippedType<infer U>
        ? ArrayRead<U>
        : never;

type ArrayRead<T extends PortType> = T extends DataType
  ? Gathered<T>
  : T extends StreamType<infer F>
    ? ArrayStream<F, 'read'>
    : T extends BundleType<infer F>
      ? { readonly [K in keyof F]: ArrayRead<F[K]> }
      : T extends FlippedType<infer U>
        ? ArrayDrive<U>
        : never;

type ArrayStream<F extends Fields, D extends 'drive' | 'read'> = D extends 'drive'
  ? {
      readonly valid: ArrayInput<UIntType<1>>;
      readonly ready: Gathered<UIntType<1>>;
      readonly data: { readonly [K in keyof F]: ArrayInput<F[K]> };
    }
  : {
      readonly valid: Gathered<UIntType<1>>;
      readonly ready: ArrayInput<UIntType<1>>;
      readonly data: { readonly [K in keyof F]: Gathered<F[K]> };
    };

/** Ports of an array of instances as the module around it sees them. */
export type ArrayOutside<P extends PortDeclarations> = {
  readonly [K in keyof P]: P[K] extends PortDeclaration<infer T, 'input'>
    ? ArrayDrive<T>
    : P[K] extends PortDeclaration<infer T, 'output'>
      ? ArrayRead<T>
      : never;
};

/** `[n]` or `[rows, columns]` instances of one module, wired alike. */
export function instanceArray<A, P extends PortDeclarations>(
  definition: ModuleDefinition<A, P>,
  parameters: NoInfer<A>,
  dimensions: readonly number[],
  options: InstanceOptions = {},
): ArrayOutside<P> {
  currentBuilder('instanceArray');
  const sizes: unknown = dimensions;
  const whole = Array.isArray(sizes) && sizes.every((size) => Number.isInteger(size) && size >= 1);
  if (!whole || dimensions.length < 1 || dimensions.length > 2) {
    const shown = Array.isArray(sizes) ? sizes.join(', ') : describeValue(sizes);
    fail({ code: 'array-shape', instance: definition.name, dimensions: shown });
  }
  const { builder, created, index, ports } = place(definition, parameters, dimensions, options);
  const count = elementCount(dimensions);
  return withPorts(created, ports, (leaf) => {
    const name = portName(leaf.path);
    if (leaf.direction === 'input') return arrayInput(builder, created, ports, name, leaf.type);
    const element: ScalarType =
      leaf.type.kind === 'sint' || leaf.type.kind === 'uint'
        ? leaf.type
        : { kind: 'uint', width: widthOf(leaf.type) };
    const type: VecType = { kind: 'vec', element, length: count };
    const node = addNode(builder, {
      kind: 'output',
      width: widthOf(type),
      instance: index,
      port: name,
    });
    return readValue(builder, type, node);
  });
}

function place<A, P extends PortDeclarations>(
  definition: ModuleDefinition<A, P>,
  parameters: A,
  dimensions: readonly number[],
  options: InstanceOptions,
): {
  builder: Builder;
  created: InstanceUnderConstruction;
  index: number;
  ports: PortDeclarations;
} {
  const builder = currentBuilder('instance');
  const { module, ports } = buildModule(definition, parameters);
  const created: InstanceUnderConstruction = {
    builder,
    name: undefined,
    module: module.name,
    dimensions,
    inputs: {},
    domains: bindDomains(builder, module, options.domains ?? {}),
    location: here(),
  };
  const index = builder.instances.push(created) - 1;
  return { builder, created, index, ports };
}

/** Which domain drives each domain of an instance; `undefined` where all keep their names. */
function bindDomains(
  builder: Builder,
  { name: module, domains }: Module,
  given: Readonly<Record<string, ClockDomain>>,
): Readonly<Record<string, string>> | undefined {
  const names = domains.map(({ name }) => name);
  for (const domain of Object.keys(given)) {
    if (!names.includes(domain)) fail({ code: 'unknown-domain', domain, module, domains: names });
  }
  const bound = names.map((name, index): readonly [string, string] => {
    const own = given[name];
    if (own) return [name, builder.domains[domainIndex(builder, own)]!.name];
    if (index === 0) return [name, builder.domains[builder.domain]!.name];
    return [name, builder.domains[domainIndex(builder, { kind: 'clock-domain', name })]!.name];
  });
  return bound.some(([name, own]) => name !== own) ? Object.fromEntries(bound) : undefined;
}

function withPorts<T>(
  created: InstanceUnderConstruction,
  ports: PortDeclarations,
  leaf: (leaf: Leaf) => unknown,
): T {
  const values = Object.entries(ports).map(([key, port]) => [
    key,
    mapLeaves(port.type, port.direction, [key], leaf),
  ]);
  return new InstanceHandle(
    created,
    Object.fromEntries(values) as Record<string, unknown>,
  ) as unknown as T;
}

function arrayInput(
  builder: Builder,
  created: InstanceUnderConstruction,
  ports: PortDeclarations,
  name: string,
  type: DataType,
): ArrayInput<DataType> {
  const width = widthOf(type);
  const label = `${created.module}.${name}`;
  // Until it is wired, the port counts as a target without a driver.
  const target = newTarget(builder, { kind: 'instance-input', width, name: label });
  created.inputs[name] = target;
  let wired: Place | undefined;
  const connect = (connection: Connection): void => {
    if (wired) fail({ code: 'two-drivers', signal: label, first: wired() });
    if (builder.scopes.length > 1) fail({ code: 'conditional-wiring', port: label });
    wired = here();
    builder.targets.splice(builder.targets.indexOf(target), 1);
    created.inputs[name] = connection;
  };
  const own = (): void => checkOwner(builder, () => label, 'wiring an array');
  const needed: Shape = { kind: type.kind === 'sint' ? 'sint' : 'uint', width, label };
  const packed = (values: Vec, length: number): NodeId => {
    own();
    const source = asVector(values, label);
    checkLength(() => label, length, source);
    checkAlike('wiring', needed, source.shape);
    return source.packed.id;
  };
  return {
    broadcast: (value) => {
      own();
      const scalar: ScalarType = { kind: needed.kind, width };
      const signal = isLiteral(value)
        ? literal(builder, scalar, value)
        : value instanceof Vector
          ? asVector(value, label).packed
          : asSignal(value instanceof Enumerated ? value.packed : value, label);
      checkAlike('wiring', needed, signal);
      connect({ kind: 'broadcast', value: signal.id });
    },
    each: (values) => {
      connect({ kind: 'each', value: packed(values, elementCount(created.dimensions)) });
    },
    from: (port, { axis, step, edge }) => {
      const source = outputNamed(created.module, ports, port);
      const { length: dimensions } = created.dimensions;
      if (!(axis === 0 || (axis === 1 && dimensions === 2)) || !(step === 1 || step === -1)) {
        fail({ code: 'array-step', port: label, axis, step, dimensions });
      }
      checkAlike('wiring', needed, source);
      const value = packed(edge, edgeCount(created.dimensions, axis));
      connect({ kind: 'neighbour', port: source.name, axis, step, edge: value });
    },
  };
}

/** The scalar or vector output of a module that `port` names. */
function outputNamed(
  module: string,
  ports: PortDeclarations,
  port: string,
): Shape & { readonly name: string } {
  const outputs: (Shape & { readonly name: string })[] = [];
  for (const [key, declared] of Object.entries(ports)) {
    mapLeaves(declared.type, declared.direction, [key], ({ direction, path, type }) => {
      if (direction === 'input') return;
      const name = portName(path);
      const kind = type.kind === 'sint' ? 'sint' : 'uint';
      outputs.push({ name, kind, width: widthOf(type), label: `${module}.${name}` });
    });
  }
  const found = outputs.find(({ name }) => name === snakeCase(String(port)));
  if (found) return found;
  return fail({ code: 'unknown-port', port, module, outputs: outputs.map(({ name }) => name) });
}
