import * as path from 'node:path';
import { fault, type LimpidError } from '../contract/errors.js';
import { RULE_FIELDS, RULE_WORKS } from '../contract/requests/rules.js';
import {
  address,
  atLeastOne,
  between,
  exactly,
  fieldsOf,
  filled,
  flag,
  formed,
  list,
  nullOr,
  type Of,
  oneOf,
  only,
  optional,
  otherwise,
  readAll,
  variants,
  wholeBetween,
} from '../contract/schema/schema.js';
import type { TlsFiles } from '../dicom/net/connect.js';
import { readSettings } from '../process/node-folder.js';

/** Application entity titles (PS3.5 section 6.2): printable ASCII without backslash. */
const title = formed(/^[\x21-\x5b\x5d-\x7e]{1,16}$/, 'must be a title of 1 to 16 characters');
const name = formed(
  /^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$/,
  'must be a name of letters, digits, dots and dashes',
);
const WEEK = 7 * 86_400;
const seconds = between(0, WEEK);

const tls = exactly({
  authority: otherwise(nullOr(filled), null),
  certificate: otherwise(nullOr(filled), null),
  key: otherwise(nullOr(filled), null),
});

/** Whether the trust report goes with results, as a PDF document of the study. */
const report = otherwise(flag, false);

const target = variants('kind', [
  exactly({
    kind: only('dicom'),
    title,
    host: filled,
    port: wholeBetween(1, 65_535),
    tls: otherwise(nullOr(tls), null),
    /** Ask for storage commitment: nothing of a series is removed before it was given. */
    commitment: otherwise(flag, false),
    report,
  }),
  exactly({
    kind: only('dicomweb'),
    /** Of the service, without `/studies`. */
    url: address,
    /** File that holds a bearer token. */
    tokenFile: otherwise(nullOr(filled), null),
    report,
  }),
  exactly({ kind: only('folder'), path: filled, report }),
]);

const rule = exactly({
  ...RULE_FIELDS,
  do: oneOf([...RULE_WORKS, 'forward']),
  /** Where results go. */
  targets: otherwise(list(name), []),
  /** Where the images as they came go, untouched. */
  originals: otherwise(list(name), []),
  /** What happens with a result whose trust report warns. One that fails is always held. */
  warned: otherwise(oneOf(['send', 'hold']), 'send'),
});

const watched = exactly({
  path: filled,
  /** How long a file must not have changed. */
  settleSeconds: otherwise(seconds, 10),
});

/** Tells a syslog server of the audit (PS3.15 sections A.5 and A.6). */
const syslog = exactly({
  protocol: otherwise(oneOf(['tls', 'tcp', 'udp']), 'tls'),
  host: filled,
  /** That of the protocol unless given. */
  port: optional(wholeBetween(1, 65_535)),
  tls: otherwise(nullOr(tls), null),
  /** Name of the site, where a server has several. */
  site: otherwise(nullOr(filled), null),
  /** Whether Patient IDs are told, as the standard wants it; names never are. */
  patients: otherwise(flag, false),
});

const Config = exactly({
  title: otherwise(title, 'LIMPID'),
  /** Whether series are received by DICOM; else they come from watched folders alone, and no port is opened. */
  listen: otherwise(flag, true),
  host: otherwise(filled, '0.0.0.0'),
  port: otherwise(wholeBetween(1, 65_535), 11_112),
  /** Where the node keeps what it received and made. */
  folder: filled,
  /** Encrypts what is received; where an authority is named, senders must show a certificate of it. */
  tls: otherwise(nullOr(tls), null),
  /** Titles that may send; null: any. */
  callers: otherwise(nullOr(list(title)), null),
  mostAssociations: otherwise(wholeBetween(1, 1000), 25),
  /** A series is complete when nothing came for this long, and no association that brought its study was open meanwhile. */
  quietSeconds: otherwise(seconds, 60),
  /** A series is taken as complete after this time, whatever is open. */
  patienceSeconds: otherwise(seconds, 3600),
  /** Denoising jobs at a time. */
  jobs: otherwise(wholeBetween(1, 64), 1),
  device: otherwise(oneOf(['auto', 'cpu', 'webgpu', 'cuda', 'dml', 'coreml']), 'auto'),
  targets: otherwise(fieldsOf(name, target), {}),
  /** The first that fits decides; none: the series is skipped. */
  rules: atLeastOne(rule),
  watch: otherwise(list(watched), []),
  /** How long a series that was sent is kept. */
  keepDays: otherwise(between(0, 36_500), 7),
  /** Free space under which nothing is taken any more, and what was sent is removed before its time; GB. */
  leastFreeGb: otherwise(between(0, 1e6), 2),
  /** Port of 127.0.0.1 for health, metrics and commands; 0 lets the system choose. */
  statusPort: otherwise(wholeBetween(0, 65_535), 0),
  syslog: otherwise(nullOr(syslog), null),
  /** Longest pause between two tries to send. */
  longestPauseSeconds: otherwise(seconds, 900),
});

export type NodeConfig = Of<typeof Config>;
export type Rule = NodeConfig['rules'][number];
export type Target = NodeConfig['targets'][string];

/**
 * Reads the settings of a node. Paths in them are relative to their file.
 *
 * @throws LimpidError E_NOT_FOUND; E_USAGE with the path of each value that is wrong
 */
export async function readConfig(place: string): Promise<NodeConfig> {
  return resolvePaths(parseConfig(await readSettings(place)), path.dirname(path.resolve(place)));
}

/** @throws LimpidError E_USAGE */
export function parseConfig(value: unknown): NodeConfig {
  const parsed = readAll(Config, value);
  if (!parsed.fits) throw wrong(parsed.wrong);
  const config = parsed.value;
  const unknown = config.rules.flatMap((one) =>
    [...one.targets, ...one.originals]
      .filter((wanted) => targetOf(config, wanted) === undefined)
      .map((wanted) => `rules.${one.name}: there is no target ${wanted}`),
  );
  const doubled = config.rules
    .filter((one, i) => config.rules.findIndex((other) => other.name === one.name) !== i)
    .map((one) => `rules: two are called ${one.name}`);
  if (unknown.length + doubled.length > 0) throw wrong([...unknown, ...doubled]);
  return config;
}

/** A target by its name; what every object has, as `constructor`, is none. */
export function targetOf({ targets }: NodeConfig, name: string): Target | undefined {
  return Object.hasOwn(targets, name) ? targets[name] : undefined;
}

function wrong(what: readonly string[]): LimpidError {
  return fault('E_USAGE/node-settings', { what });
}

function resolvePaths(config: NodeConfig, base: string): NodeConfig {
  const at = (one: string) => path.resolve(base, one);
  const maybe = (one: string | null) => (one === null ? null : at(one));
  const tlsAt = (files: TlsFiles | null) =>
    files === null
      ? null
      : {
          authority: maybe(files.authority),
          certificate: maybe(files.certificate),
          key: maybe(files.key),
        };
  const targets = Object.entries(config.targets).map(([key, one]): [string, Target] => {
    if (one.kind === 'folder') return [key, { ...one, path: at(one.path) }];
    if (one.kind === 'dicomweb') return [key, { ...one, tokenFile: maybe(one.tokenFile) }];
    return [key, { ...one, tls: tlsAt(one.tls) }];
  });
  return {
    ...config,
    rules: config.rules.map((one) =>
      typeof one.model === 'string' ? one : { ...one, model: { file: modelAt(one.model.file, base) } },
    ),
    folder: at(config.folder),
    tls: tlsAt(config.tls),
    syslog: config.syslog === null ? null : { ...config.syslog, tls: tlsAt(config.syslog.tls) },
    targets: Object.fromEntries(targets),
    watch: config.watch.map((one) => ({ ...one, path: at(one.path) })),
  };
}

/** A kept model has a name, which is no path. */
function modelAt(file: string, base: string): string {
  return /[\\/]|\.onnx$/i.test(file) ? path.resolve(base, file) : file;
}
