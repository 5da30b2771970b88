import fc from 'fast-check';
import { describe, it } from 'vitest';
import { sint, uint, vec } from '../../src/hdl/index.ts';
import type { Fields, ScalarType } from '../../src/hdl/index.ts';
import {
  downsizerCase,
  fifoCase,
  forkCase,
  joinCase,
  mapCase,
  priorityCase,
  registerSliceCase,
  roundRobinCase,
  upsizerCase,
} from './cases.ts';
import type { PartCase } from './cases.ts';
import { runCase } from './run-case.ts';

/** Random points of each part; `SYSTOLE_REGRESS` runs ten times as many. */
const points = process.env['SYSTOLE_REGRESS'] ? 400 : 40;

const scalarType: fc.Arbitrary<ScalarType> = fc
  .tuple(fc.boolean(), fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 70 })))
  .map(([signed, width]) => (signed ? sint(width) : uint(width)));

const fields: fc.Arbitrary<Fields> = fc
  .array(
    fc.oneof(
      { weight: 3, arbitrary: scalarType },
      fc.tuple(scalarType, fc.integer({ min: 1, max: 4 })).map(([type, n]) => vec(type, n)),
    ),
    { minLength: 1, maxLength: 3 },
  )
  .map((types) => Object.fromEntries(types.map((type, index) => [`field${'abc'[index]!}`, type])));

const names = fc
  .integer({ min: 1, max: 6 })
  .map((count) => Array.from({ length: count }, (_, index) => `s${index}`));

/** Parameters, not cases, are what a failure prints. */
function passesBeats<P>(name: string, parameters: fc.Arbitrary<P>, make: (p: P) => PartCase): void {
  it(`${name}: every beat once, in order and in time, at ${points} random points`, async () => {
    await fc.assert(
      fc.asyncProperty(parameters, fc.integer({ min: 1, max: 2 ** 31 }), (p, seed) =>
        runCase(make(p), seed),
      ),
      { numRuns: points },
    );
  });
}

const converted = fc.tuple(scalarType, fc.integer({ min: 2, max: 9 }));

describe('streams pass', () => {
  passesBeats('fifo', fc.tuple(fields, fc.integer({ min: 2, max: 20 })), (p) => fifoCase(...p));
  passesBeats('register slice', fields, registerSliceCase);
  passesBeats('fork', fc.tuple(fields, names), (p) => forkCase(...p));
  passesBeats('round-robin arbiter', fc.tuple(fields, names), (p) => roundRobinCase(...p));
  passesBeats('priority arbiter', fc.tuple(fields, names), (p) => priorityCase(...p));
  passesBeats('upsizer', converted, (p) => upsizerCase(...p));
  passesBeats('downsizer', converted, (p) => downsizerCase(...p));
  passesBeats('map', fc.constant({}), mapCase);
  passesBeats('join', fc.constant({}), joinCase);
});
