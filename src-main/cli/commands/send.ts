import { Command, InvalidArgumentError } from 'commander';
import type { SendTarget } from '../../contract/requests.js';
import { wholeNumber } from '../terminal/options.js';
import type { Start } from '../terminal/run.js';

interface SendOptions {
  readonly to: Omit<SendTarget, 'tls'>;
  readonly as: string;
  readonly all: boolean;
  readonly retries: number;
  readonly tls: boolean;
  readonly tlsCa?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly json: boolean;
}

export function sendCommand(start: Start): Command {
  return new Command('send')
    .summary('send results to a PACS, where their trust report passes')
    .description(
      'Stores DICOM files at a PACS (C-STORE), byte for byte. Of an output folder of `denoise`, series whose trust report fails are held back. Other folders and files are sent as they are. Nothing is deleted.',
    )
    .argument('<path...>', 'output folders of denoise, or folders and files with DICOM')
    .requiredOption('--to <AE@host:port>', 'title, host and port of the target', target)
    .option('--as <title>', 'our own application entity title', title, 'LIMPID')
    .option('--all', 'also series whose trust report fails', false)
    .option('--retries <n>', 'how often a broken connection is tried again', wholeNumber(0, 20), 3)
    .option('--tls', 'encrypt (TLS 1.2 or newer)', false)
    .option('--tls-ca <FILE>', "PEM file of the authority of the target's certificate")
    .option('--tls-cert <FILE>', 'PEM file of our own certificate')
    .option('--tls-key <FILE>', 'PEM file of its key')
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
      const { to, as: calling, all, retries, tls, tlsCa, tlsCert, tlsKey, json } = options;
      const isSecure = tls || tlsCa !== undefined || tlsCert !== undefined;
      const files = { authority: tlsCa ?? null, certificate: tlsCert ?? null, key: tlsKey ?? null };
      const target = { ...to, tls: isSecure ? files : null };
      return start({ type: 'send', inputs, target, calling, all, retries }, { json });
    });
}

/** An application entity title (PS3.5 section 6.2): 1 to 16 printable ASCII characters without backslash. */
function title(text: string): string {
  if (!/^[\x20-\x5b\x5d-\x7e]{1,16}$/.test(text) || text.trim() === '')
    throw new InvalidArgumentError('A title has 1 to 16 characters of ASCII, and no backslash.');
  return text.trim();
}

function target(text: string): Omit<SendTarget, 'tls'> {
  const parts = /^([^@]+)@(\[[0-9a-f:.]+\]|[^:@\s]+):(\d{1,5})$/i.exec(text);
  const port = Number(parts?.[3]);
  if (parts === null || !(port >= 1 && port <= 65_535))
    throw new InvalidArgumentError(
      'It must be TITLE@host:port, for instance ARCHIVE@pacs.example.org:11112.',
    );
  return { title: title(parts[1]), host: parts[2].replace(/^\[|\]$/g, ''), port };
}
