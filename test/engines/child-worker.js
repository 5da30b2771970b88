/** A worker of `evaluateModel` that starts a process with its first chunk, as one with a Verilated design does. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';

let child;

export default async function answer(request) {
  if (request !== 'close') {
    child ??= spawn('cat', { stdio: ['pipe', 'ignore', 'ignore'] });
    return { result: { score: { predictions: request.length, correct: 0, logLoss: 0 } } };
  }
  if (child?.exitCode === null) {
    child.stdin.end();
    await once(child, 'exit');
  }
  return { closed: true };
}
