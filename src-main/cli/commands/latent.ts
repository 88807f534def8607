import { Command } from 'commander';
import type { DeviceName } from '../../contract/requests/choices.js';
import { type ChoiceOptions, choiceOf, deviceOption, wholeNumber, withChoice } from '../terminal/options.js';
import type { Start } from '../terminal/run.js';

interface LatentOptions extends ChoiceOptions {
  readonly out: string;
  readonly clusters?: number;
  readonly nearest?: string;
  readonly seed: number;
  readonly device: DeviceName;
  readonly force: boolean;
  readonly json: boolean;
}

export function latentCommand(start: Start): Command {
  return withChoice(new Command('latent'))
    .summary("see where slices lie in a model's latent space")
    .description(
      'Encodes every slice and writes vectors.npy, vectors.csv, latent.json, map.svg (principal components and UMAP) and clusters.png (k-means; a row a cluster, the most typical slices first). A model whose latent stands for a whole plane gives that vector; others give mean and standard deviation of each channel.',
    )
    .argument('<model>', 'file that `limpid train` wrote, or id or name from the library')
    .argument('<in...>', 'folders of DICOM, NIfTI and zip archives, such files, or DICOMDIRs')
    .requiredOption('--out <DIR>', 'new or empty folder, outside the inputs')
    .option('--clusters <k>', 'number of clusters (default: 2 to 8, by the silhouette)', wholeNumber(1, 100))
    .option('--nearest <FILE>', 'also find the five slices most like each slice of this (nearest.png)')
    .option('--seed <n>', 'seed of all random numbers', wholeNumber(0, 2 ** 32 - 1), 1)
    .addOption(deviceOption())
    .option('--force', 'also series that Limpid derived', false)
    .option('--json', 'one JSON object a line on standard output', false)
    .addHelpText(
      'after',
      `
Examples:
  limpid latent brain.onnx scans/ --out map/
  limpid latent brain.onnx scans/ --out map/ --clusters 5 --nearest new/slice.dcm`,
    )
    .action((model: string, inputs: string[], options: LatentOptions) =>
      start(
        {
          type: 'latent',
          ...choiceOf(options),
          model,
          inputs,
          output: options.out,
          clusters: options.clusters ?? null,
          nearest: options.nearest ?? null,
          seed: options.seed,
          device: options.device,
          force: options.force,
        },
        { json: options.json },
      ),
    );
}
