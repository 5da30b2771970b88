import { describe, expect, it } from 'vitest';

import { run } from '../../cli/run.ts';

const thorough = process.env['SYSTOLE_REGRESS'] !== undefined;

describe('accuracy of the bundled model', () => {
  // Of independent implementations; one example is 0.05 points, and differences of 0.4 mean nothing.
  it.runIf(thorough).each([
    ['w4a4', 0.9735],
    ['w8a8', 0.9915],
    ['w4a16', 0.992],
  ])(
    '%s',
    async (bits, accuracy) => {
      const { stdout } = await run('eval', '--method', 'olive', '--bits', bits, '--quiet');
      expect(Math.abs(Number(stdout) - accuracy)).toBeLessThanOrEqual(0.00401);
    },
    600_000,
  );
});
