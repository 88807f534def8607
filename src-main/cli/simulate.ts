import { Command, Option } from 'commander';
import { NOISE_KINDS, type NoiseKind } from '../contract/requests.js';
import { realNumber, wholeNumber } from './options.js';
import type { Start } from './program.js';

interface SimulateOptions {
  readonly noise: NoiseKind;
  readonly level: number;
  readonly seed: number;
  readonly json: boolean;
}

export function simulateCommand(start: Start): Command {
  return new Command('simulate')
    .summary('add noise of a known level to an image')
    .description(
      'Adds Rician or Gaussian noise of a known level. DICOM gives derived series that say so; NIfTI gives NAME_noisy.nii.gz in the folder, or the file itself where OUT ends in .nii or .nii.gz.',
    )
    .argument('<in>', 'DICOM folder or file, DICOMDIR, zip archive or NIfTI file')
    .argument('<out>', 'new or empty folder, outside the input')
    .addOption(
      new Option('--noise <kind>', 'distribution of the noise').choices(NOISE_KINDS).makeOptionMandatory(),
    )
    .requiredOption(
      '--level <percent>',
      'standard deviation in percent of the brightest voxel (BrainWeb)',
      realNumber(0.001, 1000),
    )
    .option('--seed <n>', 'seed of all random numbers', wholeNumber(0, 2 ** 32 - 1), 1)
    .option('--json', 'one JSON object a line on standard output', false)
    .addHelpText(
      'after',
      `
Examples:
  limpid simulate clean.nii.gz noisy/ --noise rician --level 5
  limpid simulate clean.nii.gz noisy.nii.gz --noise gaussian --level 9 --seed 3
  limpid simulate scans/ noisy/ --noise rician --level 7 --json`,
    )
    .action((input: string, output: string, options: SimulateOptions) =>
      start(
        {
          type: 'simulate',
          input,
          output,
          noise: options.noise,
          level: options.level,
          seed: options.seed,
        },
        { json: options.json },
      ),
    );
}
