import { describe, expect, it } from 'vitest';

import { run } from './run.ts';

describe('systole table', () => {
  it('prints every byte of a 4-bit format with its two values', async () => {
    const { exitCode, stdout, stderr } = await run('table', '--format', 'ovp-int4');
    expect([exitCode, stderr]).toEqual([0, '']);
    const [head, ...rows] = stdout.trimEnd().split('\n');
    expect(head).toBe('byte,v1,v2');
    expect(rows.length).toBe(256);
    // Examples of the paper: 0x32, 0xF8, 0x82.
    for (const row of ['50,2,3', '248,0,-96', '130,16,0', '136,0,0']) expect(rows).toContain(row);
    const flint = await run('table', '--format', 'ovp-flint4', '--bias', '2');
    expect(flint.stdout.split('\n')[1 + 0x4f]).toBe('79,-6,16');
    expect(flint.stdout.split('\n')[1 + 0x18]).toBe('24,0,12');
  });

  it('prints both codes of every 8-bit pair, or JSON', async () => {
    const { stdout } = await run('table', '--format', 'ovp-int8');
    const rows = stdout.trimEnd().split('\n');
    expect(rows.length).toBe(1 + 65536);
    expect(rows[1 + 128 * 256 + 1]).toBe('128,1,0,144');
    const json = JSON.parse((await run('table', '--format', 'ovp-int4', '--json')).stdout) as {
      readonly codes: readonly object[];
    };
    expect(json).toMatchObject({ format: 'ovp-int4', bias: 2 });
    expect(json.codes[0x08]).toEqual({ byte: 8, v1: 0, v2: 0, legal: false });
    expect(json.codes[0x97]).toEqual({ byte: 0x97, v1: 7, v2: -7, legal: true });
  });

  it('refuses a bias that the format does not have', async () => {
    const { exitCode, stderr } = await run('table', '--format', 'ovp-int4', '--bias', '13');
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/bias of the outliers beside int4 is 13, .* 0 to 12/);
  });
});
