import { Command } from 'commander';
import type { DeviceName } from '../../contract/requests/choices.js';
import { deviceOption, wholeNumber } from '../terminal/options.js';
import type { Start } from '../terminal/run.js';

interface GenerateOptions {
  readonly out: string;
  readonly count: number;
  readonly seed: number;
  readonly device: DeviceName;
  readonly json: boolean;
}

export function generateCommand(start: Start): Command {
  return new Command('generate')
    .summary('make new images, marked SYNTHETIC')
    .description(
      'Draws images from a variational model (latents from a standard normal distribution) or a vector-quantised one (planes of codes from a normal distribution over their principal components in its training planes, or from a Markov mesh where these were fewer than 16 of one size) and writes synthetic.png, synthetic.nii.gz and generate.json. Each image says SYNTHETIC in its pixels.',
    )
    .argument('<model>', 'file that `limpid train` wrote, or id or name from the library')
    .requiredOption('--out <DIR>', 'new or empty folder')
    .option('--count <n>', 'number of images', wholeNumber(1, 10_000), 16)
    .option('--seed <n>', 'seed of all random numbers', wholeNumber(0, 2 ** 32 - 1), 1)
    .addOption(deviceOption())
    .option('--json', 'one JSON object a line on standard output', false)
    .addHelpText(
      'after',
      `
Examples:
  limpid train scans/ --family variational --out brain.onnx
  limpid generate brain.onnx --count 16 --seed 7 --out new/`,
    )
    .action((model: string, options: GenerateOptions) =>
      start(
        {
          type: 'generate',
          model,
          output: options.out,
          count: options.count,
          seed: options.seed,
          device: options.device,
        },
        { json: options.json },
      ),
    );
}
