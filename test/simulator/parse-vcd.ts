/** A reader of value change dumps, written for the tests: ours, and those of Icarus. */
export interface Dump {
  /** By full name, `top.u_cell.total`. */
  readonly variables: ReadonlyMap<string, Variable>;
  /** Full names of scopes. */
  readonly scopes: ReadonlySet<string>;
  /** Texts of `$comment`. */
  readonly comments: readonly string[];
  /** What a variable holds at a time: bits (with x), or the text of a string. */
  at(name: string, time: number): string;
}

export interface Variable {
  readonly type: string;
  readonly width: number;
  /** `[7:0]`, or empty. */
  readonly range: string;
  readonly code: string;
}

export function parseVcd(text: string): Dump {
  const variables = new Map<string, Variable>();
  const scopes = new Set<string>();
  const comments: string[] = [];
  const changes = new Map<string, { readonly time: number; readonly value: string }[]>();
  const path: string[] = [];
  let time = 0;
  for (const line of text.split('\n')) {
    const words = line.trim().split(/\s+/);
    if (words[0] === '$scope') {
      path.push(words[2]!);
      scopes.add(path.join('.'));
    } else if (words[0] === '$upscope') path.pop();
    else if (words[0] === '$comment') comments.push(words.slice(1, -1).join(' '));
    else if (words[0] === '$var') {
      const [, type, width, code, name, range] = words;
      const own = { type: type!, width: Number(width), code: code! };
      variables.set([...path, name].join('.'), { ...own, range: range === '$end' ? '' : range! });
    } else if (line.startsWith('#')) time = Number(line.slice(1));
    else {
      const [, word, bit, single] = /^(?:[bs](\S+) |([01xz]))(\S+)$/.exec(line) ?? [];
      const value = word ?? bit;
      if (value === undefined) continue;
      const known = changes.get(single!) ?? [];
      changes.set(single!, known);
      known.push({ time, value });
    }
  }
  return {
    variables,
    scopes,
    comments,
    at(name, when) {
      const { code, width, type } = variables.get(name)!;
      const value = changes.get(code)?.findLast(({ time: from }) => from <= when)?.value;
      if (value === undefined) throw new Error(`'${name}' has no value at ${when}`);
      // The leftmost bit extends to the left, 1 as 0.
      const fill = value.startsWith('x') ? 'x' : '0';
      return type === 'string' ? value : value.padStart(width, fill);
    },
  };
}
