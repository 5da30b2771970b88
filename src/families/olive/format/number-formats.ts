import { normalTypes } from './number-types.ts';
import type { NormalType } from './number-types.ts';
import { decodePair, ovpCode, usualFormat } from './ovp-code.ts';

/** Pairs of one normal type as a table: every byte, or every two bytes, with the values of both codes. */
function pairFormat(type: NormalType) {
  const { bits, bias: usual } = normalTypes[type];
  const span = 2 ** bits;
  const columns = bits === 4 ? ['byte'] : ['first', 'second'];
  return {
    name: `ovp-${type}`,
    summary: `pairs of ${type} values and outliers`,
    columns: [...columns, 'v1', 'v2'],
    bias: usual,
    rows(bias: number = usual) {
      const code = ovpCode({ ...usualFormat(type), bias });
      return Array.from({ length: span * span }, (_, number) => {
        const [first, second] =
          bits === 4 ? [number & 15, number >>> 4] : [number >>> 8, number & 255];
        const { values, legal } = decodePair(code, first!, second!);
        const codes = bits === 4 ? [number] : [first!, second!];
        // -0 is written like 0.
        return { numbers: [...codes, ...values.map((value) => value + 0)], legal };
      });
    },
  };
}

/** Every number format of the family. */
export const numberFormats = (['int4', 'flint4', 'int8'] as const).map(pairFormat);
