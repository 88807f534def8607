import { Command, Option } from 'commander';
import type { DeviceName } from '../../../contract/requests/choices.js';
import {
  type ChoiceOptions,
  choiceOf,
  deviceOption,
  refuseOptions,
  wholeNumber,
  withChoice,
} from '../../terminal/options.js';
import type { Start } from '../../terminal/run.js';

interface ProbeOptions extends ChoiceOptions {
  readonly out: string;
  readonly labels?: string;
  readonly column?: string;
  readonly group?: string;
  readonly kind: 'auto' | 'classes' | 'numbers';
  readonly predict?: string;
  readonly slices: number;
  readonly seed: number;
  readonly device: DeviceName;
  readonly force: boolean;
  readonly json: boolean;
}

export function probeCommand(start: Start): Command {
  return withChoice(new Command('probe'))
    .summary("learn what a model's latents tell of series, and apply it")
    .description(
      'Learns linear and nearest-neighbour classifiers (or regressions) from latents to your labels, judges them on patients that they did not learn from, beside principal components and raw statistics, and keeps the linear one as probe.json. With --predict it applies one.',
    )
    .argument('<model>', 'file that `limpid train` wrote, or id or name from the library')
    .argument('<in...>', 'folders of DICOM, NIfTI and zip archives, such files, or DICOMDIRs')
    .requiredOption('--out <DIR>', 'new or empty folder, outside the inputs')
    .option('--labels <CSV>', 'table with a column series, file or name, and one of labels')
    .option('--column <NAME>', 'column of labels (default: label)')
    .option('--group <NAME>', 'column of patients (default: patient, else as the images tell)')
    .addOption(
      new Option('--kind <kind>', 'what labels are; auto: numbers where more than ten differ')
        .choices(['auto', 'classes', 'numbers'])
        .default('auto'),
    )
    .option('--predict <probe.json>', 'apply this probe instead of learning one')
    .option('--slices <n>', 'slices of a series that are looked at', wholeNumber(1, 10_000), 24)
    .option('--seed <n>', 'seed of all random numbers', wholeNumber(0, 2 ** 32 - 1), 1)
    .addOption(deviceOption())
    .option('--force', 'also series that Limpid derived', false)
    .option('--json', 'one JSON object a line on standard output', false)
    .addHelpText(
      'after',
      `
A table of labels names series by id (as \`limpid inspect\` lists), Series Instance UID, file, folder or file name:
  series,label,patient
  scans/ANNA/t1,T1,anna
A column fold, where there is one, says which series are judged together.

Examples:
  limpid probe brain.onnx scans/ --labels labels.csv --out probe/
  limpid probe brain.onnx scans/ --labels labels.csv --column weighting --group subject --out probe/
  limpid probe brain.onnx new/ --predict probe/probe.json --out told/`,
    )
    .action((model: string, inputs: string[], options: ProbeOptions, command: Command) => {
      if (options.predict !== undefined)
        refuseOptions(command, OF_LEARNING, 'of learning (--labels <CSV>, without --predict)');
      return start(
        {
          type: 'probe',
          ...choiceOf(options),
          model,
          inputs,
          output: options.out,
          labels: options.labels ?? null,
          column: options.column ?? null,
          group: options.group ?? null,
          kind: options.kind,
          predict: options.predict ?? null,
          slices: options.slices,
          seed: options.seed,
          device: options.device,
          force: options.force,
        },
        { json: options.json },
      );
    });
}

const OF_LEARNING = [
  'labels',
  'column',
  'group',
  'kind',
  'seed',
] as const satisfies readonly (keyof ProbeOptions)[];
