import { Command } from 'commander';
import type { Start } from '../terminal/run.js';

export function inspectCommand(start: Start): Command {
  return new Command('inspect')
    .summary('list series, their geometry and noise, and whether they can be denoised')
    .description(
      'Lists studies and series with geometry, transfer syntax and noise estimate, whether each can be denoised or why not, and warnings. Nothing is written.',
    )
    .argument('<paths...>', 'DICOM folders or files, DICOMDIRs, zip archives or NIfTI files')
    .option('--json', 'one JSON object a line on standard output', false)
    .addHelpText(
      'after',
      `
Examples:
  limpid inspect scans/
  limpid inspect DICOMDIR brain.nii.gz
  limpid inspect export.zip --json | tail -n 1`,
    )
    .action((paths: string[], options: { json: boolean }) =>
      start({ type: 'inspect', paths }, { json: options.json }),
    );
}
