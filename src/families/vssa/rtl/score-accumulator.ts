import {
  bit,
  defineModule,
  enumeration,
  fires,
  input,
  instanceArray,
  mem,
  mux,
  output,
  reg,
  stream,
  uint,
  vec,
  when,
} from '../../../hdl/index.ts';
import type { UInt } from '../../../hdl/index.ts';
import { addressBits } from '../../../ir/index.ts';
import {
  accumulateFlag,
  importanceBits,
  importanceCodeBits,
  lengthAddress,
  newSequenceAddress,
  protectAddress,
  queryPrecisionFlag,
  scoreFlagsAddress,
  tokenBits,
} from '../params.ts';
import type { ScoresParameters } from '../params.ts';
import { byteBits, rowBeats, scoreLane } from './score-lane.ts';
import { setupFields } from './setup.ts';

const doc = `Score accumulator: what each token gets of the attention, summed up while it streams by

First the list of a layer's tokens, then their probabilities, row by row in the order of the list. Codes leave as they
are multiplied with values; codes of 16 bits are added up by place. Behind the layer the importance of every token
leaves in order: what it had before, and the sum of its place if the layer saw it.

Setup, between sequences: tokens at address 0, flags at 1 (bit 0: rows of 4-bit queries get one digit, bit 1: importance
adds up from layer to layer), a protected token at 2, a new sequence at 3, which is taken when all marks are cleared.`;

const phases = enumeration('list', 'rows', 'drain', 'scores');

/** Sums probabilities by token, and makes their operand codes. */
export const scoreAccumulator = defineModule(
  'vssa_score_accumulator',
  {
    doc,
    parameters: {
      maxTokens: 'tokens of the longest sequence',
      loadWords: 'probabilities in a beat',
    },
  },
  (p: ScoresParameters) => ({
    ports: {
      setup: input(stream(setupFields), 'tokens, flags, protected tokens, a new sequence'),
      tokens: input(
        stream({ id: uint(tokenBits), bits: uint(2), last: bit() }),
        'list of a layer: tokens of 8 bits (2), then those of 4 (1)',
      ),
      probabilities: input(
        stream({ codes: vec(uint(importanceCodeBits), p.loadWords), last: bit() }),
        'rows in the order of the list, as are keys; last ends a layer',
      ),
      codes: output(
        stream({
          id: uint(tokenBits),
          codes: vec(uint(byteBits), p.loadWords),
          last: bit(),
        }),
        'operands; last ends a head',
      ),
      scores: output(
        stream({ value: uint(importanceBits), protected: bit(), live: bit(), last: bit() }),
        'importance of every token in order',
      ),
    },
    body({ setup, tokens, probabilities, codes, scores }) {
      const { maxTokens, loadWords } = p;
      const indexBits = addressBits(maxTokens);
      const laneBits = Math.log2(loadWords);
      const beatBits = addressBits(rowBeats(p));
      const index = uint(indexBits);
      const beatOf = (place: UInt): UInt => place.bits(laneBits, beatBits);
      const indexOf = (id: UInt): UInt => id.bits(0, indexBits);
      const phase = reg(phases, { init: 'list' });

      // Setup. A new sequence waits until no token has a mark.
      const lastToken = reg(index, { init: 0 });
      const queryPrecision = reg(bit(), { init: 0 });
      const accumulates = reg(bit(), { init: 0 });
      const isFirstLayer = reg(bit(), { init: 1 });
      const sweep = reg(index, { init: 0 });
      const { address, data } = setup.data;
      const clears = setup.valid.and(address.eq(newSequenceAddress));
      const protects = setup.valid.and(address.eq(protectAddress));
      const swept = sweep.eq(maxTokens - 1);
      setup.ready.set(clears.not().or(swept));
      when(setup.valid, () => {
        when(address.eq(lengthAddress), () => lastToken.set(indexOf(data.subWrap(1))));
        when(address.eq(scoreFlagsAddress), () => {
          queryPrecision.set(data.bit(queryPrecisionFlag));
          accumulates.set(data.bit(accumulateFlag));
        });
      });
      when(clears, () => {
        sweep.set(mux(swept, 0, sweep.addWrap(1)));
        isFirstLayer.set(1);
      });

      // The list of the layer.
      const ids = mem(index, maxTokens);
      const places = mem(index, maxTokens);
      const nextPlace = reg(index, { init: 0 });
      const lastPlace = reg(index);
      const eights = reg(uint(indexBits + 1), { init: 0 });
      const listed = fires(tokens);
      const listedToken = indexOf(tokens.data.id);
      tokens.ready.set(phase.is('list'));
      when(listed, () => {
        ids.write(nextPlace, listedToken);
        places.write(listedToken, nextPlace);
        eights.set(eights.accumulate(tokens.data.bits.bit(1)));
        nextPlace.set(nextPlace.addWrap(1));
        when(tokens.data.last, () => {
          lastPlace.set(nextPlace);
          nextPlace.set(0);
          phase.set('rows');
        });
      });

      // Rows: a beat waits for its sums, and then for its codes to leave.
      const row = reg(index, { init: 0 });
      const beat = reg(uint(beatBits), { init: 0 });
      const isFirstRow = reg(bit());
      const waits = reg(bit(), { init: 0 });
      const leaves = fires(codes);
      const taken = fires(probabilities);
      const endsRow = beat.eq(beatOf(lastPlace));
      const endsHead = endsRow.and(row.eq(lastPlace));
      probabilities.ready.set(phase.is('rows').and(waits.not().or(codes.ready)));
      when(phase.is('list'), () => isFirstRow.set(1));
      when(taken, () => {
        beat.set(mux(endsRow, 0, beat.addWrap(1)));
        when(endsRow, () => {
          row.set(mux(endsHead, 0, row.addWrap(1)));
          isFirstRow.set(0);
        });
        when(probabilities.data.last, () => phase.set('drain'));
      });
      when(taken.or(codes.ready), () => waits.set(taken));

      const held = reg(vec(uint(importanceCodeBits), loadWords));
      const target = reg(uint(beatBits));
      const fresh = reg(bit());
      const again = reg(bit());
      const isShort = reg(bit());
      const last = reg(bit());
      when(taken, () => {
        held.set(probabilities.data.codes);
        target.set(beat);
        fresh.set(isFirstRow);
        again.set(waits.and(beat.eq(target)));
        isShort.set(queryPrecision.and(row.extend(indexBits + 1).ge(eights)));
        last.set(endsHead);
      });
      codes.valid.set(waits);
      codes.data.last.set(last);
      when(phase.is('drain').and(leaves), () => phase.set('scores'));

      // Scores, by token: its place is looked up, then the sum of that place and what the token had.
      const walk = reg(index, { init: 0 });
      const found = reg(bit(), { init: 0 });
      const foundToken = reg(index);
      const offered = reg(bit(), { init: 0 });
      const token = reg(index);
      const tokenLane = reg(uint(Math.max(1, laneBits)));
      const isLast = token.eq(lastToken);
      const moves = phase.is('scores').and(offered.not().or(scores.ready));
      const scored = fires(scores);
      const place = places.readNext(walk, { enable: moves, mode: 'undefined' });
      when(moves, () => {
        walk.set(walk.addWrap(1));
        found.set(1);
        foundToken.set(walk);
        offered.set(found);
        token.set(foundToken);
        tokenLane.set(laneBits > 0 ? place.bits(0, laneBits) : 0);
      });
      when(scored.and(isLast), () => {
        phase.set('list');
        walk.set(0);
        found.set(0);
        offered.set(0);
        eights.set(0);
        isFirstLayer.set(0);
      });

      const id = ids.readNext(row, { enable: taken, mode: 'undefined' });
      codes.data.id.set(indexBits < tokenBits ? id.extend(tokenBits) : id);

      const lanes = instanceArray(scoreLane, p, [loadWords]);
      lanes.read.broadcast(taken.or(moves));
      lanes.beat.broadcast(mux(phase.is('scores'), beatOf(place), beat));
      lanes.add.broadcast(leaves);
      lanes.target.broadcast(target);
      lanes.code.each(held);
      lanes.fresh.broadcast(fresh);
      lanes.again.broadcast(again);
      lanes.isShort.broadcast(isShort);
      codes.data.codes.set(lanes.operand);

      // Marks, one bit for each token: protected ones, and those in the list, which the walk clears.
      const protectedOnes = mem(bit(), maxTokens);
      const members = mem(bit(), maxTokens);
      when(clears.or(protects), () => {
        protectedOnes.write(mux(clears, sweep, indexOf(data)), protects);
      });
      when(clears.or(listed).or(scored), () => {
        const marked = mux(listed, listedToken, token);
        members.write(mux(clears, sweep, marked), listed);
      });
      const importance = mem(uint(importanceBits), maxTokens);
      const look = { enable: moves, mode: 'undefined' } as const;
      const live = members.readNext(foundToken, look);
      const earlier = importance.readNext(foundToken, look);
      const keeps = accumulates.and(isFirstLayer.not());
      const sum = lanes.sum.at(tokenLane);
      const value = mux(keeps, earlier, 0).addWrap(mux(live, sum, 0));
      when(scored, () => importance.write(token, value));
      scores.valid.set(offered);
      scores.data.value.set(value);
      scores.data.protected.set(protectedOnes.readNext(foundToken, look));
      scores.data.live.set(live);
      scores.data.last.set(isLast);
      return {
        phase,
        lastToken,
        queryPrecision,
        accumulates,
        isFirstLayer,
        sweep,
        clears,
        protects,
        swept,
        ids,
        places,
        nextPlace,
        lastPlace,
        eights,
        listed,
        listedToken,
        row,
        beat,
        isFirstRow,
        waits,
        leaves,
        taken,
        endsRow,
        endsHead,
        held,
        target,
        fresh,
        again,
        isShort,
        last,
        walk,
        found,
        foundToken,
        offered,
        token,
        tokenLane,
        isLast,
        moves,
        scored,
        place,
        id,
        lane: lanes,
        protectedOnes,
        members,
        importance,
        live,
        earlier,
        keeps,
        sum,
        value,
      };
    },
  }),
);
