import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const folder = dirname(fileURLToPath(import.meta.url));
const root = join(folder, '../..');

const { options } = ts.parseJsonConfigFileContent(
  ts.readConfigFile(join(root, 'tsconfig.json'), (path) => ts.sys.readFile(path)).config,
  ts.sys,
  root,
);

export interface Compiled {
  /** Of one text: what the compiler says, a message for each mistake. */
  messages(name: string): readonly string[];
  /** Instantiations of types that the compiler made for everything. */
  readonly instantiations: number;
}

/**
 * Type-checks texts as if they were files beside this one, with the options of the project and the
 * packages of types that are listed.
 */
export function compile(
  texts: Readonly<Record<string, string>>,
  types: readonly string[] = [],
): Compiled {
  const files = new Map(
    Object.entries(texts).map(([name, text]) => [join(folder, `${name}.snippet.ts`), text]),
  );
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile } = host;
  host.fileExists = (path) => files.has(path) || fileExists(path);
  host.readFile = (path) => files.get(path) ?? readFile(path);
  const { getSourceFile } = host;
  host.getSourceFile = (path, languageVersion, ...rest) => {
    const text = files.get(path);
    return text === undefined
      ? getSourceFile(path, languageVersion, ...rest)
      : ts.createSourceFile(path, text, languageVersion);
  };
  const program = ts.createProgram([...files.keys()], { ...options, types: [...types] }, host);
  const found = new Map(
    [...files.keys()].map((path) => {
      const file = program.getSourceFile(path);
      const diagnostics = [
        ...program.getSyntacticDiagnostics(file),
        ...program.getSemanticDiagnostics(file),
      ];
      const messages = diagnostics.map(({ messageText }) =>
        ts.flattenDiagnosticMessageText(messageText, '\n'),
      );
      return [path, messages] as const;
    }),
  );
  return {
    messages: (name) => found.get(join(folder, `${name}.snippet.ts`))!,
    instantiations: program.getInstantiationCount(),
  };
}
