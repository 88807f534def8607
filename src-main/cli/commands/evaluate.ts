import { Command } from 'commander';
import { type ChoiceOptions, choiceOf, withChoice } from '../terminal/options.js';
import type { Start } from '../terminal/run.js';

interface EvaluateOptions extends ChoiceOptions {
  readonly noisy?: string;
  readonly mask: string;
  readonly json: boolean;
}

export function evaluateCommand(start: Start): Command {
  return withChoice(new Command('evaluate'))
    .summary('compare an image with its reference: PSNR, SSIM, NRMSE')
    .description(
      'Compares an image with a clean reference by the protocol of the MRI denoising papers: the peak is the maximum of the reference, the automatic mask is where the reference is over 10/255 of its maximum.',
    )
    .argument('<reference>', 'clean image: NIfTI file, or a folder or archive with series')
    .argument(
      '<test>',
      'image to judge, on the same grid; of a folder each series is compared with its counterpart',
    )
    .option('--noisy <image>', 'the noisy image, to tell the gain over it')
    .option('--mask <FILE|auto>', 'voxels to compare: NIfTI file, not 0 inside', 'auto')
    .option('--json', 'one JSON object a line on standard output', false)
    .addHelpText(
      'after',
      `
Examples:
  limpid evaluate clean.nii.gz clear/noisy_denoised.nii.gz --noisy noisy.nii.gz
  limpid evaluate reference/ clear/series-001/ --mask brain.nii.gz --json
  limpid evaluate clean/ clear/ --noisy noisy/ --where "Modality=MR"

Counterparts are found by Series Instance UID, by their paths in the two folders (of NIfTI without _denoised), by
their folders, or by study, grid and description.`,
    )
    .action((reference: string, test: string, options: EvaluateOptions) =>
      start(
        {
          type: 'evaluate',
          ...choiceOf(options),
          reference,
          test,
          noisy: options.noisy ?? null,
          mask: options.mask === 'auto' ? { kind: 'auto' } : { kind: 'file', path: options.mask },
        },
        { json: options.json },
      ),
    );
}
