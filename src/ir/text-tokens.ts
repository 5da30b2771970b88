/** A piece of text with the place where it begins; lines and columns count from 1. */
export interface Token {
  readonly kind: 'name' | 'label' | 'number' | 'digits' | 'text' | 'mark' | 'end';
  /** As written; of a `text` the contents, of `digits` what follows `'h`. */
  readonly value: string;
  readonly line: number;
  readonly column: number;
}

const patterns: readonly (readonly [Token['kind'] | 'space', RegExp])[] = [
  ['space', /(?:\s|#[^\n]*)+/y],
  ['text', /"(?:[^"\\\n]|\\.)*"/y],
  ['label', /%[\w.$]+/y],
  ['name', /[A-Za-z_][\w.$]*/y],
  ['digits', /'h[0-9a-f]+/y],
  ['number', /[+-]?\d+(?:\.\d+)?/y],
  ['mark', /[(){}[\],:=@]/y],
];

/** Cuts a text into tokens, the last of kind `end`. Throws with line and column. */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  let position = 0;
  let line = 1;
  let lineStart = 0;
  while (position < text.length) {
    const place = { line, column: position - lineStart + 1 };
    const [kind, found] = match(text, position) ?? fail(place, text[position]!);
    if (kind !== 'space') tokens.push({ kind, value: valueOf(kind, found, place), ...place });
    for (let at = found.indexOf('\n'); at >= 0; at = found.indexOf('\n', at + 1)) {
      line++;
      lineStart = position + at + 1;
    }
    position += found.length;
  }
  tokens.push({ kind: 'end', value: '', line, column: position - lineStart + 1 });
  return tokens;
}

function match(
  text: string,
  position: number,
): readonly [Token['kind'] | 'space', string] | undefined {
  for (const [kind, pattern] of patterns) {
    pattern.lastIndex = position;
    const [found] = pattern.exec(text) ?? [];
    if (found !== undefined) return [kind, found];
  }
  return undefined;
}

function valueOf(
  kind: Token['kind'],
  found: string,
  place: { readonly line: number; readonly column: number },
): string {
  if (kind === 'digits') return found.slice(2);
  if (kind !== 'text') return found;
  try {
    return JSON.parse(found) as string;
  } catch {
    return failAt(place, `${found} is not a text as JSON writes it`);
  }
}

function fail(place: { readonly line: number; readonly column: number }, character: string): never {
  return failAt(place, `nothing begins with ${JSON.stringify(character)}`);
}

/** Throws what is wrong at a place. */
export function failAt(
  { line, column }: { readonly line: number; readonly column: number },
  problem: string,
): never {
  throw new Error(`line ${line}, column ${column}: ${problem}`);
}
