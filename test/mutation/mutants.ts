/** The mutants that Stryker knows of some files, and a seeded draw among them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Instrumenter } from '@stryker-mutator/instrumenter';
import { rng } from '../../src/numeric/index.ts';

/** The folders below src/ that mutation testing covers. */
export const folders = ['hdl', 'ir', 'verilog', 'simulator'] as const;
export type Folder = (typeof folders)[number];

export interface Mutant {
  readonly folder: Folder;
  /** From the root of the repository. */
  readonly file: string;
  /** What Stryker calls the kind of change. */
  readonly mutator: string;
  readonly line: number;
  readonly replacement: string;
  /** Tells the mutant from all others; see `keyOf`. */
  readonly key: string;
}

export interface Position {
  readonly line: number;
  readonly column: number;
}

/**
 * What names a mutant: file, place, kind of change, and which of the changes of that kind there.
 * Lines count from 1, columns from 0.
 */
export function keyOf(
  file: string,
  { start, end }: { readonly start: Position; readonly end: Position },
  mutator: string,
  index: number,
): string {
  return `${file}:${start.line}:${start.column}-${end.line}:${end.column} ${mutator} ${index}`;
}

const silent = new Proxy({} as never, { get: () => () => false });

/** Every mutant of the files, in the order of the files and of the source. */
export async function mutantsOf(root: string, files: readonly string[]): Promise<Mutant[]> {
  const { mutants } = await new Instrumenter(silent).instrument(
    files.map((file) => ({
      name: file,
      content: readFileSync(join(root, file), 'utf8'),
      mutate: true,
    })),
    { plugins: null, excludedMutations: [], ignorers: [], noHeader: true } as never,
  );
  const seen = new Map<string, number>();
  return mutants.map(({ fileName: file, mutatorName: mutator, replacement, location }) => {
    const fromOne = ({ line, column }: Position) => ({ line: line + 1, column });
    const place = { start: fromOne(location.start), end: fromOne(location.end) };
    const first = keyOf(file, place, mutator, 0);
    const index = seen.get(first) ?? 0;
    seen.set(first, index + 1);
    return {
      folder: file.split('/')[1] as Folder,
      file,
      mutator,
      line: place.start.line,
      replacement,
      key: keyOf(file, place, mutator, index),
    };
  });
}

/** At least `count` of the mutants, from each folder in proportion; the same for the same seed. */
export function draw(mutants: readonly Mutant[], count: number, seed: number): Mutant[] {
  const random = rng(seed);
  return folders.flatMap((folder) => {
    const rest = mutants.filter((mutant) => mutant.folder === folder);
    const share = Math.min(rest.length, Math.ceil((count * rest.length) / mutants.length));
    return Array.from({ length: share }, () => rest.splice(random.below(rest.length), 1)[0]!);
  });
}
