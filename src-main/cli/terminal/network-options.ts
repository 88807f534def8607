import { type Command, InvalidArgumentError } from 'commander';
import type { SendTarget } from '../../contract/requests/network.js';

export interface TlsOptions {
  readonly tls: boolean;
  readonly tlsCa?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
}

export function withTls(command: Command): Command {
  return command
    .option('--tls', 'encrypt (TLS 1.2 or newer)', false)
    .option('--tls-ca <FILE>', "PEM file of the authority of the other side's certificate")
    .option('--tls-cert <FILE>', 'PEM file of our own certificate')
    .option('--tls-key <FILE>', 'PEM file of its key');
}

export function tlsFiles({ tls, tlsCa, tlsCert, tlsKey }: TlsOptions): SendTarget['tls'] {
  if (!tls && tlsCa === undefined && tlsCert === undefined) return null;
  return { authority: tlsCa ?? null, certificate: tlsCert ?? null, key: tlsKey ?? null };
}

/** An application entity title (PS3.5 section 6.2): 1 to 16 printable ASCII characters without backslash. */
export function applicationTitle(text: string): string {
  if (!/^[\x20-\x5b\x5d-\x7e]{1,16}$/.test(text) || text.trim() === '')
    throw new InvalidArgumentError('A title has 1 to 16 characters of ASCII, and no backslash.');
  return text.trim();
}

/** `TITLE@host:port`. */
export function networkTarget(text: string): Omit<SendTarget, 'tls'> {
  const [, title, host, digits] = /^([^@]+)@(\[[0-9a-f:.]+\]|[^:@\s]+):(\d{1,5})$/i.exec(text) ?? [];
  const port = Number(digits);
  if (title === undefined || host === undefined || !(port >= 1 && port <= 65_535))
    throw new InvalidArgumentError(
      'It must be TITLE@host:port, for instance ARCHIVE@pacs.example.org:11112.',
    );
  return { title: applicationTitle(title), host: host.replace(/^\[|\]$/g, ''), port };
}

/** Address of a DICOMweb service. */
export function webAddress(text: string): string {
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol))
    throw new InvalidArgumentError('It must be an address as https://pacs.example.org/dicom-web.');
  return text;
}

/** `TITLE@host:port`, or the address of a DICOMweb service. */
export function storeTarget(
  text: string,
): Omit<SendTarget, 'tls'> | { readonly url: string } | { readonly folder: string } {
  if (/^(\.{0,2}[\\/]|\.{1,2}$|[a-z]:[\\/])/i.test(text)) return { folder: text };
  return /^https?:/i.test(text) ? { url: webAddress(text) } : networkTarget(text);
}
