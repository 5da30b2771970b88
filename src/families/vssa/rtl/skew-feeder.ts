import {
  bit,
  defineModule,
  fires,
  input,
  instanceArray,
  mux,
  output,
  reg,
  stream,
  uint,
  vec,
  vecOf,
  when,
} from '../../../hdl/index.ts';
import { link } from './link.ts';

interface StageParameters {
  /** Bits of a word. */
  readonly width: number;
  readonly skid: number;
}

/** One step of a lane. */
const stage = defineModule(
  'vssa_feeder_stage',
  {
    doc: 'One elastic step of a lane on its way into the array',
    parameters: { width: 'bits of a word', skid: '1: holds two words' },
    named: ({ width }: StageParameters) => `vssa_feeder_stage_${width}`,
  },
  ({ width, skid }: StageParameters) => ({
    ports: {
      from: input(stream({ word: uint(width) }), 'from the step before'),
      to: output(stream({ word: uint(width) }), 'to the next step'),
    },
    body({ from, to }) {
      const step = link(width, to, skid);
      from.ready.set(step.room);
      step.write(fires(from), from.data.word);
      to.data.word.set(step.offered);
      return step.registers;
    },
  }),
);

export interface SkewFeederParameters extends StageParameters {
  /** 1 .. 32. */
  readonly lanes: number;
}

const doc = `Elastic skewed edge of a systolic array

A beat has a word for every lane. Lane i is i steps long; every lane takes its word as soon as it can, and the beat is
gone when all have.`;

/** The edge of the array: what comes together goes in one step later for each lane. */
export const skewFeeder = defineModule(
  'vssa_skew_feeder',
  {
    doc,
    parameters: { width: 'bits of a word', lanes: 'lanes', skid: '1: steps hold two words' },
    named: ({ width, lanes }: SkewFeederParameters) => `vssa_skew_feeder_${lanes}x${width}`,
  },
  ({ width, lanes, skid }: SkewFeederParameters) => ({
    ports: {
      from: input(stream({ words: vec(uint(width), lanes) }), 'words of one moment'),
      valid: output(vec(bit(), lanes), 'a word is at the end of the lane'),
      ready: input(vec(bit(), lanes), 'it is taken'),
      words: output(vec(uint(width), lanes)),
    },
    body({ from, valid, ready, words }) {
      const taken = reg(uint(lanes), { init: 0 });
      const enters = from.data.words.elements();
      const forward = { axis: 0, step: 1 } as const;
      const lanesWithSteps = enters.slice(1).map((word, before) => {
        const steps = instanceArray(stage, { width, skid }, [before + 1]);
        const offered = from.valid.and(taken.bit(before + 1).not());
        steps.from.valid.from('to_valid', { ...forward, edge: vecOf([offered]) });
        steps.from.data.word.from('to_word', { ...forward, edge: vecOf([word]) });
        steps.to.ready.from('from_ready', {
          axis: 0,
          step: -1,
          edge: vecOf([ready.at(before + 1)]),
        });
        return steps;
      });
      const atEnd = <T>(each: (lane: (typeof lanesWithSteps)[number], end: number) => T): T[] =>
        lanesWithSteps.map((steps, end) => each(steps, end));
      const done = taken.or(
        vecOf([ready.at(0), ...lanesWithSteps.map((steps) => steps.from.ready.at(0))]).asUnsigned(),
      );
      const allDone = done.all();
      from.ready.set(allDone);
      when(from.valid, () => taken.set(mux(allDone, 0, done)));
      valid.set(
        vecOf([
          from.valid.and(taken.bit(0).not()),
          ...atEnd((steps, end) => steps.to.valid.at(end)),
        ]),
      );
      words.set(vecOf([enters[0]!, ...atEnd((steps, end) => steps.to.data.word.at(end))]));
      const named = Object.fromEntries(lanesWithSteps.map((steps, i) => [`lane_${i + 1}`, steps]));
      return { taken, ...named, done, allDone };
    },
  }),
);
