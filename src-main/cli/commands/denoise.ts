import { Command, Option } from 'commander';
import { EXIT } from '../../contract/exit.js';
import {
  CLASSICAL_NAMES,
  CLEAN_NAMES,
  type Cleaning,
  type DeviceName,
  type ModelChoice,
  type NoiseLevel,
  OBJECTIVE_NAMES,
  type ObjectiveName,
} from '../../contract/requests/choices.js';
import type { DenoiseRequest } from '../../contract/requests/requests.js';
import {
  adaptation,
  cleaning,
  deviceOption,
  noiseLevel,
  realNumber,
  refuseLine,
  shard,
  threadsOption,
  wholeNumber,
} from '../terminal/options.js';
import type { Start } from '../terminal/run.js';

export interface SettingOptions {
  readonly model: string;
  readonly objective: ObjectiveName;
  readonly adapt: 'off' | 'on' | number;
  readonly refine: 'on' | 'off';
  readonly align: 'off' | 'auto';
  readonly fast: boolean;
  readonly steps?: number;
  readonly seed: number;
  readonly strength: number;
  readonly device: DeviceName;
  readonly noiseLevel?: NoiseLevel;
  readonly errorMap: boolean;
  readonly uncertainty: boolean;
  readonly strict: boolean;
  readonly force: boolean;
  readonly series?: readonly string[];
  readonly where?: string;
  readonly bids: boolean;
  readonly clean?: Cleaning;
}

interface DenoiseOptions extends SettingOptions {
  readonly plan?: string;
  readonly shard?: readonly [number, number];
  readonly noiseMap?: string;
  readonly fieldMap?: string;
  readonly dryRun: boolean;
  readonly json: boolean;
}

export const CONDITIONS = `Conditions:
  NAME=VALUE  NAME!=VALUE   is or is not; numbers by their value, capitals make no difference
  NAME~TEXT   NAME!~TEXT    contains or does not
  NAME<N  NAME<=N  NAME>N  NAME>=N
  NAME                      has a value
  and, or, not, ( )         "and" binds closer than "or"; values with spaces stand in quotes
NAME is a keyword of DICOM (Modality, SeriesDescription, ProtocolName, ImageType, EchoTime, StudyDate, PatientID and
some fifty more), a tag with a text value (0018,0081), or Kind (dicom, nifti), Id, Path (of NIfTI), Files, Columns,
Rows, Slices, Frames. Of several values one is enough; != and !~ hold where none matches, or there is none.`;

export function denoiseCommand(start: Start): Command {
  return withSettings(new Command('denoise'))
    .summary('denoise every series of the input into a new folder')
    .description(
      'Denoises MR and CT series with an autoencoder and writes derived DICOM series (or NIfTI), report.json and report.html. The source is never changed. Run the same command again to resume a run that was stopped.',
    )
    .argument('<in>', 'folder of DICOM, NIfTI and zip archives, one such file, or a DICOMDIR')
    .argument(
      '[out...]',
      'further inputs, then a new or empty folder outside of them, or that of a run to resume',
    )
    .usage('[options] <in...> <out>')
    .option(
      '--plan <FILE>',
      'do what a plan says, which `limpid plan` makes: with its inputs, series and settings',
    )
    .option('--shard <K/N>', 'of a plan only this share, dealt out by the time that series take', shard)
    .option(
      '--dry-run',
      'only say what would be done with each series, how long it takes, and whether memory fits',
      false,
    )
    .option(
      '--noise-map <OUT>',
      'also write the noise level that was used at each voxel: to a new .nii or .nii.gz file for one NIfTI image, else into a folder (Parametric Maps of DICOM)',
    )
    .option(
      '--field-map <OUT>',
      'also write the bias field by which the images were divided (with --clean), 1 where none was removed: to a new .nii or .nii.gz file for one NIfTI image, else into a folder (Parametric Maps of DICOM)',
    )
    .addOption(threadsOption())
    .option('--json', 'one JSON object a line on standard output', false)
    .addHelpText(
      'after',
      `
Examples:
  limpid denoise scans/ clear/
  limpid denoise brain.nii.gz clear/ --error-map
  limpid denoise scans/ clear/ --model dct
  limpid denoise dataset/ clear/ --bids
  limpid denoise brain.nii.gz clear/ --noise-level 12.5 --noise-map level.nii.gz
  limpid denoise scans/ clear/ --noise-level scan:noise-only/
  limpid denoise monday/ tuesday.zip t1.nii.gz clear/
  limpid denoise DICOMDIR clear/ --strength 0.7 --seed 7 --device cpu
  limpid denoise scans/ clear/ --model unet.onnx --json > events.jsonl
  limpid denoise archive/ clear/ --where "Modality=MR and SeriesDescription~T2" --dry-run
  limpid denoise archive/ clear/ --where "not (ImageType=DERIVED or Slices<10)"
  limpid plan archive/ > plan.json; limpid denoise --plan plan.json clear/
  limpid denoise --plan plan.json clear-3/ --shard 3/8 --noise-map levels-3/

${CONDITIONS}`,
    )
    .action((input: string, rest: string[], options: DenoiseOptions, self: Command) => {
      const planned = options.plan !== undefined;
      if (rest.length === 0 && !planned) missing(self, 'out');
      if (planned) refusePlanned(self, rest);
      if (!planned && options.shard !== undefined) refuseLine(self, '--shard is of a plan: give --plan too');
      const request = requestOf(options, planned ? (options.plan ?? '') : input, {
        more: rest.slice(0, -1),
        output: rest.at(-1) ?? input,
      });
      return start(
        {
          ...request,
          ...(options.noiseMap === undefined ? {} : { noiseMap: options.noiseMap }),
          ...(options.fieldMap === undefined ? {} : { fieldMap: options.fieldMap }),
          ...(options.dryRun ? { dryRun: true } : {}),
          ...(planned ? { plan: { shard: options.shard ?? null } } : {}),
        },
        { json: options.json },
      );
    });
}

/** A plan names its inputs and settings itself. */
function refusePlanned(command: Command, rest: readonly string[]): void {
  if (rest.length > 0) refuseLine(command, 'a plan names its inputs: give the output folder only');
  const given = SETTINGS.filter((name) => command.getOptionValueSource(name) === 'cli');
  if (given.length > 0)
    refuseLine(command, `a plan has its settings: write ${given.join(', ')} into it, or make it again`);
}

/** Names of the options that `withSettings` adds. */
const SETTINGS = [
  'model',
  'objective',
  'adapt',
  'refine',
  'align',
  'fast',
  'steps',
  'seed',
  'strength',
  'device',
  'errorMap',
  'uncertainty',
  'strict',
  'noiseLevel',
  'force',
  'bids',
  'clean',
  'series',
  'where',
];

function missing(command: Command, name: string): never {
  command.error(`error: missing required argument '${name}'`, {
    code: 'commander.missingArgument',
    exitCode: EXIT.usage,
  });
}

/** The options that say what is denoised and how. */
export function withSettings(command: Command): Command {
  return command
    .option(
      '--model <auto|general|self|nlm|dct|mppca|FILE.onnx>',
      'what does best on the series, the shipped network without asking the filters, a network trained on the series alone, a filter without training (mppca: series with repeats, echoes or directions), or a model file',
      'auto',
    )
    .addOption(
      new Option(
        '--objective <name>',
        'what training learns from: masked needs no noise level but blurs more',
      )
        .choices(OBJECTIVE_NAMES)
        .default('recorrupted'),
    )
    .option(
      '--adapt <off|on|STEPS>',
      'of --model auto and general: fine-tune the network on the series, kept only where held-out pixels say that it is better; takes minutes and brings a few hundredths of a decibel after refining',
      adaptation,
      'off',
    )
    .addOption(
      new Option(
        '--refine <on|off>',
        'of --model auto, general, self and files of these: go over the result of the network with groups of like patches of the noisy image; better, in little more time',
      )
        .choices(['on', 'off'])
        .default('on'),
    )
    .addOption(
      new Option(
        '--align <off|auto>',
        'of MP-PCA, as --model mppca and auto use it: take off what motion between frames changes, and give it back to each, where that pays',
      )
        .choices(['off', 'auto'])
        .default('auto'),
    )
    .addOption(
      new Option(
        '--fast',
        'of networks: two thirds of the time for up to 0.3 decibels less: no filter is asked, and refining asks fewer groups of patches',
      ).default(false),
    )
    .option('--steps <n>', 'training steps (default: chosen for the series)', wholeNumber(1, 1_000_000))
    .option('--seed <n>', 'seed of all random numbers', wholeNumber(0, 2 ** 32 - 1), 1)
    .option(
      '--strength <s>',
      '0 keeps the input, 1 removes all noise found; 0.9 keeps a tenth of what was removed as grain, where a result looks painted',
      realNumber(0, 1),
      1,
    )
    .option(
      '--noise-level <SIGMA|MAP|SCAN>',
      'instead of measuring it: standard deviation in the units of the images, a map of it (NIfTI or DICOM Parametric Map, on the grid of the series), or a scan without excitation, whose level and correlation count; map:PATH and scan:PATH where a file does not tell which it is',
      noiseLevel,
    )
    .addOption(deviceOption())
    .option('--error-map', 'also write |input - output| over the noise level', false)
    .option('--uncertainty', 'also write one standard deviation of the error at each voxel', false)
    .option('--strict', 'refuse a series whose trust report fails, instead of taking back part', false)
    .option('--force', 'also denoise series that Limpid derived', false)
    .option(
      '--bids',
      'write NIfTI results as BIDS derivatives: OUT/derivatives/limpid, described in JSON',
      false,
    )
    .option(
      '--clean <auto|NAMES>',
      `also remove artifacts: whatever is found, or names with commas: ${CLEAN_NAMES.join(', ')}`,
      cleaning,
    )
    .option('--series <UID...>', 'only series of these Series Instance UIDs, or ids that `inspect` lists')
    .option('--where <CONDITION>', 'only series that meet a condition on their attributes (below)');
}

/** @param more inputs beside the first */
export function requestOf(
  options: SettingOptions,
  input: string,
  { more, output }: { readonly more: readonly string[]; readonly output: string },
): DenoiseRequest {
  return {
    type: 'denoise',
    input,
    output,
    model: modelChoice(options.model),
    objective: options.objective,
    steps: options.steps ?? null,
    adapt: options.adapt,
    refine: options.refine === 'on',
    ...(options.align === 'off' ? { align: 'off' } : {}),
    ...(options.fast ? { effort: 'fast' } : {}),
    seed: options.seed,
    strength: options.strength,
    device: options.device,
    ...(options.noiseLevel === undefined ? {} : { noiseLevel: options.noiseLevel }),
    errorMap: options.errorMap,
    uncertainty: options.uncertainty,
    strict: options.strict,
    force: options.force,
    ...(options.clean === undefined ? {} : { clean: options.clean }),
    ...(options.bids ? { bids: true } : {}),
    ...(more.length === 0 ? {} : { more }),
    ...(options.series === undefined ? {} : { series: options.series }),
    ...(options.where === undefined ? {} : { where: options.where }),
  };
}

/** A name of a denoiser, else the path of a model file: ./nlm is a file. */
function modelChoice(name: string): ModelChoice {
  if (name === 'auto' || name === 'general' || name === 'self') return { kind: name };
  const classical = CLASSICAL_NAMES.find((known) => known === name);
  return classical === undefined ? { kind: 'file', path: name } : { kind: classical };
}
