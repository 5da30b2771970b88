import { bit, reg, uint, when } from '../../../hdl/index.ts';
import type { Source, UIntType } from '../../../hdl/index.ts';
import {
  biasBits,
  leftBiasAddress,
  leftTypeAddress,
  modeAddress,
  resetBias,
  rightBiasAddress,
  rightTypeAddress,
} from '../params.ts';

/** Registers of the formats of both sides, written by a setup stream, which is always taken. */
export function formatSetup(setup: Source<{ address: UIntType; data: UIntType }>) {
  const eight = reg(bit(), { init: 0 });
  const leftFlint = reg(bit(), { init: 0 });
  const rightFlint = reg(bit(), { init: 0 });
  const leftBias = reg(uint(biasBits), { init: resetBias });
  const rightBias = reg(uint(biasBits), { init: resetBias });
  const { address, data } = setup.data;
  setup.ready.set(1);
  when(setup.valid, () => {
    when(address.eq(modeAddress), () => eight.set(data.bit(0)));
    when(address.eq(leftTypeAddress), () => leftFlint.set(data.bit(0)));
    when(address.eq(rightTypeAddress), () => rightFlint.set(data.bit(0)));
    when(address.eq(leftBiasAddress), () => leftBias.set(data.truncate(biasBits)));
    when(address.eq(rightBiasAddress), () => rightBias.set(data.truncate(biasBits)));
  });
  return { eight, leftFlint, rightFlint, leftBias, rightBias };
}
