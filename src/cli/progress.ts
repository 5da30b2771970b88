import { SingleBar } from 'cli-progress';
import type { Terminal } from './terminal.ts';

/** How far long work has come. */
export interface Progress {
  /** `fraction` of the whole is done; `what` is being worked on. */
  at(fraction: number, what: string): void;
  end(): void;
}

/** Lines elsewhere than on a terminal come at most so often. */
const secondsBetweenLines = 10;

/** A bar on a terminal, plain lines now and then elsewhere, nothing where `quiet`. */
export function progressOn(terminal: Terminal, title: string, quiet: boolean): Progress {
  if (quiet) return { at: () => undefined, end: () => undefined };
  return terminal.interactive ? bar(title) : lines(terminal, title);
}

function bar(title: string): Progress {
  const single = new SingleBar({
    format: `${title} {bar} {percentage} % {what}`,
    barCompleteChar: '█',
    barIncompleteChar: '░',
    hideCursor: true,
    clearOnComplete: true,
    stream: process.stderr,
  });
  single.start(1, 0, { what: '' });
  return {
    at: (fraction, what) => {
      single.update(fraction, { what });
    },
    end: () => {
      single.update(1, { what: '' });
      single.stop();
    },
  };
}

function lines(terminal: Terminal, title: string): Progress {
  let last = performance.now();
  return {
    at: (fraction, what) => {
      if (performance.now() - last < 1000 * secondsBetweenLines) return;
      last = performance.now();
      terminal.err(`${title}: ${Math.floor(100 * fraction)} % ${what}\n`);
    },
    end: () => undefined,
  };
}
