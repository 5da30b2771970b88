import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Generous: several tests compile hardware, and machines are shared.
    testTimeout: 300_000,
    maxWorkers: 2,
    coverage: {
      include: ['src/**/*.ts'],
      exclude: ['src/tensor/wasm/**'],
      reporter: ['text-summary', 'html'],
      // The language and what executes it; `npm run coverage` runs their tests.
      thresholds: Object.fromEntries(
        ['hdl', 'ir', 'verilog', 'simulator'].map((folder) => [
          `src/${folder}/**`,
          { lines: 95, branches: 95 },
        ]),
      ),
    },
  },
});
