import { Command, CommanderError } from 'commander';
import { systoleVersion } from '../handoff/index.ts';
import { HardwareError } from '../hdl/index.ts';
import { InputError } from '../numeric/index.ts';
import { costCommand } from './cost.ts';
import { cyclesCommand } from './cycles.ts';
import { evalCommand } from './eval.ts';
import { fmaxCommand } from './fmax.ts';
import { genCommand } from './gen.ts';
import { inspectCommand } from './inspect.ts';
import { cliError } from './issue.ts';
import { quantizeCommand } from './quantize.ts';
import { searchScheduleCommand } from './search-schedule.ts';
import { tableCommand } from './table.ts';
import { processTerminal } from './terminal.ts';
import type { Terminal } from './terminal.ts';
import { verifyCommand } from './verify.ts';
import { watchCommand } from './watch.ts';

/** Every command; a new one is a file and a name here. */
const commands: readonly ((terminal: Terminal) => Command)[] = [
  genCommand,
  verifyCommand,
  quantizeCommand,
  evalCommand,
  searchScheduleCommand,
  inspectCommand,
  tableCommand,
  costCommand,
  cyclesCommand,
  watchCommand,
  fmaxCommand,
];

/** What was given cannot be used. */
const badInput = 2;
/** EX_SOFTWARE of sysexits.h. */
const internalError = 70;

/** Runs a command line; resolves with the exit code. Whatever goes wrong is thrown. */
export async function execute(argv: readonly string[], terminal: Terminal): Promise<number> {
  const program = await programFor(terminal);
  if (argv.length === 0) {
    program.outputHelp();
    return 0;
  }
  try {
    await program.parseAsync(argv, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode !== 0) throw translated(error, commandOf(program, argv));
  }
  return terminal.exitCode;
}

/** As `execute`, but errors become a sentence on standard error and an exit code. */
export async function main(
  argv: readonly string[],
  terminal: Terminal = processTerminal(),
): Promise<number> {
  try {
    return await execute(argv, terminal);
  } catch (error) {
    const command = commandOf(await programFor(terminal), argv);
    const name = command.parent === null ? 'systole' : `systole ${command.name()}`;
    if (error instanceof InputError || error instanceof HardwareError) {
      terminal.err(`${name}: ${error.message}\n`);
      return badInput;
    }
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    terminal.err(
      `${name}: this is a bug in Systole; please report it with what follows.\n${text}\n`,
    );
    return internalError;
  }
}

async function programFor(terminal: Terminal): Promise<Command> {
  const program = new Command('systole')
    .description('Generates hardware for quantized transformers and checks it bit for bit.')
    .version(await systoleVersion(), '-V, --version', 'print the version');
  for (const make of commands) program.addCommand(make(terminal));
  for (const command of [program, ...program.commands]) {
    command
      .helpOption('-h, --help', 'explain the options')
      .exitOverride()
      // Errors of commander come back as exceptions, which `main` prints like all others.
      .configureOutput({
        writeOut: (text) => terminal.out(text),
        outputError: () => undefined,
      });
  }
  return program;
}

/** The command that a command line names, or the program itself. */
function commandOf(program: Command, argv: readonly string[]): Command {
  return program.commands.find((command) => command.name() === argv[0]) ?? program;
}

/** An error of commander in our words. */
function translated(error: CommanderError, command: Command): InputError {
  const quoted = /'(.*?)'/s.exec(error.message)?.[1] ?? '';
  switch (error.code) {
    case 'commander.unknownOption': {
      const { options } = command;
      const allowed = [...options.flatMap(({ long }) => long ?? []), '--help'];
      return cliError({ code: 'unknown-option', option: quoted, allowed });
    }
    case 'commander.unknownCommand': {
      const allowed = command.commands.map((candidate) => candidate.name());
      return cliError({ code: 'unknown-command', name: quoted, allowed });
    }
    case 'commander.optionMissingArgument':
      return cliError({ code: 'missing-value', option: quoted });
    case 'commander.excessArguments':
      return cliError({ code: 'extra-argument', argument: command.args[0] ?? '' });
    default:
      return new InputError(error.message.replace(/^error: /, ''), error.code);
  }
}
