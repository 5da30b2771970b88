import { findCombinationalLoops } from '../ir/index.ts';
import type { Bus, Module, Parameter, Port, Program, Stream, StreamField } from '../ir/index.ts';
import {
  addNode,
  checkFinished,
  enumerationHint,
  fail,
  newBuilder,
  newTarget,
  within,
} from './builder.ts';
import type { Builder, Place, Target } from './builder.ts';
import { checkPortType } from './check-type.ts';
import { domainIndex, domainPorts, mainDomain } from './domain.ts';
import type { ClockDomain } from './domain.ts';
import { finish } from './finish.ts';
import { HardwareError } from './issue.ts';
import type { LocatedIssue } from './issue.ts';
import { here, userFrame } from './location.ts';
import { checkName, checkReserved, snakeCase } from './names.ts';
import { parameterKey } from './parameter-key.ts';
import type { DataType, PortType } from './types.ts';
import { widthOf } from './types.ts';
import { drivenValue, mapLeaves, namesOf, opposite, readValue } from './values.ts';
import type { DriveSide, Leaf, ReadSide } from './values.ts';

export interface PortDeclaration<
  T extends PortType = PortType,
  D extends 'input' | 'output' = 'input' | 'output',
> {
  readonly direction: D;
  readonly type: T;
  readonly doc: string;
  readonly domain: ClockDomain;
  readonly location: Place;
}

function declaration<T extends PortType, D extends 'input' | 'output'>(
  direction: D,
  type: T,
  doc: string,
  domain: ClockDomain,
): PortDeclaration<T, D> {
  checkPortType(direction, type);
  return { direction, type, doc, domain, location: here() };
}

/** A port that is read inside the module; a stream that is received. */
export const input = <T extends PortType>(
  type: T,
  doc = '',
  domain = mainDomain,
): PortDeclaration<T, 'input'> => declaration('input', type, doc, domain);

/** A port that is driven inside the module; a stream that is sent. */
export const output = <T extends PortType>(
  type: T,
  doc = '',
  domain = mainDomain,
): PortDeclaration<T, 'output'> => declaration('output', type, doc, domain);

export type PortDeclarations = Readonly<Record<string, PortDeclaration>>;

/** Ports as the body of their module sees them. */
export type Inside<P extends PortDeclarations> = {
  readonly [K in keyof P]: P[K] extends PortDeclaration<infer T, 'input'>
    ? ReadSide<T>
    : P[K] extends PortDeclaration<infer T, 'output'>
      ? DriveSide<T>
      : never;
};

export interface ModuleBody<P extends PortDeclarations> {
  /**
   * The module exists already: Verilog instantiates it and does not define it, and the body is its
   * model for the simulators. Its resets are active low.
   */
  readonly blackBox?: BlackBox;
  /** Clock domains besides the implicit one. */
  readonly domains?: readonly ClockDomain[];
  readonly ports: P;
  /** What else is to be known about the ports, by their names in Verilog. */
  readonly outside?: Outline;
  /** Builds the hardware; the keys of what it returns, if anything, name internals. */
  body(ports: Inside<P>): Readonly<Record<string, unknown>> | undefined;
}

/** Ports that are a stream or a bus under other names than the types of this language give them. */
export interface Outline {
  readonly streams?: readonly Stream[];
  readonly buses?: readonly Bus[];
  /** Attributes in Verilog of ports, clocks and resets. */
  readonly attributes?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** What Verilog calls a module that exists already. */
export interface BlackBox {
  /** Name of the module in Verilog. */
  readonly module: string;
  /** Its parameters: numbers, or text. */
  readonly parameters?: Readonly<Record<string, number | string>>;
  /** Names in Verilog of ports, and of `clk` and `resetn`, that are called otherwise there. */
  readonly ports?: Readonly<Record<string, string>>;
}

export interface ModuleOptions<A> {
  /** First line: what the module is. Further paragraphs explain it to the reader of the Verilog. */
  readonly doc: string;
  /** One phrase for each parameter that the header comment is to show. */
  readonly parameters?: Readonly<Partial<Record<keyof A & string, string>>>;
  /** Name of the Verilog module for these parameters, where one name is not enough. */
  readonly named?: (parameters: A) => string;
}

export interface ModuleDefinition<A = unknown, P extends PortDeclarations = PortDeclarations> {
  readonly name: string;
  readonly options: ModuleOptions<A>;
  readonly location: Place;
  build(parameters: A): ModuleBody<P>;
}

/**
 * Defines a module. `build` is called once for each distinct set of parameters, which are plain
 * data; all instances with equal parameters share the module.
 */
export function defineModule<A, P extends PortDeclarations>(
  name: string,
  options: ModuleOptions<A>,
  build: (parameters: A) => ModuleBody<P>,
): ModuleDefinition<A, P> {
  return { name, options, build, location: here() };
}

/** A module that was built, with what its instances must know. */
export interface Built {
  readonly module: Module;
  readonly ports: PortDeclarations;
}

interface Elaboration {
  readonly modules: Module[];
  readonly built: Map<unknown, Map<string, Built>>;
  /** What is under construction, outermost first. */
  readonly open: { readonly definition: unknown; readonly key: string; readonly name: string }[];
}

let elaboration: Elaboration | undefined;

/** Deeper than any design; a recursion that ends is far shallower. */
const deepest = 100;

/** Builds a module and everything below it. Throws a `HardwareError` that lists every issue. */
export function elaborate<A, P extends PortDeclarations>(
  definition: ModuleDefinition<A, P>,
  parameters: NoInfer<A>,
): Program {
  const outer = elaboration;
  elaboration = { modules: [], built: new Map(), open: [] };
  try {
    const { module } = buildModule(definition, parameters);
    const program: Program = { top: module.name, modules: elaboration.modules };
    refuseLoops(program);
    return program;
  } finally {
    elaboration = outer;
  }
}

/** Loops inside a module were found when it was built; here those through instances. */
function refuseLoops(program: Program): void {
  const issues = findCombinationalLoops(program).map(({ module: name, path }): LocatedIssue => {
    const module = program.modules.find((candidate) => candidate.name === name)!;
    const around = module.instances.find((instance) =>
      path.some((step) => /^[^.[]*/.exec(step)![0] === instance.name && step.includes('.')),
    );
    return {
      issue: { code: 'combinational-loop', path },
      location: around?.location ?? module.location,
      module: name,
    };
  });
  if (issues.length > 0) throw new HardwareError(issues);
}

/** The module of a definition with these parameters, built on first use. */
export function buildModule<A, P extends PortDeclarations>(
  definition: ModuleDefinition<A, P>,
  parameters: A,
): Built {
  const { modules, built, open } = elaboration!;
  const variants = built.get(definition) ?? new Map<string, Built>();
  built.set(definition, variants);
  const key = parameterKey(parameters, 'the parameter');
  const known = variants.get(key);
  if (known) return known;

  const base = checkName(
    definition.options.named?.(parameters) ?? definition.name,
    definition.location,
  );
  checkReserved(base, 'outside', definition.location);
  const again = open.some((each) => each.definition === definition && each.key === key);
  if (again || open.length === deepest) {
    const names = [...open.map((each) => each.name), base];
    const path = names.length > 8 ? [...names.slice(0, 4), '...', ...names.slice(-2)] : names;
    fail({ code: 'recursion', path });
  }
  open.push({ definition, key, name: base });
  const builder = newBuilder(base);
  const { ports, module } = within(builder, () => construct(builder, definition, parameters));
  open.pop();
  // Another definition, or other parameters, may have taken the name.
  const taken = new Set(modules.map((other) => other.name));
  let name = base;
  for (let suffix = 2; taken.has(name); suffix += 1) name = `${base}_${suffix}`;
  const result: Built = { ports, module: { ...module, name } };
  modules.push(result.module);
  variants.set(key, result);
  return result;
}

function construct<A, P extends PortDeclarations>(
  builder: Builder,
  definition: ModuleDefinition<A, P>,
  parameters: A,
): { ports: P; module: Module } {
  const declared: Port[] = [];
  const outputs = new Map<string, Target>();
  const { ports, names, blackBox, outside } = userCode(builder, () => {
    const { domains = [], blackBox, ports, outside = {}, body } = definition.build(parameters);
    declareDomains(builder, domains);
    const io = Object.fromEntries(
      Object.entries(ports).map(([key, port]) => [
        key,
        mapLeaves(port.type, port.direction, [key], (leaf) =>
          declarePort(builder, leaf, port, declared, outputs),
        ),
      ]),
    );
    // The shape of `io` follows `ports` leaf by leaf, which the compiler cannot follow at this size.
    const names = body(io as never);
    checkFinished(`the body of ${builder.module}`, names);
    return { ports, names: names ?? {}, blackBox, outside };
  });
  const location = definition.location();
  const children = new Map(elaboration!.modules.map((child) => [child.name, child]));
  const module = finish(builder, names, outputs, children, {
    name: builder.module,
    doc: definition.options.doc,
    parameters: shownParameters(definition.options, parameters),
    ports: declared,
    streams: [...streamsOf(ports), ...(outside.streams ?? [])],
    ...(outside.buses ? { buses: outside.buses } : {}),
    ...(outside.attributes ? { attributes: outside.attributes } : {}),
    domains: builder.domains,
    ...(blackBox ? { external: { parameters: {}, ports: {}, ...blackBox } } : {}),
    ...(location ? { location } : {}),
  });
  return { ports, module };
}

function declareDomains(builder: Builder, domains: readonly ClockDomain[]): void {
  for (const domain of [mainDomain, ...domains]) {
    const { name } = domain;
    if (builder.domains.some((other) => other.name === name)) {
      fail({ code: 'name-clash', name, what: 'clock domain' });
    }
    builder.domains.push(domainPorts(domain));
  }
}

/** Runs what the user wrote; what it throws becomes an issue with its place. */
function userCode<T>(builder: Builder, code: () => T): T {
  try {
    return code();
  } catch (cause) {
    if (cause instanceof HardwareError) throw cause;
    const error = String(cause).split('\n')[0]!.replace(/\.$/, '');
    const location = cause instanceof Error ? userFrame(cause.stack ?? '') : undefined;
    const issue = { code: 'body-failed', error } as const;
    throw new HardwareError([...builder.issues, { issue, location, module: builder.module }], {
      cause,
    });
  }
}

export const portName = (path: readonly string[]): string => path.map(snakeCase).join('_');

function declarePort(
  builder: Builder,
  leaf: Leaf,
  { doc, domain, location }: PortDeclaration,
  declared: Port[],
  outputs: Map<string, Target>,
): unknown {
  const name = checkName(portName(leaf.path), location);
  checkReserved(name, 'outside', location);
  const clocks = builder.domains.flatMap(({ clock, reset }) => [clock, reset]);
  if (clocks.includes(name) || declared.some((port) => port.name === name)) {
    fail({ code: 'name-clash', name, what: 'port' }, location);
  }
  const width = widthOf(leaf.type);
  const signed = leaf.type.kind === 'sint';
  const enumeration = namesOf(leaf.type);
  const hint = enumerationHint(enumeration);
  const index = domainIndex(builder, domain);
  const belongs = index === 0 ? {} : { domain: index };
  const place = location();
  declared.push({
    ...{ name, direction: leaf.direction, width, signed, ...hint, ...belongs, doc },
    ...(place ? { location: place } : {}),
  });
  if (leaf.direction === 'input') {
    const node = addNode(builder, { kind: 'input', width, port: name, ...hint });
    return readValue(builder, leaf.type, node);
  }
  const target = newTarget(builder, { kind: 'output', width, enumeration, name }, { location });
  outputs.set(name, target);
  return drivenValue(builder, leaf.type, target);
}

function streamsOf(ports: PortDeclarations): Stream[] {
  return Object.entries(ports).flatMap(([key, { type, direction, doc }]) =>
    streamsIn(type, direction, [key], doc),
  );
}

function streamsIn(
  type: PortType,
  direction: 'input' | 'output',
  path: readonly string[],
  doc: string,
): Stream[] {
  switch (type.kind) {
    case 'flip':
      return streamsIn(type.type, opposite(direction), path, doc);
    case 'bundle':
      return Object.entries(type.fields).flatMap(([key, field]) =>
        streamsIn(field, direction, [...path, key], doc),
      );
    case 'stream': {
      const fields = Object.entries(type.fields).map(([field, data]): StreamField => ({
        name: snakeCase(field),
        port: portName([...path, field]),
        width: widthOf(data),
        signed: data.kind === 'sint',
      }));
      const name = portName(path);
      return [{ name, direction, valid: `${name}_valid`, ready: `${name}_ready`, fields, doc }];
    }
    default:
      return [];
  }
}

function shownParameters<A>(options: ModuleOptions<A>, parameters: A): Parameter[] {
  return Object.entries(options.parameters ?? {}).map(([name, doc]) => ({
    name,
    value: showValue(parameters[name as keyof A]),
    doc: doc as string,
  }));
}

function showValue(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  const type = value as DataType;
  if (type.kind === 'uint' || type.kind === 'sint') return `${type.kind}(${type.width})`;
  if (type.kind === 'enum') return `enumeration(${type.names.join(', ')})`;
  const fields = Object.entries(value).map(
    ([key, inner]) => `${snakeCase(key)} ${showValue(inner)}`,
  );
  return fields.join(', ');
}
