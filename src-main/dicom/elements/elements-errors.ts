import { type ErrorCode, LimpidError } from '../../contract/errors.js';

/** (gggg,eeee), for messages. */
export function tagName(tag: number): string {
  const hex = tag.toString(16).padStart(8, '0').toUpperCase();
  return `(${hex.slice(0, 4)},${hex.slice(4)})`;
}

export function truncated(what: string, cause?: unknown): LimpidError {
  return refusal('E_TRUNCATED', `The file is damaged: ${what}.`, 'Copy or export the file again.', cause);
}

export function pastEnd(header: { readonly tag: number; readonly start: number }): LimpidError {
  return truncated(`the element ${tagName(header.tag)} at byte ${header.start} runs past its end`);
}

export function openSequence(offset: number): LimpidError {
  return truncated(`a sequence is not closed, or a delimiter stands alone, at byte ${offset}`);
}

export function tooMany(count: number): LimpidError {
  return refusal(
    'E_BOMB',
    `The file has more than ${count} elements on one level.`,
    'Export the series again.',
  );
}

export function mismatch(what: string, cause?: unknown): LimpidError {
  return refusal(
    'E_TS_MISMATCH',
    `The file contradicts its transfer syntax: ${what}.`,
    'Export the series again, or correct the transfer syntax.',
    cause,
  );
}

export function refusal(code: ErrorCode, message: string, remedy: string, cause?: unknown): LimpidError {
  return new LimpidError(code, message, remedy, undefined, cause);
}
