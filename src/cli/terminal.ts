/** What a command writes to, and how it says that it failed. */
export interface Terminal {
  /** Results: a person's or, with --json, a program's. */
  out(text: string): void;
  /** Errors and progress. */
  err(text: string): void;
  /** Whether `err` is a screen, on which progress can be redrawn. */
  readonly interactive: boolean;
  /** Exit code of a command that ran to its end: 0, or 1 where it found what it looked for wrong. */
  exitCode: number;
}

/** Standard output and error of this process. */
export function processTerminal(): Terminal {
  // `systole gen --list | head` closes the pipe early, which is no error.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(0);
  });
  return {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    interactive: process.stderr.isTTY,
    exitCode: 0,
  };
}
