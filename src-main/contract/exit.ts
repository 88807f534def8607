import type { ErrorCode, Problem } from './errors.js';
import { type Of, oneOf } from './schema/schema.js';

/** Exit codes of the command line: all done; something failed, the rest done; wrong usage; cancelled. */
export const EXIT = { done: 0, failed: 1, usage: 2, cancelled: 130 } as const;

export const ExitCode = oneOf([EXIT.done, EXIT.failed, EXIT.usage, EXIT.cancelled]);
export type ExitCode = Of<typeof ExitCode>;

/** Codes that mean that the request itself was wrong, when they stop a whole job. */
const USAGE_CODES: readonly string[] = [
  'E_USAGE',
  'E_PLAN',
  'E_LABELS',
  'E_INDEX',
  'E_NOT_FOUND',
  'E_EXISTS',
  'E_INSIDE_SOURCE',
  'E_RESUME',
] satisfies readonly ErrorCode[];

/** The exit code for a problem that stopped a whole job. */
export function exitCodeFor(problem: Problem): ExitCode {
  if (problem.code === 'E_CANCELLED') return EXIT.cancelled;
  return USAGE_CODES.includes(problem.code) ? EXIT.usage : EXIT.failed;
}

/** Refused files that were never images to denoise: leaving them out is no failure. */
const HARMLESS: readonly string[] = ['E_NOT_ELIGIBLE'];

/** Whether what could not be used counts as failed: it may be an image, and it could not be read. */
export function isFailure({ code }: Problem): boolean {
  return code.startsWith('E_') && !HARMLESS.includes(code);
}

/** 0 when something was done and nothing failed; an image that could not be read counts as failed. */
export function exitCodeOf(
  outcomes: readonly { readonly status: string }[],
  problems: readonly Problem[],
): ExitCode {
  const anyDone = outcomes.some(({ status }) => status === 'done' || status === 'kept');
  const anyFailed = outcomes.some(({ status }) => status === 'failed');
  return anyDone && !anyFailed && !problems.some(isFailure) ? EXIT.done : EXIT.failed;
}
