import { workerData } from 'piscina';
import { evaluationWorker } from '../engines/index.ts';
import type { EvaluationSetup } from '../engines/index.ts';
import { findDesign, findMethod } from '../families/index.ts';

/** Answers the questions of `systole eval` in a thread of its own. */
export default evaluationWorker(workerData as EvaluationSetup, {
  method: (name) => findMethod(name),
  design: (name) => findDesign(name).design,
});
