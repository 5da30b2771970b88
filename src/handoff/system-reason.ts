/**
 * Why the operating system refused: `permission denied`. Undefined where the error is not one of a
 * system call.
 */
export function systemReason(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('syscall' in error)) return undefined;
  // `EACCES: permission denied, open '/x'`
  return /^E\w+: (.*?),/.exec(error.message)?.[1] ?? error.message;
}
