import { Command } from 'commander';
import { EXIT } from '../../contract/exit.js';
import type { DeviceName } from '../../contract/requests/choices.js';
import type { IndexRequest, LikeRequest } from '../../contract/requests/encoders.js';
import type { LatentRequest } from '../../contract/requests/requests.js';
import {
  type ChoiceOptions,
  choiceOf,
  deviceOption,
  refuseLine,
  refuseOptions,
  wholeNumber,
  withChoice,
} from '../terminal/options.js';
import type { Start } from '../terminal/run.js';

interface LatentOptions extends ChoiceOptions {
  readonly out?: string;
  readonly index?: string;
  readonly like?: string;
  readonly slice?: number;
  readonly count: number;
  readonly traverse: boolean;
  readonly clusters?: number;
  readonly nearest?: string;
  readonly seed: number;
  readonly device: DeviceName;
  readonly force: boolean;
  readonly json: boolean;
}

export function latentCommand(start: Start): Command {
  return withChoice(new Command('latent'))
    .summary("see where slices lie in a model's latent space, and find series like a slice")
    .description(
      'Encodes every slice and writes vectors.npy, vectors.csv, latent.json, map.svg (principal components and UMAP) and clusters.png (k-means; a row a cluster, the most typical slices first). A model whose latent stands for a whole plane gives that vector; others give mean and standard deviation of each channel. Models of all families but denoising and video have a latent; nothing decodes that of a masked one, so it is not for --traverse.',
    )
    .argument('<model>', 'file that `limpid train` wrote, or id or name from the library')
    .argument('[in...]', 'folders of DICOM, NIfTI and zip archives, such files, or DICOMDIRs')
    .option('--out <DIR>', 'new or empty folder, outside the inputs')
    .option('--clusters <k>', 'number of clusters (default: 2 to 8, by the silhouette)', wholeNumber(1, 100))
    .option('--nearest <FILE>', 'also find the five slices most like each slice of this (nearest.png)')
    .option('--traverse', 'also what the model decodes along each axis (traversal.png)', false)
    .option(
      '--index <DIR>',
      'add the slices to the index in this folder, instead of a map; or search it with --like',
    )
    .option(
      '--like <FILE>',
      'find series of the index with slices like this one (with --out, also thumbnails); of several series of it, --series says which',
    )
    .option('--slice <n>', 'which slice of --like, from 1 (default: the middle)', wholeNumber(1, 1_000_000))
    .option('--count <n>', 'series that --like finds', wholeNumber(1, 1000), 11)
    .option('--seed <n>', 'seed of all random numbers', wholeNumber(0, 2 ** 32 - 1), 1)
    .addOption(deviceOption())
    .option('--force', 'also series that Limpid derived', false)
    .option('--json', 'one JSON object a line on standard output', false)
    .addHelpText(
      'after',
      `
Examples:
  limpid latent brain.onnx scans/ --out map/
  limpid latent brain.onnx scans/ --out map/ --clusters 5 --nearest new/slice.dcm
  limpid latent brain.onnx scans/ --out map/ --traverse
  limpid latent brain.onnx archive/ --index index/
  limpid latent brain.onnx --like new/slice.dcm --index index/ --out like/`,
    )
    .action((model: string, inputs: string[], options: LatentOptions, command: Command) => {
      const { json } = options;
      return start(requestOf(model, inputs, options, command), { json });
    });
}

/** Options that mean something in one of the uses only. */
const OF_A_MAP = [
  'clusters',
  'nearest',
  'traverse',
  'seed',
] as const satisfies readonly (keyof LatentOptions)[];
const OF_A_SEARCH = ['slice', 'count'] as const satisfies readonly (keyof LatentOptions)[];

/** A map, an addition to an index, or a search. */
function requestOf(
  model: string,
  inputs: readonly string[],
  options: LatentOptions,
  command: Command,
): LatentRequest | IndexRequest | LikeRequest {
  const { index, like } = options;
  if (like !== undefined || index !== undefined)
    refuseOptions(command, OF_A_MAP, 'of a map (--out <DIR>, without --index and --like)');
  if (like === undefined)
    refuseOptions(command, OF_A_SEARCH, 'of a search (--like <FILE> with --index <DIR>)');
  if (like !== undefined) return likeOf(model, like, inputs, options, command);
  if (inputs.length === 0) command.error("error: missing required argument 'in'", MISSING);
  return index === undefined
    ? mapOf(model, inputs, options, command)
    : indexOf(model, index, inputs, options, command);
}

const MISSING = { code: 'commander.missingArgument', exitCode: EXIT.usage };

/** `--force` changes nothing here: a search takes any image. */
function likeOf(
  model: string,
  input: string,
  inputs: readonly string[],
  { device, index, out, slice, count, ...options }: LatentOptions,
  command: Command,
): LikeRequest {
  if (index === undefined) return refuseLine(command, '--like needs --index <DIR>');
  if (inputs.length > 0) refuseLine(command, '--like takes no inputs but its own');
  return {
    type: 'like',
    ...choiceOf(options),
    model,
    input,
    slice: slice === undefined ? null : slice - 1,
    index,
    count,
    pictures: out ?? null,
    device,
  };
}

function indexOf(
  model: string,
  index: string,
  inputs: readonly string[],
  options: LatentOptions,
  command: Command,
): IndexRequest {
  if (options.out !== undefined) refuseLine(command, 'give --out for a map, or --index for an index');
  const { device, force } = options;
  return { type: 'index', ...choiceOf(options), model, inputs, index, device, force };
}

function mapOf(
  model: string,
  inputs: readonly string[],
  options: LatentOptions,
  command: Command,
): LatentRequest {
  const { out, clusters, nearest, traverse, seed, device, force } = options;
  if (out === undefined)
    return command.error("error: required option '--out <DIR>' not specified", {
      code: 'commander.missingMandatoryOptionValue',
      exitCode: EXIT.usage,
    });
  return {
    type: 'latent',
    ...choiceOf(options),
    model,
    inputs,
    output: out,
    clusters: clusters ?? null,
    nearest: nearest ?? null,
    traverse,
    seed,
    device,
    force,
  };
}
