import { Command, InvalidArgumentError } from 'commander';
import { EXIT } from '../../contract/exit.js';
import type { FetchQuery, FetchRequest, SendTarget } from '../../contract/requests/network.js';
import {
  applicationTitle,
  networkTarget,
  type TlsOptions,
  tlsFiles,
  webAddress,
  withTls,
} from '../terminal/network-options.js';
import { wholeNumber } from '../terminal/options.js';
import type { Start } from '../terminal/run.js';

interface FetchOptions extends TlsOptions {
  readonly from?: Omit<SendTarget, 'tls'>;
  readonly web?: string;
  readonly token?: string;
  readonly as: string;
  readonly study?: string;
  readonly series?: string;
  readonly accession?: string;
  readonly patientId?: string;
  readonly date?: string;
  readonly modality?: string;
  readonly studyDescription?: string;
  readonly seriesDescription?: string;
  readonly list: boolean;
  readonly between?: readonly [number, number];
  readonly retries: number;
  readonly json: boolean;
}

export function fetchCommand(start: Start): Command {
  return withTls(
    new Command('fetch')
      .summary('take series from an archive')
      .description(
        'Asks an archive which series match (C-FIND, or QIDO-RS with --web) and takes their MR and CT images (C-GET, or WADO-RS), byte for byte. What is in the folder already is not fetched again. Texts may hold the wildcards * and ?.',
      )
      .argument('[out]', 'folder for what is fetched: new, empty, or of an earlier fetch')
      .option('--from <AE@host:port>', 'title, host and port of the archive', networkTarget)
      .option(
        '--web <URL>',
        'instead of --from: address of its DICOMweb service, without /studies',
        webAddress,
      )
      .option('--token <FILE>', 'of --web: file with a bearer token')
      .option('--as <title>', 'our own application entity title', applicationTitle, 'LIMPID')
      .option('--study <UID>', 'Study Instance UID')
      .option('--series <UID>', 'Series Instance UID')
      .option('--accession <number>', 'Accession Number')
      .option('--patient-id <id>', 'Patient ID')
      .option('--date <date>', 'of the study: 20260131, or 20260101-20260131', dates)
      .option('--modality <name>', 'MR or CT')
      .option('--study-description <text>', 'of the study')
      .option('--series-description <text>', 'of the series')
      .option('--list', 'only say what matches', false)
      .option('--between <from-until>', 'hours of the day in which series are begun, such as 22-6', hours)
      .option('--retries <n>', 'how often a broken connection is tried again', wholeNumber(0, 20), 3),
  )
    .option('--json', 'one JSON object a line on standard output', false)
    .addHelpText(
      'after',
      `
Examples:
  limpid fetch --list --from ARCHIVE@pacs.example.org:11112 --date 20260101-20260131 --modality MR
  limpid fetch scans/ --from ARCHIVE@pacs.example.org:11112 --accession A1234
  limpid fetch scans/ --from ARCHIVE@10.1.2.3:104 --date 2025* --between 22-6
  limpid fetch scans/ --web https://pacs.example.org/dicom-web --token token.txt --accession A1234`,
    )
    .action((out: string | undefined, options: FetchOptions, self: Command) => {
      if (out === undefined && !options.list)
        self.error('error: name the folder for what is fetched, or ask with --list', {
          code: 'commander.missingArgument',
          exitCode: 2,
        });
      const { as: calling, list, between, retries, json } = options;
      return start(
        {
          type: 'fetch',
          source: sourceOf(options, self),
          calling,
          query: queryOf(options),
          into: list ? null : (out ?? null),
          between: between === undefined ? null : [between[0], between[1]],
          retries,
        },
        { json },
      );
    });
}

function sourceOf(options: FetchOptions, self: Command): FetchRequest['source'] {
  const { from, web, token } = options;
  if (from !== undefined && web === undefined && token === undefined)
    return { ...from, tls: tlsFiles(options) };
  if (web !== undefined && from === undefined) return { url: web, tokenFile: token ?? null };
  return self.error(
    token !== undefined && web === undefined
      ? 'error: --token is for --web'
      : 'error: name the archive, with either --from or --web',
    { code: 'commander.conflictingOption', exitCode: EXIT.usage },
  );
}

function queryOf(options: FetchOptions): FetchQuery {
  const { study, series, accession, patientId, date, modality, studyDescription, seriesDescription } =
    options;
  return {
    ...(study === undefined ? {} : { study }),
    ...(series === undefined ? {} : { series }),
    ...(accession === undefined ? {} : { accession }),
    ...(patientId === undefined ? {} : { patientId }),
    ...(date === undefined ? {} : { date }),
    ...(modality === undefined ? {} : { modality }),
    ...(studyDescription === undefined ? {} : { studyDescription }),
    ...(seriesDescription === undefined ? {} : { seriesDescription }),
  };
}

function dates(text: string): string {
  if (!/^(\d{8}|\d{8}-(\d{8})?|-\d{8}|[\d*?]{1,8})$/.test(text))
    throw new InvalidArgumentError('It must be a date as 20260131, or a range as 20260101-20260131.');
  return text;
}

function hours(text: string): [number, number] {
  const parts = /^(\d{1,2})-(\d{1,2})$/.exec(text);
  const [from, until] = [Number(parts?.[1]), Number(parts?.[2])];
  if (parts === null || from > 23 || until > 24 || from === until)
    throw new InvalidArgumentError('It must be two hours, such as 22-6.');
  return [from, until];
}
