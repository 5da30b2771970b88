/** Says of each mutant what became of it, as soon as that is known: a run takes an hour or two. */
import console from 'node:console';
import { relative } from 'node:path';

class AsFound {
  #done = 0;
  #plans = 0;

  onMutationTestingPlanReady({ mutantPlans }) {
    this.#plans = mutantPlans.length;
  }

  onMutantTested({ fileName, location, mutatorName, replacement, status, killedBy }) {
    this.#done++;
    const { line, column } = location.start;
    const text = replacement.replace(/\s+/g, ' ').slice(0, 60);
    const by = killedBy?.[0]?.split('#')[0].split('/').at(-1) ?? '';
    console.log(
      `${this.#done}/${this.#plans} ${status} ${relative('.', fileName)}:${line}:${column} ${mutatorName} ${text} ${by}`,
    );
  }
}

export const strykerPlugins = [{ kind: 'Reporter', name: 'as-found', injectableClass: AsFound }];
