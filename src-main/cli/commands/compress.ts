import { Command } from 'commander';
import type { DeviceName } from '../../contract/requests/choices.js';
import { deviceOption, realNumber } from '../terminal/options.js';
import type { Start } from '../terminal/run.js';

interface Options {
  readonly model: string;
  readonly device: DeviceName;
  readonly force?: boolean;
  readonly rounding?: number;
  readonly json: boolean;
}

export function compressCommand(start: Start): Command {
  return shared('compress', 'write a series as the codes of a model (lossy)')
    .description(
      'Writes one series as the entropy-coded codes of a model: those of a codebook, or rounded latents. LOSSY: what comes back is what the model makes of the codes. Only the same model file can decompress.',
    )
    .argument('<in>', 'DICOM folder or file, zip archive or NIfTI file with one series')
    .argument('<out>', 'new file')
    .option(
      '--rounding <dB>',
      'what rounding may cost, for models without a codebook (default: 0.3)',
      realNumber(0.001, 40),
    )
    .option('--force', 'also a series that Limpid derived', false)
    .addHelpText(
      'after',
      `
Examples:
  limpid train scans/ --family vector-quantised --out vq.onnx
  limpid compress brain.nii.gz brain.limpidc --model vq.onnx
  limpid decompress brain.limpidc brain.nii.gz --model vq.onnx`,
    )
    .action((input: string, output: string, { model, rounding, device, force, json }: Options) =>
      start(
        {
          type: 'compress',
          input,
          output,
          model,
          ...(rounding === undefined ? {} : { rounding }),
          device,
          force: force === true,
        },
        { json },
      ),
    );
}

export function decompressCommand(start: Start): Command {
  return shared('decompress', 'turn a compressed file into NIfTI')
    .description(
      'Writes what `limpid compress` made of a series as NIfTI (float32, in the units of the series). Needs the model file that it was compressed with.',
    )
    .argument('<in>', 'file that `limpid compress` wrote')
    .argument('<out>', 'new .nii or .nii.gz file')
    .addHelpText(
      'after',
      `
Example:
  limpid decompress brain.limpidc brain.nii.gz --model vq.onnx`,
    )
    .action((input: string, output: string, { model, device, json }: Options) =>
      start({ type: 'decompress', input, output, model, device }, { json }),
    );
}

function shared(name: string, summary: string): Command {
  return new Command(name)
    .summary(summary)
    .requiredOption(
      '--model <M>',
      'vector-quantised, plain, convolutional or contractive model: file, or id or name from the library',
    )
    .addOption(deviceOption())
    .option('--json', 'one JSON object a line on standard output', false);
}
