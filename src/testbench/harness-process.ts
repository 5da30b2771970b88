import { execa } from 'execa';

/** A running C++ harness: one frame there, one frame back. */
export interface HarnessProcess {
  /** Sends a request and waits for its answer. Requests are answered in order. */
  request(parts: readonly Uint8Array[]): Promise<Uint8Array>;
  /** Sends the request that ends the process and waits until it has ended. */
  end(parts: readonly Uint8Array[]): Promise<void>;
}

interface Waiting {
  readonly resolve: (answer: Uint8Array) => void;
  readonly reject: (error: Error) => void;
}

/** Starts the harness program `path` with these power-on values. */
export function startHarness(path: string, seed: number): HarnessProcess {
  const child = execa(path, ['--serve', '--seed', String(seed)], {
    stdin: 'pipe',
    stdout: 'pipe',
    stderr: 'pipe',
    buffer: { stdout: false, stderr: true },
    reject: false,
  });
  const waiting: Waiting[] = [];
  const frames = frameCollector((frame) => waiting.shift()?.resolve(frame));
  child.stdout.on('data', frames);
  // A write to a process that has died is reported by `ended`.
  child.stdin.on('error', () => undefined);
  let over: Error | undefined;
  const ended = child.then((result) => {
    const printed = String(result.stderr).trim();
    over = new Error(
      `The test harness ended (${result.signal ?? `exit code ${result.exitCode}`})${printed && `: ${printed}`}.`,
    );
    for (const { reject } of waiting.splice(0)) reject(over);
  });

  const send = (parts: readonly Uint8Array[]): void => {
    const length = parts.reduce((sum, part) => sum + part.length, 0);
    if (length > 0xffffffff) throw new Error(`A request of ${length} bytes is too long; split it.`);
    const head = new Uint8Array(4);
    new DataView(head.buffer).setUint32(0, length, true);
    child.stdin.cork();
    child.stdin.write(head);
    for (const part of parts) if (part.length > 0) child.stdin.write(part);
    child.stdin.uncork();
  };

  return {
    request: (parts) =>
      new Promise((resolve, reject) => {
        if (over !== undefined) {
          reject(over);
          return;
        }
        waiting.push({ resolve, reject });
        send(parts);
      }),
    async end(parts) {
      if (over === undefined) {
        send(parts);
        child.stdin.end();
      }
      await ended;
    },
  };
}

/** Cuts a byte stream into frames of a u32 length and that many bytes. */
function frameCollector(emit: (frame: Uint8Array) => void): (chunk: Uint8Array) => void {
  const head = new Uint8Array(4);
  let headFilled = 0;
  let frame: Uint8Array | undefined;
  let filled = 0;
  return (chunk) => {
    let at = 0;
    while (at < chunk.length) {
      if (frame === undefined) {
        head[headFilled++] = chunk[at++]!;
        if (headFilled < 4) continue;
        frame = new Uint8Array(new DataView(head.buffer).getUint32(0, true));
        headFilled = 0;
        filled = 0;
      }
      const part = chunk.subarray(at, at + frame.length - filled);
      frame.set(part, filled);
      filled += part.length;
      at += part.length;
      if (filled === frame.length) {
        emit(frame);
        frame = undefined;
      }
    }
  };
}
