import { Command, Option } from 'commander';
import { ANOMALY_SCORES, type AnomalyScore, type DeviceName } from '../../contract/requests/choices.js';
import {
  type ChoiceOptions,
  choiceOf,
  deviceOption,
  realNumber,
  wholeNumber,
  withChoice,
} from '../terminal/options.js';
import type { Start } from '../terminal/run.js';

interface AnomalyOptions extends ChoiceOptions {
  readonly normal?: readonly string[];
  readonly fpr: number;
  readonly score?: AnomalyScore;
  readonly lesions: boolean;
  readonly seed: number;
  readonly device: DeviceName;
  readonly force: boolean;
  readonly json: boolean;
}

export function anomalyCommand(start: Start): Command {
  return withChoice(new Command('anomaly'))
    .summary('see where series are unlike the images a model was trained on')
    .description(
      'Writes how far features of each place are from what is usual there, or how badly the model rebuilds it, over a limit that is taken from normal slices: maps (DICOM Parametric Map, or NIfTI), masks of what lies above (DICOM Segmentation, or NIfTI), scores.csv with every slice, report.json and report.html. A threshold on the intensity alone is told beside it, because it often does better. This is no lesion detector.',
    )
    .argument(
      '<normal-model>',
      'file that `limpid train` wrote from normal series, or id or name from the library',
    )
    .argument('<in>', 'folder of DICOM, NIfTI and zip archives, one such file, or a DICOMDIR')
    .argument('<out>', 'new or empty folder, outside the input')
    .option(
      '--normal <paths...>',
      'normal series to take the limit from, that the model was not trained on (default: what was held out when it was trained)',
    )
    .option(
      '--fpr <share>',
      'share of normal foreground that may lie above the limit',
      realNumber(0.001, 0.5),
      0.01,
    )
    .addOption(
      new Option(
        '--score <name>',
        'what marks: features unlike those of their place in training images, or the residual of what the model rebuilds (default: features, where the model file knows them; they did better in docs/anomaly.md)',
      ).choices(ANOMALY_SCORES),
    )
    .option(
      '--lesions',
      'also insert lesions of known size and contrast, and measure how they are told',
      false,
    )
    .option('--seed <n>', 'seed of the inserted lesions', wholeNumber(0, 2 ** 32 - 1), 1)
    .addOption(deviceOption())
    .option('--force', 'also series that Limpid derived', false)
    .option('--json', 'one JSON object a line on standard output', false)
    .addHelpText(
      'after',
      `
Examples:
  limpid train normal/ --family variational --out normal.onnx
  limpid anomaly normal.onnx scan/ unlike/
  limpid anomaly normal.onnx scan/ unlike/ --normal more-normal/ --fpr 0.001 --lesions`,
    )
    .action((model: string, input: string, output: string, options: AnomalyOptions) =>
      start(
        {
          type: 'anomaly',
          ...choiceOf(options),
          model,
          input,
          output,
          normal: options.normal ?? [],
          falsePositiveRate: options.fpr,
          ...(options.score === undefined ? {} : { score: options.score }),
          lesions: options.lesions,
          seed: options.seed,
          device: options.device,
          force: options.force,
        },
        { json: options.json },
      ),
    );
}
