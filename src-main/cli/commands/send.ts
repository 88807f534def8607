import { Command } from 'commander';
import type { SendTarget } from '../../contract/requests/network.js';
import {
  applicationTitle,
  networkTarget,
  type TlsOptions,
  tlsFiles,
  withTls,
} from '../terminal/network-options.js';
import { wholeNumber } from '../terminal/options.js';
import type { Start } from '../terminal/run.js';

interface SendOptions extends TlsOptions {
  readonly to: Omit<SendTarget, 'tls'>;
  readonly as: string;
  readonly all: boolean;
  readonly retries: number;
  readonly json: boolean;
}

export function sendCommand(start: Start): Command {
  return withTls(
    new Command('send')
      .summary('send results to a PACS, where their trust report passes')
      .description(
        'Stores DICOM files at a PACS (C-STORE), byte for byte. Of an output folder of `denoise`, series whose trust report fails are held back. Other folders and files are sent as they are. Nothing is deleted.',
      )
      .argument('<path...>', 'output folders of denoise, or folders and files with DICOM')
      .requiredOption('--to <AE@host:port>', 'title, host and port of the target', networkTarget)
      .option('--as <title>', 'our own application entity title', applicationTitle, 'LIMPID')
      .option('--all', 'also series whose trust report fails', false)
      .option('--retries <n>', 'how often a broken connection is tried again', wholeNumber(0, 20), 3),
  )
    .option('--json', 'one JSON object a line on standard output', false)
    .addHelpText(
      'after',
      `
Examples:
  limpid denoise scans/ clear/
  limpid send clear/ --to ARCHIVE@pacs.example.org:11112
  limpid send clear/ --to ARCHIVE@10.1.2.3:2762 --tls --tls-ca hospital.pem`,
    )
    .action((inputs: string[], options: SendOptions) => {
      const { to, as: calling, all, retries, json } = options;
      const target = { ...to, tls: tlsFiles(options) };
      return start({ type: 'send', inputs, target, calling, all, retries }, { json });
    });
}
