import { basename } from 'node:path';
import { defineConfig } from 'vitest/config';
import { BaseSequencer } from 'vitest/node';
import type { TestSpecification } from 'vitest/node';

/**
 * What runs against each mutant: the tests of the four folders and of the parts that need neither a
 * compiler nor a proof, cheapest first, because the first failure ends a mutant.
 */
const files = [
  'test/ir/*.test.ts',
  'test/ir/passes/*.test.ts',
  'test/hdl/!(docs|tutorial|types).test.ts',
  'test/verilog/*.test.ts',
  'test/simulator/!(docs).test.ts',
  'test/parts/fixed-point.test.ts',
  'test/parts/ports.test.ts',
  'test/mutation/*.spec.ts',
];

const slow = ['text.test.ts', 'ports.test.ts', 'random.spec.ts', 'lanes.test.ts'];

class CheapestFirst extends BaseSequencer {
  override sort(specifications: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => slow.indexOf(basename(moduleId));
    return Promise.resolve(
      specifications.sort((a, b) => rank(a) - rank(b) || (a.moduleId < b.moduleId ? -1 : 1)),
    );
  }
}

export default defineConfig({
  test: {
    include: files,
    testTimeout: 60_000,
    // The modules are loaded once for all files, which is most of the time that a mutant takes.
    isolate: false,
    fileParallelism: false,
    sequence: { sequencer: CheapestFirst },
  },
});
