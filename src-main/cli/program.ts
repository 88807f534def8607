import { Command, CommanderError } from 'commander';
import { THREADS_SETTING } from '../base/threads.js';
import { VERSION } from '../base/version.js';
import { type ErrorCode, problemOf } from '../contract/errors.js';
import { EXIT } from '../contract/exit.js';
import { anomalyCommand } from './commands/anomaly.js';
import { cleanCommand } from './commands/clean.js';
import { compressCommand, decompressCommand } from './commands/compress.js';
import { denoiseCommand } from './commands/denoise.js';
import { probeCommand } from './commands/encoders/probe.js';
import { segmentCommand } from './commands/encoders/segment.js';
import { evaluateCommand } from './commands/evaluate.js';
import { fetchCommand } from './commands/fetch.js';
import { generateCommand } from './commands/generate.js';
import { inspectCommand } from './commands/inspect.js';
import { latentCommand } from './commands/latent.js';
import { modelsCommand } from './commands/models.js';
import { nodeCommand } from './commands/node.js';
import { planCommand } from './commands/plan.js';
import { pretrainCommand } from './commands/pretrain.js';
import { queueCommand, submitCommand, workerCommand } from './commands/queue.js';
import { sendCommand } from './commands/send.js';
import { motionCommand } from './commands/series/motion.js';
import { type ServePlaces, serveCommand } from './commands/serve.js';
import { setupTensorflowCommand } from './commands/setup.js';
import { simulateCommand } from './commands/simulate.js';
import { trainCommand } from './commands/train.js';
import { updatesCommand } from './commands/updates.js';
import { scriptLine } from './terminal/json.js';
import type { Start } from './terminal/run.js';
import { runRequest } from './terminal/run.js';

/** The built scripts of the processes that commands start, and the built window. */
export type Surroundings = ServePlaces;

const DESCRIPTION = 'Makes noisy MR and CT series clear. Not for diagnostic use.';

const EXAMPLES = `
Examples:
  limpid inspect scans/                      what is there, and what can be denoised
  limpid denoise scans/ clear/ --error-map   denoise every series of a folder
  limpid <command> --help                    more of one command

Exit codes: 0 all done, 1 something failed, 2 wrong usage, 130 cancelled.`;

/** Who leaves the command out most likely wants this one. */
const COMMAND_FIRST = 'To make series clear: limpid denoise IN OUT\n';

/** Runs a command line (without node and script) and returns the exit code. */
export async function runCommandLine(args: readonly string[], places: Surroundings): Promise<number> {
  let exitCode: number = EXIT.done;
  const start: Start = async (request, options) => {
    exitCode = await runRequest(request, places.compute, options);
  };
  const finish = (code: number): void => {
    exitCode = code;
  };
  const program = new Command('limpid')
    .description(DESCRIPTION)
    .version(VERSION, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .helpCommand(false)
    .addHelpText('after', EXAMPLES)
    .configureHelp({
      sortSubcommands: false,
      subcommandTerm: (command) => `${command.name()} ${command.usage()}`.trim(),
    })
    .addCommand(inspectCommand(start))
    .addCommand(denoiseCommand(start))
    .addCommand(planCommand(start))
    .addCommand(cleanCommand(start))
    .addCommand(evaluateCommand(start))
    .addCommand(sendCommand(start))
    .addCommand(fetchCommand(start))
    .addCommand(nodeCommand(places.compute, finish))
    .addCommand(submitCommand(places.compute, finish))
    .addCommand(workerCommand(places.compute, finish))
    .addCommand(queueCommand(finish))
    .addCommand(simulateCommand(start))
    .addCommand(trainCommand(start))
    .addCommand(pretrainCommand(start))
    .addCommand(anomalyCommand(start))
    .addCommand(motionCommand(start))
    .addCommand(latentCommand(start))
    .addCommand(probeCommand(start))
    .addCommand(segmentCommand(start))
    .addCommand(generateCommand(start))
    .addCommand(compressCommand(start))
    .addCommand(decompressCommand(start))
    .addCommand(modelsCommand(start))
    .addCommand(serveCommand(places, finish))
    .addCommand(setupTensorflowCommand(places, finish))
    .addCommand(updatesCommand(finish));
  for (const command of withSubcommands(program))
    command
      .exitOverride()
      .allowExcessArguments(false)
      .hook('preAction', (_, action) => {
        refuseEmpty(action);
        setThreads(action);
      })
      .configureOutput({
        outputError: (said, write) => write(said.replace(/^error: /, `${'E_USAGE' satisfies ErrorCode}: `)),
      })
      .showHelpAfterError(`Run \`${nameOf(command)} --help\` to see how it is used.`);
  if (args.length === 0) {
    program.outputHelp({ error: true });
    return EXIT.usage;
  }
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return EXIT.done;
    if (error.code === 'commander.unknownCommand') process.stderr.write(COMMAND_FIRST);
    if (args.includes('--json')) process.stdout.write(scriptLine(wrongUsage(error)));
    return EXIT.usage;
  }
  return exitCode;
}

function withSubcommands(command: Command): Command[] {
  return [command, ...command.commands.flatMap(withSubcommands)];
}

/** What is empty is a variable of a script that was not set; as a path it would mean this folder, as a condition all. */
function refuseEmpty(command: Command): void {
  const refuse = (what: string, code: string): never =>
    command.error(`error: ${what} is empty`, { code, exitCode: EXIT.usage });
  if (command.processedArgs.some(isEmpty)) refuse('an argument', 'commander.emptyArgument');
  const option = command.options.find((one) => isEmpty(command.getOptionValue(one.attributeName())));
  if (option !== undefined) refuse(`the value of ${option.long ?? option.flags}`, 'commander.emptyOption');
}

const isEmpty = (value: unknown): boolean => value === '' || (Array.isArray(value) && value.some(isEmpty));

/** What a command starts inherits it. */
function setThreads(command: Command): void {
  const { threads } = command.opts<{ readonly threads?: number }>();
  if (threads !== undefined) process.env[THREADS_SETTING] = String(threads);
}

function nameOf(command: Command): string {
  return command.parent === null ? command.name() : `${nameOf(command.parent)} ${command.name()}`;
}

/** Without commander's message: it repeats arguments, which may be file names. */
function wrongUsage(error: CommanderError) {
  return {
    type: 'result',
    command: null,
    exitCode: EXIT.usage,
    stopped: problemOf('E_USAGE/command-line', { what: error.code.replace('commander.', '') }),
  };
}
