import { Command } from 'commander';
import { EXIT } from '../../contract/exit.js';
import type { SendRequest } from '../../contract/requests/network.js';
import {
  applicationTitle,
  storeTarget,
  type TlsOptions,
  tlsFiles,
  withTls,
} from '../terminal/network-options.js';
import { wholeNumber } from '../terminal/options.js';
import type { Start } from '../terminal/run.js';

interface SendOptions extends TlsOptions {
  readonly to: ReturnType<typeof storeTarget>;
  readonly token?: string;
  readonly verdict: boolean;
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
        'Stores DICOM files at a PACS (C-STORE, or STOW-RS of DICOMweb), byte for byte. Of an output folder of `denoise`, series whose trust report fails are held back. Other folders and files are sent as they are. Nothing is deleted.',
      )
      .argument('<path...>', 'output folders of denoise, or folders and files with DICOM')
      .requiredOption(
        '--to <AE@host:port, URL or folder>',
        'title, host and port of the target, address of its DICOMweb service, without /studies, or a folder: /DIR, ./DIR',
        storeTarget,
      )
      .option('--token <FILE>', 'of DICOMweb: file with a bearer token')
      .option('--as <title>', 'our own application entity title', applicationTitle, 'LIMPID')
      .option('--all', 'also series whose trust report fails', false)
      .option(
        '--verdict',
        'say in SeriesDescription of what is sent that its trust report warns or fails, or that there is none',
        false,
      )
      .option('--retries <n>', 'how often a broken connection is tried again', wholeNumber(0, 20), 3),
  )
    .option('--json', 'one JSON object a line on standard output', false)
    .addHelpText(
      'after',
      `
Examples:
  limpid denoise scans/ clear/
  limpid send clear/ --to ARCHIVE@pacs.example.org:11112
  limpid send clear/ --to ARCHIVE@10.1.2.3:2762 --tls --tls-ca hospital.pem --verdict
  limpid send clear/ --to https://pacs.example.org/dicom-web --token token.txt
  limpid send clear/ --to ./passed/`,
    )
    .action((inputs: string[], options: SendOptions, self: Command) => {
      const { as: calling, all, retries, json, verdict } = options;
      const target = targetOf(options, self);
      const told = verdict ? { tellVerdict: true } : {};
      return start({ type: 'send', inputs, target, calling, all, retries, ...told }, { json });
    });
}

function targetOf(options: SendOptions, self: Command): SendRequest['target'] {
  const { to, token } = options;
  const tls = tlsFiles(options);
  if ('folder' in to) {
    if (tls === null && token === undefined) return to;
    return conflict(self, 'error: --tls, its files and --token are not for a folder');
  }
  if ('url' in to) {
    if (tls === null) return { url: to.url, tokenFile: token ?? null };
    return conflict(self, 'error: --tls and its files are not for DICOMweb, whose https: is its encryption');
  }
  if (token === undefined) return { ...to, tls };
  return conflict(self, 'error: --token is for DICOMweb');
}

function conflict(self: Command, said: string): never {
  return self.error(said, { code: 'commander.conflictingOption', exitCode: EXIT.usage });
}
