import { bit, reg, uint, when } from '../../../hdl/index.ts';
import type { Source, UIntType } from '../../../hdl/index.ts';
import {
  leftSignedAddress,
  rightSignedAddress,
  setupAddressBits,
  setupDataBits,
} from '../params.ts';

/** A setup beat of the array and of its processing element. */
export const setupFields = { address: uint(setupAddressBits), data: uint(setupDataBits) };

/** Registers of the signs of both sides, written by a setup stream, which is always taken. */
export function signSetup(setup: Source<{ address: UIntType; data: UIntType }>) {
  const leftSigned = reg(bit(), { init: 1 });
  const rightSigned = reg(bit(), { init: 1 });
  const { address, data } = setup.data;
  setup.ready.set(1);
  when(setup.valid, () => {
    when(address.eq(leftSignedAddress), () => leftSigned.set(data.bit(0)));
    when(address.eq(rightSignedAddress), () => rightSigned.set(data.bit(0)));
  });
  return { leftSigned, rightSigned };
}
