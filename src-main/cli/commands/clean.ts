import { Command } from 'commander';
import { CLEAN_NAMES, type Cleaning } from '../../contract/requests/choices.js';
import { cleaning, wholeNumber } from '../terminal/options.js';
import type { Start } from '../terminal/run.js';
import { CONDITIONS } from './denoise.js';

interface CleanOptions {
  readonly remove: Cleaning;
  readonly errorMap: boolean;
  readonly fieldMap?: string;
  readonly force: boolean;
  readonly seed: number;
  readonly bids: boolean;
  readonly series?: readonly string[];
  readonly where?: string;
  readonly dryRun: boolean;
  readonly json: boolean;
}

export function cleanCommand(start: Start): Command {
  return new Command('clean')
    .summary('remove artifacts from every series, without training')
    .description(
      'Removes artifacts from MR and CT series without training, and leaves the noise: writes derived DICOM series (or NIfTI), report.json and report.html. Of each artifact it is looked whether it is there; what is not found changes nothing. The source is never changed. Run the same command again to resume a run that was stopped. `limpid denoise --clean` removes noise too.',
    )
    .argument('<in>', 'folder of DICOM, NIfTI and zip archives, one such file, or a DICOMDIR')
    .argument(
      '<out...>',
      'further inputs, then a new or empty folder outside of them, or that of a run to resume',
    )
    .usage('[options] <in...> <out>')
    .option(
      '--remove <auto|NAMES>',
      `what to look for: auto, or names with commas: ${CLEAN_NAMES.join(', ')}`,
      cleaning,
      'auto',
    )
    .option('--error-map', 'also write |input - output| over the noise level', false)
    .option(
      '--field-map <OUT>',
      'also write the bias field by which the images were divided, 1 where none was removed: to a new .nii or .nii.gz file for one NIfTI image, else into a folder (Parametric Maps of DICOM)',
    )
    .option('--seed <n>', 'seed of the places of inserted lesions', wholeNumber(0, 2 ** 32 - 1), 1)
    .option('--force', 'also clean series that Limpid derived', false)
    .option(
      '--bids',
      'write NIfTI results as BIDS derivatives: OUT/derivatives/limpid, described in JSON',
      false,
    )
    .option('--series <UID...>', 'only series of these Series Instance UIDs, or ids that `inspect` lists')
    .option('--where <CONDITION>', 'only series that meet a condition on their attributes (below)')
    .option('--dry-run', 'only say what would be done with each series, and whether memory fits', false)
    .option('--json', 'one JSON object a line on standard output', false)
    .addHelpText(
      'after',
      `
Examples:
  limpid clean scans/ clean/
  limpid clean t1.nii.gz clean/ --remove gibbs --error-map
  limpid clean ct/ clean/ --remove ring
  limpid clean t1.nii.gz clean/ --remove bias --field-map field.nii.gz

${CONDITIONS}`,
    )
    .action((input: string, rest: string[], options: CleanOptions) => {
      const more = rest.slice(0, -1);
      return start(
        {
          type: 'denoise',
          input,
          output: rest.at(-1) ?? input,
          model: { kind: 'none' },
          clean: options.remove,
          objective: 'recorrupted',
          steps: null,
          refine: false,
          seed: options.seed,
          strength: 1,
          device: 'cpu',
          errorMap: options.errorMap,
          force: options.force,
          ...(options.fieldMap === undefined ? {} : { fieldMap: options.fieldMap }),
          ...(options.bids ? { bids: true } : {}),
          ...(more.length === 0 ? {} : { more }),
          ...(options.series === undefined ? {} : { series: options.series }),
          ...(options.where === undefined ? {} : { where: options.where }),
          ...(options.dryRun ? { dryRun: true } : {}),
        },
        { json: options.json },
      );
    });
}
