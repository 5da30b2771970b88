import { toolVersion } from '../../src/tools/index.ts';
import type { Tool } from '../../src/tools/index.ts';

/** Whether all of these programs can be used; says what is skipped for want of which. */
export async function available(...tools: readonly Tool[]): Promise<boolean> {
  for (const tool of tools) {
    try {
      await toolVersion(tool);
    } catch (error) {
      console.warn(`skipped: ${(error as Error).message}`);
      return false;
    }
  }
  return true;
}
