/**
 * Errors and warnings that a person or a script meets. Every one has a code, the place and what to do.
 * The renderer may import this file: nothing here knows Node.
 */

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
  'E_MEMORY',
  'E_CRASH',
  'E_CANCELLED',
  'E_USAGE',
  'E_INTERNAL',
] as const;

export const WARNING_CODES = [
  'W_GEOMETRY',
  'W_INCOMPLETE',
  'W_ALREADY_DENOISED',
  'W_NOISE_DISAGREE',
  'W_NOISE_CORRELATED',
  'W_NOISE_UNCERTAIN',
  'W_NOISE_UNKNOWN',
  'W_NOISE_VARIES',
  'W_AIR_MASKED',
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

/** What happened, where, and what to do; plain data, so that it crosses processes and goes into reports. */
export interface Problem {
  readonly code: ErrorCode | WarningCode;
  /** One sentence. Never holds a patient attribute or a file name: it goes into logs and reports. */
  readonly message: string;
  /** What the user can do now. */
  readonly remedy: string;
  /** File or series for the person at the screen. May name a file, so it is never logged or reported. */
  readonly place?: string;
}

/** The one error class: whatever the product refuses is thrown as this. */
export class LimpidError extends Error {
  readonly code: ErrorCode;
  readonly remedy: string;
  readonly place: string | undefined;

  constructor(code: ErrorCode, message: string, remedy: string, place?: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'LimpidError';
    this.code = code;
    this.remedy = remedy;
    this.place = place;
  }

  /** The same error with a place, when the thrower did not know it. */
  at(place: string): LimpidError {
    return this.place === undefined
      ? new LimpidError(this.code, this.message, this.remedy, place, this.cause)
      : this;
  }
}

/** Turns anything thrown into a Problem; what is not ours becomes E_INTERNAL without its message's paths. */
export function problemFrom(error: unknown, place?: string): Problem {
  if (error instanceof LimpidError) {
    const where = error.place ?? place;
    return {
      code: error.code,
      message: error.message,
      remedy: error.remedy,
      ...(where === undefined ? {} : { place: where }),
    };
  }
  const name = error instanceof Error ? error.name : typeof error;
  return {
    code: 'E_INTERNAL',
    message: `An unexpected ${name} stopped this step.`,
    remedy: 'Run again with LIMPID_DEBUG=1 to see the stack on standard error, and report it.',
    ...(place === undefined ? {} : { place }),
  };
}

/** The error that a problem tells of, when it comes back from another thread or process. */
export function errorFrom(problem: Problem): LimpidError {
  const code = ERROR_CODES.find((known) => known === problem.code) ?? 'E_INTERNAL';
  return new LimpidError(code, problem.message, problem.remedy, problem.place);
}

/** A problem without its place, fit for logs and report.json. */
export function withoutPlace(problem: Problem): Problem {
  return { code: problem.code, message: problem.message, remedy: problem.remedy };
}
