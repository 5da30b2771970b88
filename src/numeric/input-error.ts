/**
 * Something the user gave (a key, a parameter, a file, a missing program) cannot be used.
 *
 * The message is one sentence that names the place, the value, what is allowed and how to fix it;
 * the command line prints it alone, without a stack trace, and exits with a code other than 0.
 */
export class InputError extends Error {
  override readonly name = 'InputError';
  /** Kind of the mistake, where it is one that the command line itself can provoke. */
  readonly code: string | undefined;

  constructor(message: string, code?: string) {
    super(message);
    this.code = code;
  }
}
