import { Command } from 'commander';
import { addCycles, attentionCycles, cyclesDesign, mixedTokens } from '../families/index.ts';
import type { AttentionCycles, RunJobs } from '../families/index.ts';
import { InputError } from '../numeric/index.ts';
import { engineNames, openSession } from '../testbench/index.ts';
import type { EngineName } from '../testbench/index.ts';
import { modelTokens } from './cycles-model.ts';
import type { LayerTokens } from './cycles-model.ts';
import { cyclesText } from './cycles-text.ts';
import { chooseDesign, parametersText } from './design-options.ts';
import type { DesignChoice, DesignOptions } from './design-options.ts';
import { cliError } from './issue.ts';
import { madeUp } from './made-up.ts';
import type { MadeUp, MadeUpOptions } from './made-up.ts';
import { collect, json } from './output.ts';
import { progressOn } from './progress.ts';
import type { Progress } from './progress.ts';
import type { Terminal } from './terminal.ts';

export interface CyclesOptions extends DesignOptions, MadeUpOptions {
  readonly model?: string;
  readonly bits?: string;
  readonly schedule?: string;
  readonly data?: string;
  readonly calibration?: string;
  readonly tokenizer?: string;
  readonly limit?: string;
  readonly engine: string;
  readonly json?: true;
  readonly quiet?: true;
}

const usual = { tokens: 128, depth: 64, eight: 0.5, pruned: 0 };

const examples = `
Examples:
  systole cycles --pe vssa
  systole cycles --pe vssa-array --set rows=16 --set cols=16 --tokens 128 --depth 64 --eight 0.25 --engine verilator
  systole cycles --pe vssa --tokens 384 --eight 0.395 --pruned 0.2 --json
  systole cycles --pe vssa --model models/tiny-nli --schedule build/schedule/schedule.yaml --limit 20
`;

/** `systole cycles`: how long attention takes on an array whose speed depends on the precision of tokens. */
export function cyclesCommand(terminal: Terminal): Command {
  return new Command('cycles')
    .description('count the cycles of attention for tokens of mixed precision, in any engine')
    .option('--pe <name>', `design: ${cyclesDesign}`)
    .option('--set <key=value>', 'parameter of the design; repeat for more', collect)
    .option('--config <file>', 'YAML file with pe, seed, set; the command line comes first')
    .option('--tokens <n>', `tokens of a made-up sequence (default: ${usual.tokens})`)
    .option('--depth <n>', `columns of its head (default: ${usual.depth})`)
    .option('--eight <share>', `share of its tokens with 8 bits (default: ${usual.eight})`)
    .option('--pruned <share>', `share that is pruned; the others have 4 bits (default: 0)`)
    .option('--model <folder>', 'take the precisions that tokens get in this model instead')
    .option('--bits <name>', 'of the model: t8, t84, t4')
    .option('--schedule <file>', 'of the model: YAML file as for eval --config')
    .option('--data <file>', 'examples of the model (default: those in its folder)')
    .option('--calibration <file>', 'examples that set its ranges (default: calibration.jsonl)')
    .option('--tokenizer <file>', 'YAML file that says how vocab.txt is used')
    .option('--limit <n>', 'only the first n examples (default: 20)')
    .option('--engine <name>', engineNames.join(', '), 'golden')
    .option('--seed <n>', 'seed of tokens, codes and power-on values (default: 1)')
    .option('--json', 'print one JSON object instead of text')
    .option('--quiet', 'print no progress')
    .addHelpText('after', examples)
    .action((options: CyclesOptions) => cycles(options, terminal));
}

/** What `cycles --json` prints, beside what it was asked. */
export interface CyclesReport extends AttentionCycles {
  readonly design: string;
  readonly parameters: Readonly<Record<string, number>>;
  readonly engine: EngineName;
  readonly seed: number;
  /** Of a made-up sequence. */
  readonly tokens?: number;
  readonly depth?: number;
  readonly eight?: number;
  readonly pruned?: number;
  /** Of a model: every sequence, layer and head together. */
  readonly model?: string;
  readonly sequences?: number;
  readonly accuracy?: number;
  /** Tokens of all sequences by their bits, layer by layer. */
  readonly precisions?: readonly { readonly 8: number; readonly 4: number; readonly 0: number }[];
  readonly layers?: readonly AttentionCycles[];
}

async function cycles(options: CyclesOptions, terminal: Terminal): Promise<void> {
  const choice = await chooseDesign(options);
  if (choice.design.name !== cyclesDesign) {
    throw new InputError(
      `--pe: ${choice.design.name} takes the same time whatever the precision of tokens; choose ${cyclesDesign}.`,
    );
  }
  const engine = engineNames.find((name) => name === options.engine);
  if (!engine) {
    throw cliError({ code: 'unknown-engine', name: options.engine, allowed: engineNames });
  }
  const progress = progressOn(terminal, 'cycles', options.quiet === true || options.json === true);
  const { design, parameters, seed } = choice;
  const plan = options.model === undefined ? madeUp(options, usual, seed) : undefined;
  refuseIdle(options);
  progress.at(0, 'getting ready');
  const session = await openSession(engine, design, parameters, { seed });
  try {
    const run: RunJobs = (jobs) => session.run(jobs);
    const asked = { design: design.name, parameters, engine, seed };
    const report: CyclesReport = plan
      ? { ...asked, ...plan, ...(await attentionOf(choice, plan, run)) }
      : { ...asked, ...(await modelCycles(choice, options, run, progress)) };
    progress.end();
    terminal.out(
      options.json
        ? json(report)
        : `${design.name} (${parametersText(choice)})\n${cyclesText(report)}`,
    );
  } finally {
    progress.end();
    await session.close();
  }
}

/** Options of a made-up sequence say nothing of a model, and the other way round. */
function refuseIdle(options: CyclesOptions): void {
  const ofSequence = ['tokens', 'depth', 'eight', 'pruned'] as const;
  const ofModel = ['bits', 'schedule', 'data', 'calibration', 'tokenizer', 'limit'] as const;
  const idle = (options.model === undefined ? ofModel : ofSequence).find(
    (key) => options[key] !== undefined,
  );
  if (idle === undefined) return;
  throw new InputError(
    options.model === undefined
      ? `--${idle} is for the precisions of a model; add --model, or leave it out.`
      : `--${idle} is for a made-up sequence, but --model gives real ones; leave one of them out.`,
  );
}

const shapeOf = ({ parameters }: DesignChoice): { rows: number; cols: number } => ({
  rows: parameters['rows']!,
  cols: parameters['cols']!,
});

const attentionOf = (choice: DesignChoice, plan: MadeUp, run: RunJobs): Promise<AttentionCycles> =>
  attentionCycles(
    shapeOf(choice),
    {
      bits: mixedTokens({ ...plan, seed: choice.seed }),
      ...{ depth: plan.depth, heads: 1, seed: choice.seed },
    },
    run,
  );

/** Every layer of every sequence: the heads of a layer one after the other in one run. */
async function modelCycles(
  choice: DesignChoice,
  options: CyclesOptions,
  run: RunJobs,
  progress: Progress,
): Promise<Omit<CyclesReport, 'design' | 'parameters' | 'engine' | 'seed'>> {
  const found = await modelTokens(options, choice.seed);
  // What a layer takes depends on the bits of its tokens alone.
  const known = new Map<string, AttentionCycles>();
  const timeOf = async (tokens: LayerTokens): Promise<AttentionCycles> => {
    const key = tokens.join();
    const { depth, heads } = found;
    const time =
      known.get(key) ??
      (await attentionCycles(
        shapeOf(choice),
        { bits: tokens, depth, heads, seed: choice.seed },
        run,
      ));
    known.set(key, time);
    return time;
  };
  const layers: AttentionCycles[] = [];
  for (const [layer, sequences] of found.layers.entries()) {
    const times: AttentionCycles[] = [];
    for (const [i, tokens] of sequences.entries()) {
      progress.at((layer + i / sequences.length) / found.layers.length, `layer ${layer}`);
      times.push(await timeOf(tokens));
    }
    layers.push(times.reduce(addCycles));
  }
  return {
    model: options.model!,
    sequences: found.layers[0]!.length,
    accuracy: found.accuracy,
    precisions: found.layers.map((sequences) => {
      const count = { 8: 0, 4: 0, 0: 0 };
      for (const tokens of sequences) for (const bits of tokens) count[bits as 8 | 4 | 0]++;
      return count;
    }),
    ...layers.reduce(addCycles),
    layers,
  };
}
