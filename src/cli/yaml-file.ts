import { readFile } from 'node:fs/promises';
import { LineCounter, parseDocument } from 'yaml';
import type { Document } from 'yaml';
import type { z } from 'zod';
import { systemReason } from '../handoff/index.ts';
import { cliError } from './issue.ts';

/**
 * Reads the YAML file of `--config`. The messages of the schema end the sentence "… must be". Throws `InputError` for a
 * file that cannot be read, is not YAML, or does not fit the schema, naming the place.
 */
export async function readYaml<T extends z.ZodObject>(
  path: string,
  schema: T,
): Promise<z.infer<T>> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    const reason = systemReason(error) ?? String(error);
    throw cliError({ code: 'config-unreadable', path, reason });
  });
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const [problem] = document.errors;
  if (problem !== undefined) {
    const { line } = lines.linePos(problem.pos[0]);
    throw cliError({ code: 'config-syntax', path, line, reason: problem.message });
  }
  const content = contentOf(document, path);
  const result = schema.safeParse(content ?? {});
  if (result.success) return result.data;
  const issue = result.error.issues[0]!;
  if (issue.code === 'unrecognized_keys') {
    const allowed = Object.keys(schema.shape);
    throw cliError({ code: 'config-key', path, key: issue.keys[0]!, allowed });
  }
  const key = issue.path.join('.');
  const value = issue.path.reduce(
    (part: unknown, step) => Reflect.get(Object(part), step),
    content,
  );
  throw cliError({ code: 'config-value', path, key, value, allowed: issue.message });
}

/** Plain data; an alias without an anchor is only found here. */
function contentOf(document: Document, path: string): unknown {
  try {
    return document.toJS();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw cliError({ code: 'config-unreadable', path, reason });
  }
}
