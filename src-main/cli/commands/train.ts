import { Command, InvalidArgumentError, Option } from 'commander';
import { ARTIFACT_NAMES, type ArtifactName, type DeviceName } from '../../contract/requests/choices.js';
import {
  LOSS_CHOICES,
  PAIR_OBJECTIVE_NAMES,
  type PairObjectiveName,
  type TrainRequest,
  USUAL_TRAINING,
  usualObjective,
} from '../../contract/requests/training.js';
import {
  type ChoiceOptions,
  choiceOf,
  deviceOption,
  realNumber,
  threadsOption,
  wholeNumber,
  withChoice,
} from '../terminal/options.js';
import type { Start } from '../terminal/run.js';

interface TrainOptions extends ChoiceOptions {
  readonly family: string;
  readonly objective?: PairObjectiveName;
  readonly artifact?: ArtifactName;
  readonly severity?: number;
  readonly level?: readonly [number, number];
  readonly reference?: readonly string[];
  readonly from?: string;
  readonly loss?: TrainRequest['losses'];
  readonly latent?: number;
  readonly set?: TrainRequest['settings'];
  readonly optimiser: 'adam' | 'adamw';
  readonly weightDecay?: number;
  readonly rate?: number;
  readonly warmup?: number;
  readonly clip?: number;
  readonly average?: number;
  readonly steps?: number;
  readonly epochs?: number;
  readonly minutes?: number;
  readonly patchSize?: number;
  readonly batch: number;
  readonly val: number;
  readonly patience: number;
  readonly flips: boolean;
  readonly intensity: number;
  readonly elastic: number;
  readonly out: string;
  readonly resume: boolean;
  readonly seed: number;
  readonly device: DeviceName;
  readonly force: boolean;
  readonly json: boolean;
}

export function trainCommand(start: Start): Command {
  return withChoice(new Command('train'))
    .summary('train an autoencoder on series and write it as an ONNX file')
    .description(
      'Trains an autoencoder on the slices of all inputs and writes one ONNX file with a model card. A share of the images only judges: where there are three patients or more, whole patients; otherwise neighbouring slices. Ctrl-C stops; --resume goes on and gives the weights of an unbroken run.',
    )
    .argument('<in...>', 'folders of DICOM, NIfTI and zip archives, such files, or DICOMDIRs')
    .requiredOption('--out <FILE.onnx>', 'the model file')
    .option(
      '--family <name>',
      'plain, convolutional, sparse, contractive, denoising, variational, vector-quantised, video or masked',
      'convolutional',
    )
    .addOption(
      new Option(
        '--objective <name>',
        'what it learns; images are taken as clean, but for blind-spot and frames (default: reconstruct; rician for denoising, frames for video, supervised with --reference)',
      ).choices(PAIR_OBJECTIVE_NAMES),
    )
    .addOption(
      new Option('--artifact <name>', 'with --objective artifact: what to take away').choices(ARTIFACT_NAMES),
    )
    .option(
      '--severity <s>',
      'of the artifact, in its unit (default: the usual one)',
      realNumber(0, Number.MAX_VALUE),
    )
    .option(
      '--level <LOW-HIGH>',
      'noise in percent of the brightest value, for gaussian and rician (default: 1-10)',
      levels,
    )
    .option('--reference <paths...>', 'clean images for --objective supervised, one for each input')
    .option('--from <model>', 'go on from the weights of a model of the same family, as after pretraining')
    .option('--loss <name[:weight],...>', `sum of ${LOSS_CHOICES.join(', ')} (default: mse)`, losses)
    .option('--latent <k>', 'length of a latent vector', wholeNumber(1, 4096))
    .option('--set <key=value>', 'a setting of the family, see docs/families.md; may be repeated', setting)
    .addOption(
      new Option('--optimiser <name>', 'what updates the weights').choices(['adam', 'adamw']).default('adam'),
    )
    .option('--weight-decay <d>', 'of adamw, times the learning rate (default: 0.05)', realNumber(0, 100))
    .option('--rate <r>', 'peak learning rate (default: 0.002)', realNumber(1e-8, 1))
    .option(
      '--warmup <steps>',
      'steps until the rate is at its peak, from where it falls as a cosine (default: 50)',
      wholeNumber(0, 1_000_000),
    )
    .option('--clip <norm>', 'largest global norm of the gradients (default: 10)', realNumber(1e-6, 1e9))
    .option(
      '--average <decay>',
      'of the moving average of the weights that is kept (default: 0.995; 0: none)',
      realNumber(0, 0.999999),
    )
    .option('--steps <n>', 'training steps (default: 2000)', wholeNumber(1, 100_000_000))
    .addOption(
      new Option('--epochs <n>', 'passes over the images')
        .argParser(wholeNumber(1, 1_000_000))
        .conflicts(['steps', 'minutes']),
    )
    .addOption(
      new Option('--minutes <m>', 'time for training')
        .argParser(realNumber(0.05, 100_000))
        .conflicts(['steps']),
    )
    .option(
      '--patch-size <pixels>',
      'side of the patches, or of whole planes (default: 64)',
      wholeNumber(8, 1024),
    )
    .option('--batch <n>', 'patches a step', wholeNumber(1, 1024), USUAL_TRAINING.batchSize)
    .option(
      '--val <fraction>',
      'share of the images that only judges',
      realNumber(0.01, 0.9),
      USUAL_TRAINING.heldOut,
    )
    .option(
      '--patience <n>',
      'stop after this many measurements without gain',
      wholeNumber(1, 10_000),
      USUAL_TRAINING.patience,
    )
    .option('--no-flips', 'do not turn and mirror patches')
    .option(
      '--intensity <share>',
      'vary brightness by up to this share',
      realNumber(0, 0.9),
      USUAL_TRAINING.augmentation.intensity,
    )
    .option(
      '--elastic <pixels>',
      'bend patches by about this much',
      realNumber(0, 20),
      USUAL_TRAINING.augmentation.elastic,
    )
    .option('--resume', 'go on with the run of this --out that was stopped', false)
    .option('--seed <n>', 'seed of all random numbers', wholeNumber(0, 2 ** 32 - 1), 1)
    .addOption(deviceOption())
    .addOption(threadsOption())
    .option('--force', 'also learn from series that Limpid derived', false)
    .option('--json', 'one JSON object a line on standard output', false)
    .addHelpText(
      'after',
      `
Examples:
  limpid train scans/ --family denoising --out denoise.onnx
  limpid train normal/ --family convolutional --latent 8 --minutes 10 --out normal.onnx
  limpid train brain.nii.gz --family variational --set beta=4 --loss l1 --out brain.onnx
  limpid train noisy/ --objective supervised --reference clean/ --family denoising --out pairs.onnx
  limpid train cine/ --family video --out video.onnx
  limpid train scans/ --family masked --out pretrained.onnx
  limpid train scans/ --family masked --from pretrained.onnx --objective rician --out fine.onnx
  limpid train scans/ --family denoising --objective artifact --artifact ghost --out ghost.onnx`,
    )
    .action((inputs: string[], options: TrainOptions) =>
      start(requestOf(inputs, options), { json: options.json }),
    );
}

function requestOf(inputs: readonly string[], options: TrainOptions): TrainRequest {
  const { latent, set = {}, flips, intensity, elastic } = options;
  return {
    type: 'train',
    ...choiceOf(options),
    inputs,
    references: options.reference ?? [],
    output: options.out,
    family: options.family,
    settings: latent === undefined ? set : { ...set, latent },
    objective: options.objective ?? objectiveOf(options),
    levels: options.level ?? USUAL_TRAINING.levels,
    ...(options.artifact === undefined
      ? {}
      : { artifact: { name: options.artifact, severity: options.severity ?? null } }),
    ...(options.from === undefined ? {} : { from: options.from }),
    losses: options.loss ?? [],
    optimiser: options.optimiser,
    rate: options.rate ?? null,
    ...tuningOf(options),
    budget: budgetOf(options),
    patchSize: options.patchSize ?? null,
    batchSize: options.batch,
    heldOut: options.val,
    patience: options.patience,
    augmentation: { flips, intensity, elastic },
    seed: options.seed,
    resume: options.resume,
    device: options.device,
    force: options.force,
  };
}

function tuningOf({ weightDecay, warmup, clip, average }: TrainOptions): Pick<TrainRequest, 'tuning'> {
  const tuning = {
    ...(weightDecay === undefined ? {} : { weightDecay }),
    ...(warmup === undefined ? {} : { warmup }),
    ...(clip === undefined ? {} : { clip }),
    ...(average === undefined ? {} : { average }),
  };
  return Object.keys(tuning).length === 0 ? {} : { tuning };
}

function objectiveOf({ family, artifact, reference = [] }: TrainOptions): PairObjectiveName {
  if (artifact !== undefined) return 'artifact';
  if (reference.length > 0) return 'supervised';
  return usualObjective(family);
}

function budgetOf({ steps, epochs, minutes }: TrainOptions): TrainRequest['budget'] {
  if (steps !== undefined) return { unit: 'steps', value: steps };
  if (epochs !== undefined) return { unit: 'epochs', value: epochs };
  return minutes === undefined ? null : { unit: 'minutes', value: minutes };
}

function levels(text: string): readonly [number, number] {
  const parts = text.split('-').map(realNumber(0, 100));
  const [low, high = low] = parts;
  if (parts.length > 2 || low === undefined || high === undefined || low > high)
    throw new InvalidArgumentError('It must be a percentage, or two as 1-9.');
  return [low, high];
}

function losses(text: string): TrainRequest['losses'] {
  return text.split(',').map((part) => {
    const [given, weight = '1'] = part.split(':');
    const name = LOSS_CHOICES.find((choice) => choice === given);
    if (name === undefined) throw new InvalidArgumentError(`Possible: ${LOSS_CHOICES.join(', ')}.`);
    return { name, weight: realNumber(0, 1e6)(weight) };
  });
}

function setting(text: string, before: TrainRequest['settings'] = {}): TrainRequest['settings'] {
  const found = /^([a-zA-Z]+)=(.+)$/.exec(text);
  const [, key, value] = found ?? [];
  if (key === undefined || value === undefined)
    throw new InvalidArgumentError('It must look like key=value.');
  return { ...before, [key]: plainValue(value) };
}

function plainValue(text: string): number | boolean | string {
  if (text === 'true' || text === 'false') return text === 'true';
  const number = Number(text);
  return Number.isFinite(number) ? number : text;
}
