import { describe, expect, it } from 'vitest';
import { parseTargets } from '../../src/costs/index.ts';
import { InputError } from '../../src/numeric/index.ts';

const names = (text: string) => parseTargets(text).map(({ name }) => name);

describe('a list of targets', () => {
  it('is put into the order of reports, each once', () => {
    expect(names('gates, ice40,gates')).toEqual(['ice40', 'gates']);
    expect(names('ecp5,xilinx,xc7')).toEqual(['xcup', 'xc7', 'ecp5']);
  });

  it('names what there is', () => {
    expect(() => parseTargets('xilinx,stratix')).toThrow(InputError);
    expect(() => parseTargets('xilinx,stratix')).toThrow(
      "--targets: there is no target 'stratix'; give names between commas, of " +
        'xilinx, xcup, xc7, ecp5, ice40, gates.',
    );
  });
});
