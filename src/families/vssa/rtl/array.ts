import { addressBits } from '../../../ir/index.ts';
import {
  bit,
  connect,
  defineModule,
  fires,
  input,
  instance,
  output,
  reg,
  sint,
  stream,
  uint,
  vec,
  when,
} from '../../../hdl/index.ts';
import type { PortDeclarations } from '../../../hdl/index.ts';
import type { Part } from '../../../parts/part.ts';
import { shell } from '../../../parts/shell/index.ts';
import { columnsAddress, rowsAddress, sumBits, wordBits } from '../params.ts';
import type { ArrayParameters } from '../params.ts';
import { activityBits, activityRegisters, firstLanes, grid, runEnd } from './grid.ts';
import { setupFields, signSetup } from './setup.ts';

const doc = `Variable-speed systolic array

Tiles of dot products, one for each element in use, of words of one digit or two.

Setup, while the array is idle: whether the high digits of left and right words are signed, at addresses 0 and 1; rows and
columns in use at 2 and 3.`;

/** What the shell goes around. */
export const array = defineModule(
  'vssa_array_core',
  {
    doc,
    parameters: {
      rows: 'rows of elements',
      cols: 'columns of elements',
      skid: '1: links hold two words, and ready comes from registers',
    },
  },
  (p: ArrayParameters) => ({
    ports: {
      setup: input(stream(setupFields), 'signs, rows and columns in use'),
      left: input(
        stream({ lanes: vec(uint(wordBits), p.rows), last: bit() }),
        'a word for each row; last ends a tile',
      ),
      right: input(stream({ lanes: vec(uint(wordBits), p.cols) }), 'a word for each column'),
      results: output(
        stream({ sums: vec(sint(sumBits), p.cols), last: bit() }),
        'sums of a row; last ends a tile',
      ),
      beats: input(uint(activityBits), 'result beats of a run'),
      busy: output(uint(activityBits), 'cycles of all elements in which they computed'),
      stalled: output(uint(activityBits), 'those in which they had operands and waited'),
      starved: output(uint(activityBits), 'the others, in which an operand was missing'),
    },
    body({ setup, left, right, results, beats, busy, stalled, starved }) {
      const { rows: R, cols: C } = p;
      const signs = signSetup(setup);
      const usedRows = reg(uint(addressBits(R + 1)), { init: R });
      const usedColumns = reg(uint(addressBits(C + 1)), { init: C });
      when(setup.valid, () => {
        const { address, data } = setup.data;
        when(address.eq(rowsAddress), () => usedRows.set(data.truncate(usedRows.width)));
        when(address.eq(columnsAddress), () => usedColumns.set(data.truncate(usedColumns.width)));
      });

      const elements = instance(grid, p);
      elements.leftSigned.set(signs.leftSigned);
      elements.rightSigned.set(signs.rightSigned);
      elements.usedRows.set(usedRows);
      for (const [from, to] of [
        [left, elements.left],
        [right, elements.right],
      ] as const) {
        to.valid.set(from.valid);
        to.data.lanes.set(from.data.lanes);
        from.ready.set(to.ready);
      }
      elements.left.data.inUse.set(firstLanes(usedRows, R));
      elements.left.data.last.set(left.data.last);
      elements.right.data.inUse.set(firstLanes(usedColumns, C));
      connect(elements.results, results);

      const end = runEnd(fires(results), beats);
      elements.ends.set(end.ends);
      busy.set(elements.busy);
      stalled.set(elements.stalled);
      starved.set(elements.starved);
      return { ...signs, usedRows, usedColumns, grid: elements, ...end };
    },
  }),
);

/** The array behind the common shell, for `elaborate`. */
export const arrayShell = (
  p: ArrayParameters,
): Part<Readonly<Record<string, number>>, PortDeclarations> =>
  shell({
    name: 'vssa_array',
    doc: `Variable-speed systolic array behind the common shell\n\n${p.rows} x ${p.cols} digit-serial processing elements for words of 4 and 8 bits.`,
    core: [array, p],
    id: 0x56535341,
    version: 0x00010000,
    parameters: p,
    registers: activityRegisters('result beats of a run: tiles x rows in use'),
    done: { stream: 'results', beats: 'RESULTS' },
  });
