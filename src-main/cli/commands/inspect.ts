import { Command, Option } from 'commander';
import { inspectCsv } from '../terminal/csv.js';
import { type ChoiceOptions, choiceOf, withChoice } from '../terminal/options.js';
import type { Start } from '../terminal/run.js';

interface InspectOptions extends ChoiceOptions {
  readonly noise: boolean;
  readonly json: boolean;
  readonly csv: boolean;
}

export function inspectCommand(start: Start): Command {
  return withChoice(new Command('inspect'))
    .summary('list series, their geometry, and whether they can be denoised')
    .description(
      'Lists studies and series with geometry and transfer syntax, whether each can be denoised or why not, and warnings, from headers alone. Nothing is written. Exit code 1: some file or folder could not be read, and the rest is listed.',
    )
    .argument('<paths...>', 'folders of DICOM, NIfTI and zip archives, or such files, or DICOMDIRs')
    .option('--noise', 'also read the pixels: noise level of each series, damage in the pixels', false)
    .addOption(
      new Option('--csv', 'a table for spreadsheets on standard output, with descriptions and NIfTI paths')
        .default(false)
        .conflicts('json'),
    )
    .option('--json', 'one JSON object a line on standard output, without descriptions and paths', false)
    .addHelpText(
      'after',
      `
Examples:
  limpid inspect scans/
  limpid inspect DICOMDIR brain.nii.gz
  limpid inspect scans/ --noise
  limpid inspect archive/ --csv > archive.csv
  limpid inspect export.zip --json | tail -n 1`,
    )
    .action((paths: string[], { noise, json, csv, ...choice }: InspectOptions) =>
      start(
        { type: 'inspect', paths, ...(noise ? { noise } : {}), ...choiceOf(choice) },
        { json, ...(csv ? { describe: inspectCsv } : {}) },
      ),
    );
}
