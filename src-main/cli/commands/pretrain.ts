import { Command } from 'commander';
import type { DeviceName } from '../../contract/requests/choices.js';
import { deviceOption, wholeNumber } from '../terminal/options.js';
import type { Start } from '../terminal/run.js';

interface PretrainOptions {
  readonly steps?: number;
  readonly seed: number;
  readonly device: DeviceName;
  readonly json: boolean;
}

export function pretrainCommand(start: Start): Command {
  return new Command('pretrain')
    .summary('make the general denoiser that ships, from procedural images')
    .description(
      'Trains the general denoiser of `denoise --model auto` on images that a program draws: no scan of a person goes in. Takes hours on a CPU. Run the same command again to go on after a stop: a checkpoint stands beside the output.',
    )
    .argument('<out>', 'new file, for instance general.safetensors')
    .option('--steps <n>', 'training steps (default: those of the shipped model)', wholeNumber(1, 10_000_000))
    .option('--seed <n>', 'seed of all random numbers', wholeNumber(0, 2 ** 32 - 1), 1)
    .addOption(deviceOption())
    .option('--json', 'one JSON object a line on standard output', false)
    .action((output: string, { steps, seed, device, json }: PretrainOptions) =>
      start({ type: 'pretrain', output, steps: steps ?? null, seed, device }, { json }),
    );
}
