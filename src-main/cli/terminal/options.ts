import { type Command, InvalidArgumentError, Option } from 'commander';
import { devicesOf } from '../../contract/devices.js';
import { EXIT } from '../../contract/exit.js';
import {
  CLEAN_NAMES,
  type Cleaning,
  DEVICE_NAMES,
  type DeviceName,
  type NoiseLevel,
} from '../../contract/requests/choices.js';

/** Parsers of option values: each says what is wrong and what would be right. */

export function wholeNumber(least: number, greatest: number): (text: string) => number {
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= least && value <= greatest))
      throw new InvalidArgumentError(`It must be a whole number from ${least} to ${greatest}.`);
    return value;
  };
}

export function realNumber(least: number, greatest: number): (text: string) => number {
  return (text) => {
    const value = /^(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
    if (!(value >= least && value <= greatest))
      throw new InvalidArgumentError(`It must be a number from ${least} to ${greatest}.`);
    return value;
  };
}

/** Whether and for how many steps a shipped model is fine-tuned. */
export function adaptation(text: string): 'off' | 'on' | number {
  if (text === 'off' || text === 'on') return text;
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= 1 && value <= 100_000))
    throw new InvalidArgumentError('It must be off, on, or a whole number of steps from 1 to 100000.');
  return value;
}

/** A number is a level; map: and scan: before a path say what the file is, which else tells by itself. */
export function noiseLevel(text: string): NoiseLevel {
  if (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) || /^[+-]?(inf(inity)?|nan)$/i.test(text)) {
    const sigma = Number(text);
    if (!(sigma > 0 && Number.isFinite(sigma)))
      throw new InvalidArgumentError('A noise level must be a finite number above zero.');
    return { kind: 'number', sigma };
  }
  const [, kind, path] = /^(map|scan):(.+)$/i.exec(text) ?? [];
  if (kind === undefined || path === undefined) return { kind: 'file', path: text };
  return { kind: kind.toLowerCase() === 'map' ? 'map' : 'scan', path };
}

/** auto, or names of artifacts with commas between. */
export function cleaning(text: string): Cleaning {
  if (text === 'auto') return text;
  return text.split(',').map((part) => {
    const name = CLEAN_NAMES.find((known) => known === part.trim());
    if (name === undefined)
      throw new InvalidArgumentError(
        `It must be auto, or some of ${CLEAN_NAMES.join(', ')} with commas between.`,
      );
    return name;
  });
}

/** A share K of N, from 1. */
export function shard(text: string): readonly [number, number] {
  const [, k, n] = /^(\d{1,6})\/(\d{1,6})$/.exec(text) ?? [];
  const [at, of] = [Number(k), Number(n)];
  if (!(at >= 1 && at <= of)) throw new InvalidArgumentError('It must be K/N with K from 1 to N, as in 3/8.');
  return [at, of];
}

/** Every device is understood; help shows those that this machine can have, and why one is not is said when it is asked for. */
export function deviceOption(): Option {
  const { platform: system, arch: processor } = process;
  const here = devicesOf({ system, processor, cuda: system === 'linux' && processor === 'x64' });
  const option = new Option('--device <name>', `what computes: ${here.join(', ')}`).default('auto');
  return option.argParser((text: string): DeviceName => {
    const known = DEVICE_NAMES.find((name) => name === text);
    if (known !== undefined) return known;
    throw new InvalidArgumentError(`Allowed choices are ${DEVICE_NAMES.join(', ')}.`);
  });
}

/** `runCommandLine` puts it into the environment of all that a command starts. */
/** @param what of which they are, and how many there are without it */
export function threadsOption(what = 'in total (default: one a processor;'): Option {
  return new Option(
    '--threads <n>',
    `processor threads that compute, ${what} LIMPID_THREADS sets it too)`,
  ).argParser(wholeNumber(1, 1024));
}

/** Options of a choice of series, and what they say to a request. */
export interface ChoiceOptions {
  readonly series?: readonly string[];
  readonly where?: string;
}

export function withChoice(command: Command): Command {
  return command
    .option('--series <UID...>', 'only series of these Series Instance UIDs, or ids that `inspect` lists')
    .option(
      '--where <CONDITION>',
      'only series that meet a condition on their attributes (`limpid denoise --help` has the grammar)',
    );
}

export function choiceOf({ series, where }: ChoiceOptions): ChoiceOptions {
  return { ...(series === undefined ? {} : { series }), ...(where === undefined ? {} : { where }) };
}

/**
 * Refuses options that were given and would mean nothing.
 *
 * @param names as `command` knows them
 * @param where what they mean something in
 */
export function refuseOptions(command: Command, names: readonly string[], where: string): void {
  const given = names.filter((name) => command.getOptionValueSource(name) === 'cli');
  if (given.length > 0) refuseLine(command, `${given.map((name) => `--${name}`).join(', ')}: only ${where}`);
}

/** Ends a command whose options do not fit each other. */
export function refuseLine(command: Command, what: string): never {
  command.error(`error: ${what}`, { code: 'commander.conflictingOption', exitCode: EXIT.usage });
}
