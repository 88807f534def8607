import { Command } from 'commander';
import { type ChoiceOptions, choiceOf, withChoice } from '../../terminal/options.js';
import type { Start } from '../../terminal/run.js';

interface MotionOptions extends ChoiceOptions {
  readonly out: string;
  readonly json: boolean;
}

export function motionCommand(start: Start): Command {
  return withChoice(new Command('motion'))
    .summary('tell the motion between the frames of 4D series')
    .description(
      'Tells how far the head, or what else is rigid, moved between the frames of a series: motion.csv with mm and degrees of each frame and its framewise displacement (Power 2012) from the one before of like brightness, report.html with curves, motion.json. Of fewer than five slices only motion in the plane is told, and of no series what moves within a frame, slice by slice. No image is changed.',
    )
    .argument('<in>', 'folder of DICOM, NIfTI and zip archives, one such file, or a DICOMDIR')
    .requiredOption('--out <dir>', 'new or empty folder, outside the input')
    .option('--json', 'one JSON object a line on standard output', false)
    .addHelpText(
      'after',
      `
Examples:
  limpid motion functional/ --out motion/
  limpid motion dwi.nii.gz --out motion/ --json`,
    )
    .action((input: string, { out, json, ...choice }: MotionOptions) =>
      start({ type: 'motion', ...choiceOf(choice), input, output: out }, { json }),
    );
}
