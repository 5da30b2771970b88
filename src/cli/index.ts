/** The command line: arguments in, text and an exit code out; the work is done elsewhere. */
export { execute, main } from './main.ts';
export type { CliErrorCode } from './issue.ts';
export { processTerminal } from './terminal.ts';
export type { Terminal } from './terminal.ts';
