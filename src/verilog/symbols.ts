/** The names of the values of enumerations, as local parameters of a module. */
import type { Module } from '../ir/index.ts';
import type { Names } from './names.ts';
import { literal, net } from './syntax.ts';
import type { Expression, Item } from './syntax.ts';

export interface Symbols {
  /** The local parameter of a value; `undefined` where the value has no name. */
  use(enumeration: readonly string[] | undefined, value: bigint): Expression | undefined;
  /** Declarations of all values of the enumerations that were used. */
  declarations(): readonly Item[];
}

/** Names are claimed at the first use; `STATE_IDLE` is value `idle` of what is first named `state`. */
export function createSymbols(module: Module, names: Names): Symbols {
  const known = new Map<string, readonly string[]>();
  const items: Item[] = [];

  function declare(enumeration: readonly string[]): readonly string[] {
    const prefix = holderOf(module, enumeration);
    const width = Math.max(1, Math.ceil(Math.log2(enumeration.length)));
    return enumeration.map((value, position) => {
      const word = [prefix, value.replace(/([a-z0-9])([A-Z])/g, '$1_$2')].filter(Boolean).join('_');
      const name = names.claim(word.toUpperCase());
      items.push({ kind: 'localparam', name, width, value: literal(width, position) });
      return name;
    });
  }

  return {
    use(enumeration, value) {
      if (enumeration === undefined || value >= BigInt(enumeration.length)) return undefined;
      const key = enumeration.join();
      const symbols = known.get(key) ?? declare(enumeration);
      known.set(key, symbols);
      return net(symbols[Number(value)]!);
    },
    declarations: () => items,
  };
}

/** What holds values of the enumeration: the first register with a name, else a port or net. */
function holderOf(module: Module, enumeration: readonly string[]): string | undefined {
  const key = enumeration.join();
  const nodes = module.nodes.filter((node) => node.enumeration?.join() === key && node.name);
  const register = nodes.find((node) => node.kind === 'register');
  const port = module.ports.find((each) => each.enumeration?.join() === key);
  return register?.name ?? port?.name ?? nodes[0]?.name;
}
