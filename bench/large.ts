import { execaNode } from 'execa';

/**
 * A 64x64 int8 array in a process of its own, so that its peak of memory is its own too: from the
 * language to Verilog, and to a running simulator.
 */
export async function benchLarge(): Promise<object[]> {
  const child = new URL('large-array.ts', import.meta.url);
  const { stdout } = await execaNode(child, { nodeOptions: ['--import', 'tsx'] });
  return [JSON.parse(stdout) as object];
}
