import { openSession } from '../testbench/index.ts';
import type {
  Design,
  EngineName,
  Lowering,
  MatrixCall,
  Parameters,
  ProductLowering,
  Session,
} from '../testbench/index.ts';
import { exactMatmul, matrix } from '../tensor/index.ts';
import type { IntegerProducts } from '../tensor/index.ts';
import { floatEngine, siteKey } from '../transformer/index.ts';
import type { MatmulEngine } from '../transformer/index.ts';
import { withResidentBeats } from './resident-beats.ts';

export interface DesignEngineOptions {
  readonly design: Design;
  readonly lowering: Lowering;
  /** Parameters to start from; those that a matrix needs, such as the width of its indexes, are set for each. */
  readonly parameters: Parameters;
  /** What the design runs in. */
  readonly engine: EngineName;
  /** Of power-on values. */
  readonly seed: number;
  /** The linear layers it serves, by tensor, as the family's method packed them. */
  readonly weights: ReadonlyMap<string, unknown>;
  /** Largest |x| at each of their sites, by `siteKey`. */
  readonly ranges: ReadonlyMap<string, number>;
  /** What the method's calibration gave for each, for a method that has one. */
  readonly scales?: ReadonlyMap<string, unknown>;
  /** Compare every result with the product computed whole in software, without tiles and jobs. */
  readonly check: boolean;
}

/** What a design has done so far. */
export interface DesignWork {
  /** Products of a linear layer with a batch. */
  readonly products: number;
  readonly cycles: number;
  /** Results that were compared, and that were not equal. */
  readonly compared: number;
  readonly mismatches: number;
}

/** A running design as a matrix engine: `linear` on the hardware, scores and context in floating point. */
export interface DesignEngine extends MatmulEngine {
  work(): DesignWork;
  close(): Promise<void>;
}

export type DesignProductsOptions = Pick<
  DesignEngineOptions,
  'design' | 'parameters' | 'engine' | 'seed' | 'check'
> & { readonly lowering: ProductLowering };

/** A running design that multiplies integers. */
export interface DesignProducts {
  readonly products: IntegerProducts;
  work(): DesignWork;
  close(): Promise<void>;
}

/**
 * Opens a design for a method whose engine takes its products from outside; one session, opened when the first of them
 * is computed.
 */
export function designProducts(options: DesignProductsOptions): DesignProducts {
  const { design, lowering, parameters, engine, seed, check } = options;
  let session: Promise<Session> | undefined;
  const work = { products: 0, cycles: 0, compared: 0, mismatches: 0 };
  return {
    products: async (product) => {
      session ??= openSession(engine, design, parameters, { seed });
      const jobs = lowering.lower(parameters, product);
      const outcomes = await (await session).run(jobs);
      const sums = lowering.raise(parameters, product, outcomes);
      const cycles = outcomes.reduce((sum, outcome) => sum + outcome.cycles, 0);
      work.products++;
      work.cycles += cycles;
      if (check) {
        const { left, right } = product;
        const whole = exactMatmul(left, right);
        for (let i = 0; i < whole.length; i++) {
          if (left.rowBits?.[Math.floor(i / right.rows)] === 0) continue;
          if (right.rowBits?.[i % right.rows] === 0) continue;
          work.compared++;
          if ((whole[i]! | 0) !== sums[i]) work.mismatches++;
        }
      }
      return { sums, cycles };
    },
    work: () => ({ ...work }),
    close: async () => (await session)?.close(),
  };
}

interface Resident {
  readonly parameters: Parameters;
  readonly weights: unknown;
}

/**
 * Opens an engine that cuts every linear layer into jobs for a design. One session serves all matrices that take the
 * same parameters; it is opened when the first of them is used.
 */
export function designEngine(options: DesignEngineOptions): DesignEngine {
  const { design, lowering, engine, seed, weights, ranges, scales, check } = options;
  const sessions = new Map<string, Promise<Session>>();
  const resident = new Map<string, Resident>();
  const work = { products: 0, cycles: 0, compared: 0, mismatches: 0 };

  const residentOf = (tensor: string): Resident => {
    const packed = weights.get(tensor);
    if (packed === undefined) throw new RangeError(`the design holds no weight "${tensor}"`);
    const found = resident.get(tensor) ?? lowering.adopt(options.parameters, packed);
    resident.set(tensor, found);
    return found;
  };
  const sessionFor = (parameters: Parameters): Promise<Session> => {
    const key = JSON.stringify(parameters);
    const session =
      sessions.get(key) ??
      openSession(engine, design, parameters, { seed }).then(withResidentBeats);
    sessions.set(key, session);
    return session;
  };

  return {
    ...floatEngine([]),
    linear: async (site, x) => {
      const { parameters, weights: w } = residentOf(site.tensor ?? '');
      const range = ranges.get(siteKey(site));
      if (range === undefined) throw new RangeError(`there is no range for ${siteKey(site)}`);
      const scale = scales?.get(siteKey(site));
      const call: MatrixCall = {
        weights: w,
        tokens: x.rows,
        activations: lowering.encode(parameters, x, range, scale),
        scale,
      };
      const session = await sessionFor(parameters);
      const outcomes = await session.run(lowering.lower(parameters, call));
      const exact = lowering.raise(parameters, call, outcomes);
      const cycles = outcomes.reduce((sum, outcome) => sum + outcome.cycles, 0);
      work.products++;
      work.cycles += cycles;
      if (check) {
        const whole = lowering.product(parameters, call);
        work.compared += whole.length;
        for (let i = 0; i < whole.length; i++) if (whole[i] !== exact[i]) work.mismatches++;
      }
      const values = lowering.decode(parameters, call, exact, range);
      return { value: matrix(x.rows, exact.length / x.rows, values), exact, cycles };
    },
    work: () => ({ ...work }),
    close: async () => {
      await Promise.all([...sessions.values()].map(async (session) => (await session).close()));
    },
  };
}
