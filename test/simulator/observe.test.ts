import { describe, expect, it } from 'vitest';
import {
  asEnumeration,
  bit,
  enumeration,
  input,
  instanceArray,
  mem,
  output,
  reg,
  uint,
  vec,
  when,
} from '../../src/hdl/index.ts';
import {
  createReference,
  createSimulator,
  recordWaves,
  renderWaves,
} from '../../src/simulator/index.ts';
import { build, define } from '../hdl/build.ts';

/** Counts where enabled. */
const counter = () =>
  build({ enable: input(bit()), value: output(uint(4)) }, ({ enable, value }) => {
    const count = reg(uint(4), { init: 0 });
    when(enable, () => count.set(count.addWrap(1)));
    value.set(count);
    return { count };
  });

/** Two cells that hand a word through a memory each. */
const cells = () => {
  const cell = define('cell_of_words', { a: input(uint(4)), q: output(uint(4)) }, ({ a, q }) => {
    const words = mem(uint(4), 2, { init: [10, 11] });
    words.write(a.bits(0, 1), a);
    q.set(words.read(a.bits(0, 1)));
    return { words };
  });
  return build({ a: input(uint(4)), o: output(vec(uint(4), 2)) }, ({ a, o }) => {
    const pair = instanceArray(cell, undefined, [2]);
    pair.a.broadcast(a);
    o.set(pair.q);
    return { pair };
  });
};

describe.each([
  ['compiled', createSimulator],
  ['reference', createReference],
])('waves of the %s simulator', (_, create) => {
  it('draw bits as lines and others in hexadecimal', () => {
    const waves = recordWaves(['enable', 'count', 'resetn']);
    const simulator = create(counter(), { onCycle: waves.onCycle });
    simulator.run(2);
    simulator.poke('resetn', 1);
    simulator.poke('enable', 1);
    simulator.run(2);
    simulator.poke('enable', 0);
    simulator.settle();
    simulator.tick();
    waves.rows.forEach((row) => (row.values as bigint[]).shift());
    expect(`\n${renderWaves(waves)}`).toBe(
      ['', 'enable  __/~~~\\_', 'count   |0  |1|2', 'resetn  __/~~~~~'].join('\n'),
    );
  });

  it('name the values of enumerations, of one bit too', () => {
    const color = enumeration('red', 'green', 'blue');
    const side = enumeration('left', 'right');
    const waves = recordWaves(['raw', 'color', 'side', 'chosen']);
    const simulator = create(
      build(
        { raw: input(uint(2)), chosen: output(color), side: output(side) },
        ({ raw, chosen, side: out }) => {
          const named = asEnumeration(color, raw);
          chosen.set(named);
          out.set(asEnumeration(side, raw.bits(0, 1)));
          return { color: named };
        },
      ),
      { onCycle: waves.onCycle },
    );
    for (const raw of [0, 1, 1, 3, 2]) {
      simulator.poke('raw', raw);
      simulator.run();
    }
    expect(`\n${renderWaves(waves)}`).toBe(
      [
        '',
        'raw     |0    |1          |3    |2',
        "color   |red  |green      |'h3  |blue",
        'side    |left |right            |left',
        "chosen  |red  |green      |'h3  |blue",
      ].join('\n'),
    );
  });

  it('show words of memories by their paths', () => {
    const waves = recordWaves(['u_pair[1].words[1]', 'u_pair[0].words[0]']);
    const simulator = create(cells(), { onCycle: waves.onCycle });
    for (const a of [3, 2, 5]) {
      simulator.poke('a', a);
      simulator.run();
    }
    expect(waves.rows.map(({ path, values }) => [path, ...values])).toEqual([
      ['u_pair[1].words[1]', 11n, 3n, 3n],
      ['u_pair[0].words[0]', 10n, 10n, 2n],
    ]);
    expect(simulator.peek('u_pair[1].words[1]')).toBe(5n);
  });

  it('name what there is where a path is unknown', () => {
    const simulator = create(counter(), { onCycle: recordWaves(['cuont']).onCycle });
    expect(() => simulator.run()).toThrow("no signal 'cuont' to record; try resetn, enable");
    const beyond = create(cells(), { onCycle: recordWaves(['u_pair[0].words[2]']).onCycle });
    expect(() => beyond.run()).toThrow("no signal 'u_pair[0].words[2]' to record");
  });
});
