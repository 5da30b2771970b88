import { existsSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Location } from '../ir/index.ts';

const languageFolder = dirname(fileURLToPath(import.meta.url)) + sep;

const packageRoots = new Map<string, string>();

/** Folder of the nearest package.json: places in generated text must not depend on the machine. */
function packageRoot(folder: string): string {
  const known = packageRoots.get(folder);
  if (known !== undefined) return known;
  const parent = dirname(folder);
  const root =
    existsSync(join(folder, 'package.json')) || parent === folder ? folder : packageRoot(parent);
  packageRoots.set(folder, root);
  return root;
}

// `at name (path:1:2)` or `at path:1:2`; the path may hold spaces and brackets.
const frame = /^\s*at (?:.*? \()?(?:async )?((?:file:\/\/)?\/.*?|[A-Za-z]:\\.*?):(\d+):(\d+)\)?$/;

/** The first place in a stack trace that is neither the language nor the host. */
export function userFrame(stack: string): Location | undefined {
  for (const line of stack.split('\n').slice(1)) {
    const match = frame.exec(line);
    if (!match) continue;
    const path = match[1]!.startsWith('file://') ? fileURLToPath(match[1]!) : resolve(match[1]!);
    if (path.startsWith(languageFolder)) continue;
    return {
      file: relative(packageRoot(dirname(path)), path)
        .split(sep)
        .join('/'),
      line: Number(match[2]),
      column: Number(match[3]),
    };
  }
  return undefined;
}

/**
 * The place in the user's source that called the language. Only the stack is captured here; it is
 * parsed when somebody asks, because Node 20 applies source maps to the text of `.stack` alone.
 */
export function here(): () => Location | undefined {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 16;
  const error = new Error();
  Error.stackTraceLimit = limit;
  let parsed: Location | undefined;
  let done = false;
  return () => {
    if (!done) {
      parsed = userFrame(error.stack ?? '');
      done = true;
    }
    return parsed;
  };
}
