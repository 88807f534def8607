import { Command, InvalidArgumentError } from 'commander';
import type { DeviceName } from '../../../contract/requests/choices.js';
import { SEGMENT_FEATURES, type SegmentFeature } from '../../../contract/requests/choices.js';
import {
  type ChoiceOptions,
  choiceOf,
  deviceOption,
  refuseOptions,
  wholeNumber,
  withChoice,
} from '../../terminal/options.js';
import type { Start } from '../../terminal/run.js';

interface SegmentOptions extends ChoiceOptions {
  readonly out: string;
  readonly labels?: readonly string[];
  readonly background: boolean;
  readonly clusters?: number;
  readonly predict?: string;
  readonly features?: readonly SegmentFeature[];
  readonly names?: readonly { readonly label: number; readonly name: string }[];
  readonly frame?: number;
  readonly seed: number;
  readonly device: DeviceName;
  readonly force: boolean;
  readonly json: boolean;
}

/** The model that is none: pixels are described without one. */
const NONE = 'none';

export function segmentCommand(start: Start): Command {
  return withChoice(new Command('segment'))
    .summary('mark the pixels of series by a few labels, or by clusters')
    .description(
      "Describes every pixel by a model's latents around it, by intensities, and by what else --features names; learns your labels from these (a mask, or a few strokes), or clusters them; and marks every pixel of the series. Writes DICOM Segmentations (or NIfTI labels for NIfTI), segmenter.json to --predict other series with, segments.png and report.json with volumes and the overlap on labels that were held out.",
    )
    .argument(
      '<model>',
      'file that `limpid train` wrote, or id or name from the library; none: features that need no model',
    )
    .argument('<in>', 'folder of DICOM, NIfTI and zip archives, one such file, or a DICOMDIR')
    .requiredOption('--out <DIR>', 'new or empty folder, outside the input')
    .option(
      '--labels <paths...>',
      'masks or strokes on series of the input: NIfTI, DICOM Segmentations, a series of labels, or folders of these; 0 is not labelled',
    )
    .option('--background', 'what has no label, in slices with labels, is a class of its own', false)
    .option('--clusters <n>', 'cluster the pixels instead', wholeNumber(2, 32))
    .option('--predict <segmenter.json>', 'apply what was learnt before instead')
    .option(
      '--features <list>',
      `what describes a pixel, of ${SEGMENT_FEATURES.join(', ')} (default: latent,intensity; without a model intensity)`,
      features,
    )
    .option('--names <list>', 'what labels are called, as 1=grey,2=white', names)
    .option('--frame <n>', 'volume to mark of series that have several, from 1', wholeNumber(1, 1_000_000))
    .option('--seed <n>', 'seed of all random numbers', wholeNumber(0, 2 ** 32 - 1), 1)
    .addOption(deviceOption())
    .option('--force', 'also series that Limpid derived', false)
    .option('--json', 'one JSON object a line on standard output', false)
    .addHelpText(
      'after',
      `
Try none first: where it was measured, latents told no more than intensities do. Places help where nine slices or more
of one image have labels.

Examples:
  limpid segment none head.nii.gz --labels strokes.nii.gz --names 1=grey,2=white,3=fluid --out segments/
  limpid segment brain.onnx scan/ --labels mask.dcm --background --features latent,intensity,place --out segments/
  limpid segment brain.onnx scan/ --clusters 5 --out clusters/
  limpid segment brain.onnx others/ --predict segments/segmenter.json --out told/`,
    )
    .action((model: string, input: string, options: SegmentOptions, command: Command) => {
      if (options.labels === undefined)
        refuseOptions(command, ['background'], 'of learning from labels (--labels)');
      if (options.predict !== undefined)
        refuseOptions(command, ['features', 'names', 'seed'], 'of learning, without --predict');
      return start(
        {
          type: 'segment',
          ...choiceOf(options),
          model: model === NONE ? null : model,
          input,
          output: options.out,
          labels: options.labels ?? [],
          clusters: options.clusters ?? null,
          predict: options.predict ?? null,
          background: options.background,
          features: options.features ?? null,
          names: options.names ?? [],
          frame: options.frame === undefined ? null : options.frame - 1,
          seed: options.seed,
          device: options.device,
          force: options.force,
        },
        { json: options.json },
      );
    });
}

function features(text: string): SegmentFeature[] {
  return text.split(',').map((one) => {
    const found = SEGMENT_FEATURES.find((name) => name === one.trim());
    if (found === undefined)
      throw new InvalidArgumentError(`They are ${SEGMENT_FEATURES.join(', ')}, with commas between.`);
    return found;
  });
}

function names(text: string): { label: number; name: string }[] {
  return text.split(',').map((one) => {
    const match = /^\s*(\d{1,3})\s*=\s*(.*\S)\s*$/.exec(one);
    const label = Number(match?.[1] ?? Number.NaN);
    if (!(match !== null && label >= 1 && label <= 255))
      throw new InvalidArgumentError('They are numbers of labels and their names, as 1=grey,2=white.');
    return { label, name: match[2] ?? '' };
  });
}
