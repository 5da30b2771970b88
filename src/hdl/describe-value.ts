/** How a message calls a value of the host language that is not what was needed. */
export function describeValue(value: unknown): string {
  switch (typeof value) {
    case 'number':
    case 'bigint':
      return `the number ${value}`;
    case 'string':
      return `the text '${value}'`;
    case 'boolean':
    case 'undefined':
      return String(value);
    case 'function':
      return 'a function';
    case 'symbol':
      return 'a symbol';
    case 'object':
      if (value === null) return 'null';
      if (Array.isArray(value)) return 'a list';
      return describeObject(value);
  }
}

const kinds: Readonly<Record<string, string>> = {
  uint: 'a type',
  sint: 'a type',
  enum: 'a value of an enumeration',
  vec: 'a vector',
  bundle: 'a bundle',
  flip: 'a flipped type',
  stream: 'a stream',
  mem: 'a memory',
};

function describeObject(value: object): string {
  // Signals and types share their kinds: only types are plain records.
  const plain = Object.getPrototypeOf(value) === Object.prototype;
  const kind = 'kind' in value && typeof value.kind === 'string' ? value.kind : undefined;
  if (!plain && (kind === 'uint' || kind === 'sint')) return 'a signal';
  if (plain && kind === 'vec') return 'a vector type';
  if (plain && kind === 'enum') return 'an enumeration';
  if (kind !== undefined && kinds[kind]) return kinds[kind];
  return plain ? 'a record' : `a ${value.constructor?.name ?? 'foreign object'}`;
}
