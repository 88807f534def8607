import type { Problem } from '../contract/errors.js';
import { EXIT, type OutputsResult } from '../contract/results.js';

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
): OutputsResult['exitCode'] {
  const anyDone = outcomes.some(({ status }) => status === 'done' || status === 'kept');
  const anyFailed = outcomes.some(({ status }) => status === 'failed');
  return anyDone && !anyFailed && !problems.some(isFailure) ? EXIT.done : EXIT.failed;
}
