import { addressBits } from '../../../ir/index.ts';
import {
  bit,
  concat,
  constant,
  fires,
  mux,
  oneHot,
  reg,
  uint,
  vec,
  vecOf,
  when,
} from '../../../hdl/index.ts';
import type { Bit, Source, UInt } from '../../../hdl/index.ts';
import { digitBits, operandTags, setupDataBits, tokenBits, tokenCountBits } from '../params.ts';
import { blockAt, blocksOf, byMode, inBank, lanesOf, slotBits } from './operand-settings.ts';
import type { operandFields, Settings, StoreParameters } from './operand-settings.ts';
import { roundedDigit } from './requantizer.ts';

/** Quotient and remainder of a number below 1024 by one up to 32: exact, since 1023 x 31 is less than 2^15. */
function divide(value: UInt, divisor: number) {
  const digits = Math.log2(divisor);
  if (digits > 0 && Number.isInteger(digits)) {
    const quotient = value.bits(digits, tokenBits - digits).extend(tokenBits);
    return { quotient, remainder: value.truncate(digits) };
  }
  const reciprocal = constant(uint(16), Math.ceil(2 ** 15 / divisor));
  const quotient = value.mul(reciprocal).bits(15, tokenBits);
  const multiple = quotient.mul(constant(uint(6), divisor)).truncate(tokenBits);
  return { quotient, remainder: value.subWrap(multiple).truncate(addressBits(divisor)) };
}

const repeat = (value: UInt, times: number): UInt =>
  concat(...Array.from({ length: times }, () => value));

/** What the loader sees beside its stream. */
export interface LoaderInputs {
  readonly operands: Source<ReturnType<typeof operandFields>>;
  readonly settings: Settings;
  readonly list: {
    readonly complete: Bit;
    readonly eights: UInt;
    /** Of the token of the cycle before. */
    readonly place: UInt;
    /** Of the token of two cycles before. */
    readonly listed: Bit;
  };
  /** A bank is empty. */
  readonly open: Bit;
}

/**
 * From beats of operands to writes of lanes, in three cycles: a beat comes, and the place of its token is looked up;
 * place and digits are worked out; it is written, unless its token is not in the list.
 *
 * A row of a matrix is what one lane is fed, or, by index, what all lanes are fed at one index; beats go along it.
 */
export function operandLoader(
  p: StoreParameters,
  { operands, settings, list, open }: LoaderInputs,
) {
  const { loadWords: L } = p;
  const lanes = lanesOf(p);
  const { depthBlocks, rightCount, byList, tags } = settings;
  const choose = <S extends UInt>(byIndex: () => S, byLane: S): S =>
    byMode(p, settings, byIndex, byLane);

  // A beat comes.
  const row = reg(uint(tokenBits), { init: 0 });
  const beat = reg(uint(setupDataBits), { init: 0 });
  const bank = reg(bit(), { init: 0 });
  const nextBeat = beat.addWrap(1);
  const rowEnds = nextBeat.eq(choose(() => blocksOf(rightCount, L), depthBlocks));
  const needsList = byList.or(tags.ne(operandTags.eight));
  operands.ready.set(open.and(list.complete.or(needsList.not())));
  const accepted = fires(operands);
  const claims = accepted.and(operands.data.last);
  when(claims, () => {
    beat.set(0);
    row.set(0);
    bank.set(bank.not());
  }).elseWhen(accepted, () => {
    beat.set(mux(rowEnds, 0, nextBeat));
    when(rowEnds, () => row.set(row.addWrap(1)));
  });

  // A cycle later: where its operands belong, and their digits. By index `inRow` counts lanes, else indexes.
  const came = { valid: reg(bit(), { init: 0 }), last: reg(bit()), bank: reg(bit()) };
  const arrival = reg(uint(tokenBits));
  const inRow = reg(uint(setupDataBits));
  const codes = reg(vec(uint(2 * digitBits), L));
  came.valid.set(accepted);
  came.last.set(operands.data.last);
  came.bank.set(bank);
  arrival.set(row);
  inRow.set(
    L === 1 ? beat : concat(beat.truncate(setupDataBits - slotBits(p)), constant(slotBits(p), 0)),
  );
  codes.set(operands.data.codes);
  const place = mux(byList, list.place, arrival);
  const lane = choose(() => inRow.truncate(tokenBits), place);
  const index = choose(() => place.extend(setupDataBits), inRow);
  const { quotient, remainder } = divide(lane, lanes);
  const eights = list.eights.extend(setupDataBits);
  const allEight = tags.eq(operandTags.eight);
  const rowTags = tags.eq(
    choose(() => constant(2, operandTags.indexes), constant(2, operandTags.lanes)),
  );
  const rowTagged = place.extend(tokenCountBits).lt(list.eights);
  const worked = codes.elements().map((code, i) => {
    const eight = allEight.or(mux(rowTags, rowTagged, inRow.or(i).lt(eights)));
    const rounds = settings.requantize.and(eight.not());
    const asIs = code.bits(digitBits, digitBits);
    return { eight, high: mux(rounds, roundedDigit(code.asSigned()), asIs) };
  });

  // Another cycle later: it is written.
  const placed = { valid: reg(bit(), { init: 0 }), last: reg(bit()), bank: reg(bit()) };
  const group = reg(uint(addressBits(p.blocks)));
  const laneInGroup = reg(uint(addressBits(lanes)));
  const block = reg(uint(addressBits(p.blocks)));
  const slot = reg(uint(addressBits(L)));
  const highs = reg(vec(uint(digitBits), L));
  const lows = reg(vec(uint(digitBits), L));
  const twoDigits = reg(uint(L));
  placed.valid.set(came.valid);
  placed.last.set(came.last);
  placed.bank.set(came.bank);
  group.set(inBank(quotient, p));
  laneInGroup.set(remainder);
  block.set(blockAt(index, p));
  slot.set(L === 1 ? 0 : index.truncate(slotBits(p)));
  highs.set(vecOf(worked.map(({ high }) => high)));
  lows.set(vecOf(codes.elements().map((code) => code.bits(0, digitBits))));
  twoDigits.set(vecOf(worked.map(({ eight }) => eight)).asUnsigned());
  const kept = placed.valid.and(byList.not().or(list.listed));
  const start = group.mul(inBank(depthBlocks, p)).truncate(block.width);
  const allSlots = constant(uint(L), 2n ** BigInt(L) - 1n);
  const slots = choose(() => oneHot(slot, L), allSlots);
  const neighbours = () =>
    vecOf(Array.from({ length: lanes }, (_, i) => laneInGroup.eq(i - (i % L)))).asUnsigned();
  // By index lanes i, i + L, i + 2 L ... are offered the same operand in all slots.
  const spread = Array.from({ length: L }, (_, i) => ({
    highs: choose(() => repeat(highs.at(i), L), highs.asUnsigned()),
    lows: choose(() => repeat(lows.at(i), L), lows.asUnsigned()),
    lowSlots: choose(() => mux(twoDigits.bit(i), slots, 0), twoDigits),
  }));
  const written = {
    lanes: mux(kept, choose(neighbours, oneHot(laneInGroup, lanes)), 0),
    block: concat(start.addWrap(block), placed.bank),
    slots,
    ofLane: (lane: number) => spread[lane % L]!,
  };
  return {
    written,
    claims,
    completes: placed.valid.and(placed.last),
    named: {
      row,
      beat,
      bank,
      rowEnds,
      accepted,
      came,
      arrival,
      inRow,
      codes,
      place,
      laneNumber: lane,
      index,
      group: quotient,
      allEight,
      rowTags,
      rowTagged,
      worked,
      placed,
      placedGroup: group,
      placedLane: laneInGroup,
      placedBlock: block,
      placedSlot: slot,
      highs,
      lows,
      twoDigits,
      kept,
      start,
      // On the left these are what stands above already.
      ...(p.side === 'right' ? { slots, spread } : {}),
    },
  };
}
