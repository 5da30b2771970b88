import { addressBits } from '../../../ir/index.ts';
import {
  bit,
  defineModule,
  fires,
  input,
  mem,
  output,
  reg,
  stream,
  uint,
  vec,
  vecOf,
  when,
} from '../../../hdl/index.ts';
import { tokenBits, tokenCountBits } from '../params.ts';

export interface TokenListParameters {
  /** Tokens of the longest list. */
  readonly maxTokens: number;
  /** Places that are looked up side by side, from 1. */
  readonly lookups: number;
}

const doc = `List of tokens, and where each of them stands in it

Tokens come in the order of their places, those of 8 bits first. They are held until the list is given up. The
memories are never cleared: a token is in the list if its place is, and the token at that place is the same.`;

/** The list of tokens: place by token, token by place. */
export const tokenList = defineModule(
  'vssa_token_list',
  {
    doc,
    parameters: {
      maxTokens: 'tokens of the longest list',
      lookups: 'places that are looked up side by side',
    },
  },
  ({ maxTokens, lookups }: TokenListParameters) => ({
    ports: {
      tokens: input(
        stream({ id: uint(tokenBits), bits: uint(2), last: bit() }),
        'tokens of 8 bits (2), then those of 4 (1); last completes the list',
      ),
      newList: input(bit(), 'gives up the list'),
      complete: output(bit(), 'a list is held'),
      eights: output(uint(tokenCountBits), 'tokens of 8 bits'),
      ids: input(vec(uint(tokenBits), lookups), 'tokens whose places are looked up'),
      places: output(vec(uint(tokenBits), lookups), 'places of the tokens of the cycle before'),
      listed: output(vec(bit(), lookups), 'the tokens of two cycles before are in the list'),
      at: input(uint(tokenBits), 'place whose token is looked up'),
      idAt: output(uint(tokenBits), 'token at the place of the cycle before'),
    },
    body({ tokens, newList, complete, eights, ids, places, listed, at, idAt }) {
      const addressWidth = addressBits(maxTokens);
      const placeOf = mem(uint(addressWidth), maxTokens);
      const idOf = mem(uint(tokenBits), maxTokens);
      const held = reg(bit(), { init: 0 });
      const total = reg(uint(tokenCountBits), { init: 0 });
      const eight = reg(uint(tokenCountBits), { init: 0 });
      tokens.ready.set(held.not());
      when(newList, () => {
        held.set(0);
        total.set(0);
        eight.set(0);
      }).elseWhen(fires(tokens), () => {
        const { id, bits, last } = tokens.data;
        placeOf.write(id.truncate(addressWidth), total.truncate(addressWidth));
        idOf.write(total.truncate(addressWidth), id);
        total.set(total.addWrap(1));
        when(bits.bit(1), () => eight.set(eight.addWrap(1)));
        held.set(last);
      });
      complete.set(held);
      eights.set(eight);

      const found = ids.elements().map((id) => {
        const place = placeOf.readNext(id.truncate(addressWidth));
        const idThere = idOf.readNext(place);
        const [asked, askedBefore] = [reg(uint(tokenBits)), reg(uint(tokenBits))];
        const inList = reg(bit());
        asked.set(id);
        askedBefore.set(asked);
        inList.set(place.extend(tokenCountBits).lt(total));
        return { place, asked, askedBefore, inList, idThere };
      });
      places.set(vecOf(found.map(({ place }) => place.extend(tokenBits))));
      listed.set(
        vecOf(found.map(({ inList, askedBefore, idThere }) => inList.and(idThere.eq(askedBefore)))),
      );
      idAt.set(idOf.readNext(at.truncate(addressWidth)));
      const named = Object.fromEntries(found.map((lookup, i) => [`lookup_${i}`, lookup]));
      return { placeOf, idOf, held, total, eight, ...named };
    },
  }),
);
