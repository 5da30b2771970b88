import { describe, expect, it } from 'vitest';

import { run } from '../../cli/run.ts';

// What independent implementations measure on all 2,000 rows of the bundled model, with 8 bits for all tokens in the
// first two layers; one row is 0.05 points, and differences below 0.4 mean nothing, below 1 little where much is lost.
describe.skipIf(!process.env['SYSTOLE_REGRESS'])('accuracy on the whole test set', () => {
  it.each([
    ['rho=0', 99.3, 0.4],
    ['rho=0 scope=full', 94.9, 0.8],
    ['rho=0 scope=full code=own-scale', 99.05, 0.4],
    ['rho=1 unprunedLayers=2 r0End=0.7', 94.2, 0.8],
    ['rho=1 unprunedLayers=2 r0End=0.5', 89.6, 0.8],
    ['rho=1 unprunedLayers=2 r0End=0.3', 82.7, 0.8],
  ])(
    '%s',
    async (settings, percent, tolerance) => {
      const set = ['firstLayers8=2', ...settings.split(' ')].flatMap((text) => ['--set', text]);
      const { stdout } = await run('eval', '--method', 'vssa', '--json', ...set);
      const report = JSON.parse(stdout) as { examples: number; accuracy: number };
      expect(report.examples).toBe(2000);
      expect(Math.abs(100 * report.accuracy - percent)).toBeLessThan(tolerance);
    },
    3_600_000,
  );
});
