/**
 * Questions with known answers, asked over any matrix engine: which class a text has (`classify`), which tokens hide
 * behind masks (`mlm`), and `evaluateTask`, which runs either over a data set and counts.
 */
export { classify, labelIndex } from './classify.ts';
export { askTask, evaluateTask, scoreQuestions, taskNamed, tasks } from './evaluate.ts';
export type { Questionnaire, Score } from './evaluate.ts';
export { maskedLm, maskedShare } from './masked-lm.ts';
export type { EvaluateOptions, Evaluation, Question, Target, Task, TaskContext } from './task.ts';
