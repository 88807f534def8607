import * as path from 'node:path';
import { Command } from 'commander';
import { type Recipe, type SetupResult, setUp, takeAway } from '../../app/setup/setup.js';
import { tensorflowRecipe } from '../../app/setup/tensorflow.js';
import { verifyDevice } from '../../app/setup/verify.js';
import { problemFrom } from '../../contract/errors.js';
import { EXIT, exitCodeFor } from '../../contract/exit.js';
import { forkSpawn } from '../../process/spawn.js';
import { scriptLine } from '../terminal/json.js';
import { toldLine } from '../terminal/words.js';
import type { ServePlaces } from './serve.js';

interface SetupOptions {
  readonly check: boolean;
  readonly remove: boolean;
  readonly json: boolean;
}

export function setupTensorflowCommand(places: ServePlaces, finish: (exitCode: number) => void): Command {
  const recipe = (): Recipe =>
    tensorflowRecipe({
      manifest: path.join(places.root, 'assets', 'tensorflow'),
      verify: (env) => verifyDevice('tensorflow', places.devices, forkSpawn(), env),
    });
  return new Command('setup-tensorflow')
    .summary('set up TensorFlow for --device tensorflow')
    .description(
      'Fetches TensorFlow from PyPI and its binding from npm, compiles the binding, and tries it. Linux on x64 with Python 3 with pip, npm and a C++ compiler. It computes on the CPU. It goes into the data folder, where the window finds it too. Says what it fetches, and from where, before it does; run again after a stop it goes on.',
    )
    .option('--check', 'only say what would be fetched, and whether all that is needed is there', false)
    .option('--remove', 'remove it, and what a stopped setup left', false)
    .option('--json', 'one JSON object a line on standard output', false)
    .addHelpText(
      'after',
      `
Examples:
  limpid setup-tensorflow --check
  limpid setup-tensorflow
  limpid train scans/ --device tensorflow --out model.onnx`,
    )
    .action(async (options: SetupOptions) => finish(await runSetup('setup-tensorflow', recipe(), options)));
}

async function runSetup(
  command: string,
  recipe: Recipe,
  { check, remove, json }: SetupOptions,
): Promise<number> {
  const stop = new AbortController();
  const abort = () => stop.abort();
  process.on('SIGINT', abort);
  process.on('SIGTERM', abort);
  const print = (result: object): void => {
    if (json) process.stdout.write(scriptLine({ type: 'result', command, ...result }));
  };
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  try {
    const result = remove
      ? await takeAway(recipe)
      : await setUp(recipe, say, { checkOnly: check, signal: stop.signal });
    say(sentence(recipe.title, result));
    const { state, description } = result;
    print({ exitCode: EXIT.done, state, description });
    return EXIT.done;
  } catch (error) {
    const problem = problemFrom(error);
    say(toldLine(problem));
    const exitCode = exitCodeFor(problem);
    print({ exitCode, stopped: problem });
    return exitCode;
  } finally {
    process.off('SIGINT', abort);
    process.off('SIGTERM', abort);
  }
}

function sentence(title: string, { state, folder, description }: SetupResult): string {
  switch (state) {
    case 'there':
      return `${title} is set up in ${folder} and works: ${description}.`;
    case 'made':
      return `${title} is set up in ${folder} and computes what the CPU computes: ${description}.`;
    case 'removed':
      return `${title} was removed from ${folder}.`;
    case 'nothing to remove':
      return `${title} is not set up in ${folder}: nothing to remove.`;
    case 'can be made':
      return 'Everything that is needed is there. Run the same without --check to set it up.';
  }
}
