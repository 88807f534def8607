import { Command, Option } from 'commander';
import {
  ARTIFACT_NAMES,
  type ArtifactName,
  NOISE_KINDS,
  type NoiseKind,
} from '../../contract/requests/choices.js';
import { realNumber, wholeNumber } from '../terminal/options.js';
import type { Start } from '../terminal/run.js';

interface SimulateOptions {
  readonly noise?: NoiseKind;
  readonly level?: number;
  readonly artifact?: ArtifactName;
  readonly severity?: number;
  readonly seed: number;
  readonly json: boolean;
}

export function simulateCommand(start: Start): Command {
  return new Command('simulate')
    .summary('add noise of a known level, or an artifact, to an image')
    .description(
      'Adds an artifact, Rician or Gaussian noise of a known level, or both. DICOM gives derived series that say so; NIfTI gives NAME_noisy.nii.gz (NAME_artifact.nii.gz without noise) in the folder, or the file itself where OUT ends in .nii or .nii.gz.',
    )
    .argument('<in>', 'folder of DICOM, NIfTI and zip archives, one such file, or a DICOMDIR')
    .argument('<out>', 'new or empty folder, outside the input')
    .addOption(new Option('--noise <kind>', 'distribution of the noise').choices(NOISE_KINDS))
    .option(
      '--level <percent>',
      'standard deviation of the noise in percent of the brightest voxel (BrainWeb)',
      realNumber(0.001, 1000),
    )
    .addOption(new Option('--artifact <name>', 'artifact to add').choices(ARTIFACT_NAMES))
    .option('--severity <s>', 'how bad the artifact is, in its own unit (see below)', realNumber(0, 1000))
    .option('--seed <n>', 'seed of all random numbers', wholeNumber(0, 2 ** 32 - 1), 1)
    .option('--json', 'one JSON object a line on standard output', false)
    .addHelpText(
      'after',
      `
Artifacts and what --severity means (usual value):
  bias        range of the coil field in percent (40)
  ghost       N/2 ghost in percent of its parent (20)
  gibbs       percent of k-space cut off along each axis (50)
  motion      largest shift in pixels, and rotation in degrees (3)
  ring        CT: gain error of broken detector channels in percent (5)
  spike       stripes in percent of the brightest value (10)
  starvation  CT: counting noise of the densest ray in percent (10)
  streak      CT: one in so many of the views needed (8)

Examples:
  limpid simulate clean.nii.gz noisy/ --noise rician --level 5
  limpid simulate clean.nii.gz noisy.nii.gz --noise gaussian --level 9 --seed 3
  limpid simulate scans/ ghosted/ --artifact ghost --severity 30
  limpid simulate scans/ noisy/ --noise rician --level 7 --json`,
    )
    .action((input: string, output: string, options: SimulateOptions, command: Command) => {
      const { noise, level, artifact, severity, seed } = options;
      refuseIncomplete(options, command);
      return start(
        {
          type: 'simulate',
          input,
          output,
          noise: noise ?? null,
          level: level ?? 0,
          ...(artifact === undefined ? {} : { artifact: { name: artifact, severity: severity ?? null } }),
          seed,
        },
        { json: options.json },
      );
    });
}

function refuseIncomplete({ noise, level, artifact, severity }: SimulateOptions, command: Command): void {
  const missing = (text: string): never =>
    command.error(`error: required option ${text} not specified`, {
      code: 'commander.missingMandatoryOptionValue',
    });
  if (noise === undefined && level !== undefined) missing("'--noise <kind>'");
  if (noise === undefined && artifact === undefined) missing("'--noise <kind>' or '--artifact <name>'");
  if (noise !== undefined && level === undefined) missing("'--level <percent>'");
  if (artifact === undefined && severity !== undefined) missing("'--artifact <name>'");
}
