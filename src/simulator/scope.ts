import { domainIn, elementCount } from '../ir/index.ts';
import type { Module, NodeId, Program } from '../ir/index.ts';

/** One module in its place: the top, a single instance or one element of an array of instances. */
export interface Scope {
  readonly module: Module;
  /** `''` for the top, else as in `u_row[1].u_cell[2][3]`. */
  readonly path: string;
  readonly parent: Scope | undefined;
  /** Index in the parent's `instances`, and the element there. */
  readonly instance: number;
  readonly element: number;
  /** `children[instance][element]`. */
  readonly children: readonly (readonly Scope[])[];
  /** For each domain of the module the index of the domain of the top that drives it. */
  readonly domains: readonly number[];
}

/** The tree of all scopes of a program. */
export function elaborate(program: Program): Scope {
  const modules = new Map(program.modules.map((module) => [module.name, module]));
  const build = (
    name: string,
    path: string,
    parent: Scope | undefined,
    instance: number,
    element: number,
  ): Scope => {
    const module = modules.get(name)!;
    const children: Scope[][] = [];
    const domains = module.domains.map(({ name: domain }, index) =>
      parent === undefined
        ? index
        : parent.domains[domainIn(parent.module, parent.module.instances[instance]!, domain)]!,
    );
    const scope: Scope = { module, path, parent, instance, element, children, domains };
    module.instances.forEach((child, index) => {
      const elements: Scope[] = [];
      for (let k = 0; k < elementCount(child.dimensions); k++) {
        const childPath = joinPath(path, child.name + elementSuffix(child.dimensions, k));
        elements.push(build(child.module, childPath, scope, index, k));
      }
      children.push(elements);
    });
    return scope;
  };
  return build(program.top, '', undefined, 0, 0);
}

export function joinPath(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}

function elementSuffix(dimensions: readonly number[], element: number): string {
  if (dimensions.length === 0) return '';
  if (dimensions.length === 1) return `[${element}]`;
  const columns = dimensions[1]!;
  return `[${Math.floor(element / columns)}][${element % columns}]`;
}

/** Calls `visit` for a scope and everything below it, parents first. */
export function forEachScope(scope: Scope, visit: (scope: Scope) => void): void {
  visit(scope);
  for (const elements of scope.children) {
    for (const child of elements) forEachScope(child, visit);
  }
}

/** How the state of a register is called: its name, or `#` and its id where it has none. */
export function registerName(module: Module, id: NodeId): string {
  return module.nodes[id]!.name ?? `#${id}`;
}

/** How the state of a synchronous read port is called. */
export function readName(module: Module, memory: number, port: number): string {
  return `${module.memories[memory]!.name}.read${port}`;
}
