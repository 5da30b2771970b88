import { createHash } from 'node:crypto';

/** A text file of the folder; `path` is relative to it, with forward slashes. */
export interface HandoffFile {
  readonly path: string;
  readonly text: string;
}

export interface ManifestEntry {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** How the design was asked for. */
export interface Configuration {
  /** As in `--pe`: the name of a family or of a design. */
  readonly pe: string;
  readonly design: string;
  /** Values, or the names of those that have one. */
  readonly parameters: Readonly<Record<string, number | string>>;
  /** Of the random jobs. */
  readonly seed: number;
}

export const manifestName = 'MANIFEST.json';

export function entryOf({ path, text }: HandoffFile): ManifestEntry {
  const bytes = Buffer.from(text, 'utf8');
  return { path, bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
}

/** MANIFEST.json: what was generated from what, with a checksum of every other file. */
export function manifest(
  version: string,
  top: string,
  configuration: Configuration,
  files: readonly HandoffFile[],
): HandoffFile {
  const content = {
    generator: { name: 'systole', version },
    top,
    configuration,
    files: files.map(entryOf),
  };
  return { path: manifestName, text: `${JSON.stringify(content, null, 2)}\n` };
}

/** Whether this is the text of a manifest that Systole wrote. */
export function isOurManifest(text: string): boolean {
  try {
    const content: unknown = JSON.parse(text);
    return (content as { generator?: { name?: unknown } } | null)?.generator?.name === 'systole';
  } catch {
    return false;
  }
}
