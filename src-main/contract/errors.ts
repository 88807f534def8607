/**
 * Errors and warnings that a person or a script meets. What is thrown says which sentence is meant, the facts in it and
 * the place; the words are made where they are read, from the catalogues: `words/english.ts`, the command line's and
 * those of the window. The renderer may import this file: nothing here knows Node.
 */
import {
  englishRemedy,
  englishSentence,
  type FactsOf,
  type PlainReason,
  type Reason,
} from './words/english.js';
import type { Facts, Saying } from './words/template.js';

export const ERROR_CODES = [
  // DICOM input
  'E_NOT_DICOM',
  'E_NO_META',
  'E_TS_MISSING',
  'E_TS_UNSUPPORTED',
  'E_TS_MISMATCH',
  'E_TRUNCATED',
  'E_NESTING',
  'E_BOMB',
  'E_ELEMENT',
  'E_PIXEL_LENGTH',
  'E_CODEC_DIMS',
  'E_CODEC_TRUNCATED',
  'E_CODEC',
  'E_NOT_ELIGIBLE',
  'E_GEOMETRY',
  'E_DUP_UID',
  'E_MIXED',
  'E_PATH_ESCAPE',
  'E_UID',
  'E_ALREADY_DENOISED',
  // other images
  'E_NIFTI',
  'E_ZIP',
  'E_COMPRESSED',
  'E_SHAPE',
  'E_VALUES',
  'E_TOO_SMALL',
  'E_TOO_FEW',
  'E_TOO_LARGE',
  // models and devices
  'E_MODEL',
  'E_DEVICE',
  'E_SETUP',
  'E_OPERATOR',
  'E_TRAINING',
  'E_TRUST',
  'E_ARTIFACT',
  // files and jobs
  'E_NOT_FOUND',
  'E_NOTHING',
  'E_EXISTS',
  'E_INSIDE_SOURCE',
  'E_RESUME',
  'E_LOCKED',
  'E_SOURCE_CHANGED',
  'E_IO',
  'E_NETWORK',
  'E_UPDATE',
  'E_MEMORY',
  'E_CRASH',
  'E_CANCELLED',
  'E_USAGE',
  'E_PLAN',
  'E_LABELS',
  'E_INDEX',
  'E_INTERNAL',
] as const;

export const WARNING_CODES = [
  'W_GEOMETRY',
  'W_INCOMPLETE',
  'W_ALREADY_DENOISED',
  'W_COMPUTED',
  'W_BURNED_IN',
  'W_NOISE_DISAGREE',
  'W_NOISE_CORRELATED',
  'W_NOISE_UNCERTAIN',
  'W_NOISE_UNKNOWN',
  'W_NOISE_VARIES',
  'W_AIR_MASKED',
  'W_OUTLIERS',
  'W_MOTION',
  'W_LOSSY_SOURCE',
  'W_DEVICE_FALLBACK',
  'W_DEVICE_CHANGED',
  'W_FEW_LEVELS',
  'W_CLEAN',
  'W_SKIPPED',
  'W_CLAMPED',
  'W_NOT_FINITE',
  'W_PHASE',
  'W_RESIDUAL',
  'W_UNTESTED',
  'W_UNTRIED',
  'W_NOT_CONFORMING',
  'W_UNREADABLE',
  'W_BLENDED',
  'W_INCOMPLETE',
  'W_SENT',
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];
type WarningCode = (typeof WARNING_CODES)[number];

type Code = ErrorCode | WarningCode;
/** Reasons that stand on their own; others are only said within these. */
export type ProblemReason = Extract<Reason, `${Code}/${string}`>;
export type ErrorReason = Extract<Reason, `${ErrorCode}/${string}`>;

/** What happened and where; plain data, so that it crosses processes and goes into reports. */
export interface Problem {
  readonly code: Code;
  /** Which sentence of the code: its key in the catalogues. Absent in what earlier versions wrote. */
  readonly reason?: string;
  /** What the sentence tells. Never a patient attribute or a file name: facts go into logs and reports. */
  readonly facts?: Facts;
  /** The sentence in English, for scripts and for readers that do not know the reason. */
  readonly message: string;
  /** What the user can do now, in English and in words that hold on the command line and in the window. */
  readonly remedy: string;
  /** File or series for the person at the screen. May name a file, so it is never logged or reported. */
  readonly place?: string;
}

/** The one error class: whatever the product refuses is thrown as this. `fault` makes one. */
export class LimpidError extends Error {
  readonly code: ErrorCode;
  readonly reason: string | undefined;
  readonly facts: Facts | undefined;
  readonly remedy: string;
  readonly place: string | undefined;

  constructor(problem: Problem & { readonly code: ErrorCode }, cause?: unknown) {
    super(problem.message, cause === undefined ? undefined : { cause });
    this.name = 'LimpidError';
    this.code = problem.code;
    this.reason = problem.reason;
    this.facts = problem.facts;
    this.remedy = problem.remedy;
    this.place = problem.place;
  }

  /** What it says, to be said within another sentence. */
  get saying(): Saying {
    return whatIsSaid(this);
  }

  /** The same error with a place, when the thrower did not know it. */
  at(place: string): LimpidError {
    return this.place === undefined ? new LimpidError(toldBy(this, place), this.cause) : this;
  }
}

/**
 * The error of a reason.
 *
 * @param facts those that its sentence and its remedy tell
 * @param place file or series, for the person at the screen
 * @param cause what was caught, for the stack
 */
export function fault(
  reason: Extract<ErrorReason, PlainReason>,
  facts?: Readonly<Record<string, never>>,
  place?: string,
  cause?: unknown,
): LimpidError;
export function fault<R extends ErrorReason>(
  reason: R,
  facts: FactsOf<R>,
  place?: string,
  cause?: unknown,
): LimpidError;
export function fault(reason: ErrorReason, facts: Facts = {}, place?: string, cause?: unknown): LimpidError {
  return new LimpidError(made(codeOf(ERROR_CODES, reason), { reason, facts }, place), cause);
}

/** The problem of a reason, where nothing is thrown: a warning, or why something is left out. */
export function problemOf(
  reason: Extract<ProblemReason, PlainReason>,
  facts?: Readonly<Record<string, never>>,
  place?: string,
): Problem;
export function problemOf<R extends ProblemReason>(reason: R, facts: FactsOf<R>, place?: string): Problem;
export function problemOf(reason: ProblemReason, facts: Facts = {}, place?: string): Problem {
  return made(codeOf([...ERROR_CODES, ...WARNING_CODES], reason), { reason, facts }, place);
}

/** A sentence within another. */
export function sayingOf(reason: PlainReason, facts?: Readonly<Record<string, never>>): Saying;
export function sayingOf<R extends Reason>(reason: R, facts: FactsOf<R>): Saying;
export function sayingOf(reason: Reason, facts: Facts = {}): Saying {
  return { reason, facts };
}

function made<C extends Code>(code: C, saying: Saying, place: string | undefined): Problem & { code: C } {
  return {
    code,
    ...spoken(saying),
    ...(place === undefined ? {} : { place }),
  };
}

function codeOf<C extends string>(codes: readonly C[], reason: `${C}/${string}`): C {
  const code = codes.find((one) => reason.startsWith(`${one}/`));
  if (code === undefined) throw new TypeError(`${reason} has no code.`);
  return code;
}

type Listener = (error: unknown) => void;
let listener: Listener | null = null;

/** Called with whatever is caught and becomes a problem: a process that is debugged prints its stack. */
export function onCaught(told: Listener): void {
  listener = told;
}

/** Turns anything thrown into a Problem; what is not ours becomes E_INTERNAL without its message's paths. */
export function problemFrom(error: unknown, place?: string): Problem {
  listener?.(error);
  if (error instanceof LimpidError) return toldBy(error, error.place ?? place);
  if (isOutOfMemory(error)) return problemOf('E_MEMORY/refused', {}, place);
  const name = error instanceof Error ? error.name : typeof error;
  return problemOf('E_INTERNAL/unexpected', { name }, place);
}

/** As V8 and native libraries say it: they have no code for it. */
function isOutOfMemory(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return (
    (error instanceof RangeError && /out of memory|allocat/i.test(error.message)) ||
    /\bbad_alloc\b/.test(error.message)
  );
}

function toldBy(error: LimpidError, place: string | undefined): Problem & { readonly code: ErrorCode } {
  const { code, reason, facts, message, remedy } = error;
  return {
    code,
    ...(reason === undefined ? {} : { reason }),
    ...(facts === undefined ? {} : { facts }),
    message,
    remedy,
    ...(place === undefined ? {} : { place }),
  };
}

/** The error that a problem tells of, when it comes back from another thread or process. */
export function errorFrom(problem: Problem): LimpidError {
  const code = ERROR_CODES.find((known) => known === problem.code) ?? 'E_INTERNAL';
  return new LimpidError({ ...problem, code });
}

/** A problem without its place, fit for logs and report.json. */
export function withoutPlace({ place: _, ...problem }: Problem): Problem {
  return problem;
}

/** A sentence and what to do in English, beside what they are made of: as reports hold them. */
export function spoken(saying: Saying): Saying & Pick<Problem, 'message' | 'remedy'> {
  return { ...saying, message: englishSentence(saying), remedy: englishRemedy(saying) };
}

/** What was said, to be said within another sentence; the English of an earlier version stands for its reason. */
export function whatIsSaid({
  reason,
  facts,
  message,
}: {
  readonly reason?: string | undefined;
  readonly facts?: Facts | undefined;
  readonly message: string;
}): Saying {
  return { reason: reason ?? message, facts: facts ?? {} };
}
