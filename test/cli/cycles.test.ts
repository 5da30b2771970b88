import { describe, expect, it } from 'vitest';

import { errorCode, run } from './run.ts';

const small = ['--set', 'rows=2', '--set', 'cols=3', '--tokens', '9', '--depth', '4'];

interface Product {
  readonly unsorted: number;
  readonly sorted: number;
  readonly uniform8: number;
  readonly ideal: number;
  readonly paddedIdeal: number;
  readonly stalls: Readonly<Record<string, Record<'busy' | 'stalled' | 'starved', number>>>;
}

interface Report {
  readonly engine: string;
  readonly scores: Product;
  readonly context: Readonly<Record<'8-bit' | 'query', Product>>;
  readonly precisions?: readonly Record<string, number>[];
  readonly layers?: readonly object[];
  readonly accuracy?: number;
}

async function counted(...argv: string[]): Promise<Report> {
  const ran = await run('cycles', '--pe', 'vssa-array', '--json', ...argv);
  expect(ran.stderr).toBe('');
  expect(ran.exitCode).toBe(0);
  return JSON.parse(ran.stdout) as Report;
}

const productsOf = ({ scores, context }: Report): readonly Product[] => [
  scores,
  ...Object.values(context),
];

describe('systole cycles', () => {
  it('counts the same in hardware as in the golden model', async () => {
    const mix = [...small, '--eight', '0.4', '--pruned', '0.2', '--seed', '5'];
    const golden = await counted(...mix);
    const { scores, context } = await counted(...mix, '--engine', 'simulator');
    expect(golden.engine).toBe('golden');
    expect({ scores, context }).toEqual({ scores: golden.scores, context: golden.context });
    for (const product of productsOf(golden)) {
      for (const order of ['unsorted', 'sorted', 'uniform8'] as const) {
        const { busy, stalled, starved } = product.stalls[order]!;
        expect(busy + stalled + starved).toBe(6 * product[order]);
      }
      expect(product.ideal).toBeLessThan(product.paddedIdeal);
      expect(product.paddedIdeal).toBeLessThan(product.uniform8);
    }
  }, 20_000);

  it('has all orders alike where all tokens are, and prints a table', async () => {
    const { scores, context } = await counted(...small, '--eight', '1');
    expect(scores.sorted).toBe(scores.unsorted);
    expect(scores.sorted).toBe(scores.uniform8);
    // 5 x 3 tiles of 4 products, 4 cycles each, and the way through the array.
    expect(scores.sorted).toBe(5 * 3 * 4 * 4 + 2 + 3);
    expect(context['8-bit']).toEqual(context.query);
    const { stdout } = await run('cycles', '--pe', 'vssa', ...small, '--eight', '0', '--quiet');
    expect(stdout).toContain('9 tokens, 0.0 % with 8 bits, 0.0 % pruned');
    expect(stdout).toMatch(/q k\^T +│ +245 │ +65 │ +65 │/);
    expect(stdout).toContain('p v, p of 8 bits');
    expect(stdout).toContain('p v, p as its query');
  });

  it('takes the precisions that tokens get in a model', async () => {
    const { scores, precisions, layers, accuracy } = await counted(
      ...['--set', 'rows=32', '--set', 'cols=32'],
      ...['--model', 'models/tiny-nli', '--bits', 't4', '--limit', '1'],
    );
    expect(precisions).toHaveLength(4);
    const [first, ...others] = precisions!;
    expect(first).toMatchObject({ 4: 0, 0: 0 });
    for (const layer of others) expect(layer).toEqual({ 8: 0, 4: first![8], 0: 0 });
    expect(layers).toHaveLength(4);
    expect([0, 1]).toContain(accuracy);
    expect(scores.sorted).toBeLessThan(scores.uniform8);
  }, 30_000);

  it('refuses what it cannot count, in one sentence', async () => {
    const message = async (...argv: string[]): Promise<string> => {
      const ran = await run('cycles', ...argv);
      expect(ran.exitCode).toBe(2);
      expect(ran.stderr.trim().split('\n')).toHaveLength(1);
      return ran.stderr;
    };
    expect(await message('--pe', 'gobo')).toMatch(/gobo-tile.*choose vssa-array/);
    expect(await message('--pe', 'vssa', '--eight', '2')).toMatch(/--eight 2.*from 0 to 1/);
    expect(await message('--pe', 'vssa', '--eight', '0.7', '--pruned', '0.5')).toMatch(/at most 1/);
    expect(await message('--pe', 'vssa', '--eight', '0', '--pruned', '1')).toMatch(/no token/);
    expect(await message('--pe', 'vssa', '--tokens', '5000')).toMatch(/--tokens 5000.*1024/);
    expect(await message('--pe', 'vssa', '--limit', '3')).toMatch(/--limit.*--model/);
    expect(await message('--pe', 'vssa', '--model', 'x', '--tokens', '3')).toMatch(/--tokens/);
    expect(await errorCode('cycles', '--pe', 'vssa', '--engine', 'abacus')).toBe('unknown-engine');
    expect(await errorCode('cycles', '--pe', 'vssa', '--depth', '0')).toBe('bad-number');
  });
});
