import { Command, Option } from 'commander';
import { realNumber } from '../terminal/options.js';
import type { Start } from '../terminal/run.js';

interface ImportOptions {
  readonly name?: string;
  readonly foreign?: 'image' | 'noise';
  readonly layout: 'auto' | 'nchw' | 'nhwc';
  readonly white: number;
  readonly json: boolean;
}

interface ExportOptions {
  readonly decoder: boolean;
  readonly encoder: boolean;
  readonly json: boolean;
}

const JSON_OPTION = ['--json', 'one JSON object a line on standard output', false] as const;

export function modelsCommand(start: Start): Command {
  const command = new Command('models')
    .summary('list, show, import, export or delete the models you keep')
    .description(
      'Models kept in your data folder (LIMPID_HOME names another). `limpid denoise --model NAME` takes them by name or id.',
    )
    .helpCommand(false)
    .addHelpText(
      'after',
      `
Examples:
  limpid models list
  limpid models import normal.onnx --name normal-t1
  limpid models import dncnn.onnx --foreign noise --name dncnn
  limpid models show normal-t1
  limpid models export normal-t1 decoder.onnx --decoder
  limpid models export pretrained encoder.onnx --encoder`,
    );
  command
    .command('list')
    .description('list the models')
    .option(...JSON_OPTION)
    .action(({ json }: { json: boolean }) => start({ type: 'models', action: 'list' }, { json }));
  command
    .command('show')
    .description('show what a model says of itself')
    .argument('<model>', 'name, id or file')
    .option(...JSON_OPTION)
    .action((model: string, { json }: { json: boolean }) =>
      start({ type: 'models', action: 'show', model }, { json }),
    );
  command
    .command('import')
    .description('keep a copy of an ONNX file')
    .argument(
      '<file>',
      'model that Limpid wrote, or a denoiser of others: one grey image (and a noise level) in, one out',
    )
    .option('--name <name>', 'how to call it (default: family and id)')
    .addOption(
      new Option('--foreign <what>', 'a model of others, and what it gives').choices(['image', 'noise']),
    )
    .addOption(
      new Option('--layout <order>', 'axes of a foreign model')
        .choices(['auto', 'nchw', 'nhwc'])
        .default('auto'),
    )
    .option('--white <value>', 'what white is for a foreign model', realNumber(1e-6, 1e6), 1)
    .option(...JSON_OPTION)
    .action((path: string, { name, foreign, layout, white, json }: ImportOptions) =>
      start(
        {
          type: 'models',
          action: 'import',
          path,
          name: name ?? null,
          foreign: foreign === undefined ? null : { layout, gives: foreign, white },
        },
        { json },
      ),
    );
  command
    .command('export')
    .description('write a model to a file')
    .argument('<model>', 'name, id or file')
    .argument('<file>', 'new ONNX file')
    .addOption(
      new Option('--decoder', 'only the decoder: latent in, image out').default(false).conflicts('encoder'),
    )
    .option(
      '--encoder',
      'only the encoder, of a masked model: image in, latent out (other models give the latent as a whole)',
      false,
    )
    .option(...JSON_OPTION)
    .action((model: string, path: string, { decoder, encoder, json }: ExportOptions) => {
      const part = decoder ? 'decoder' : encoder ? 'encoder' : 'whole';
      return start({ type: 'models', action: 'export', model, path, part }, { json });
    });
  command
    .command('delete')
    .description('delete a model')
    .argument('<model>', 'name or id')
    .option(...JSON_OPTION)
    .action((model: string, { json }: { json: boolean }) =>
      start({ type: 'models', action: 'delete', model }, { json }),
    );
  return command;
}
