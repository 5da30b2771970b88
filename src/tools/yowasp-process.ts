/**
 * Runs a program that is published as WebAssembly (YoWASP) as a process of its own, so that it can
 * work while this one reports progress: `yowasp-process <module> <command> <arguments...>`. The
 * program sees the files of the current folder, and what it writes is written there.
 */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';

/** The files of a folder, and below a name again a folder. */
type Tree = { readonly [name: string]: Tree | string | Uint8Array };

/** What every package of YoWASP exports. */
interface Package {
  readonly commands: Readonly<
    Record<
      string,
      (args: readonly string[], files: Tree, options: object) => Promise<Tree | undefined>
    >
  >;
  readonly Exit: new () => Error & { readonly code: number; readonly files: Tree };
}

const [path, command, ...args] = process.argv.slice(2);
const { commands, Exit } = (await import(pathToFileURL(path!).href)) as Package;

/** Prints as it comes; the program ends a stream with null. */
const printed = (stream: NodeJS.WriteStream) => (bytes: Uint8Array | null) => {
  if (bytes !== null) stream.write(bytes);
};

async function filesHere(): Promise<Tree> {
  const entries = await readdir('.', { withFileTypes: true });
  const names = entries.filter((entry) => entry.isFile()).map(({ name }) => name);
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await readFile(name)] as const)),
  );
}

async function writeHere(files: Tree): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    // Folders are the program's own, such as one for temporary files.
    if (typeof content === 'string' || content instanceof Uint8Array) {
      await writeFile(name, content);
    }
  }
}

try {
  const options = { stdout: printed(process.stdout), stderr: printed(process.stderr) };
  await writeHere((await commands[command!]!(args, await filesHere(), options)) ?? {});
} catch (error) {
  if (!(error instanceof Exit)) throw error;
  await writeHere(error.files);
  process.exitCode = error.code;
}
