import { sha256 } from '../base/files.js';
import { LimpidError, withoutPlace } from '../contract/errors.js';
import type { SeriesReport } from '../contract/report.js';
import type { StackInput } from './input.js';

/** One hash for all source files of a stack. */
export function sourceHash(hashes: readonly string[]): string {
  return sha256(hashes.join('\n'));
}

/** What is known of a stack before it is loaded. */
export function emptyReport(stack: StackInput): SeriesReport {
  return {
    id: stack.id,
    modality: stack.modality,
    status: 'skipped',
    problem: null,
    input: { instances: stack.instances, transferSyntaxes: stack.transferSyntaxes, sha256: [] },
    geometry: null,
    noise: null,
    race: null,
    training: null,
    residual: null,
    trust: null,
    timings: [],
    warnings: stack.warnings.map(withoutPlace),
    outputs: [],
  };
}

export function changedSource(): LimpidError {
  return new LimpidError(
    'E_SOURCE_CHANGED',
    'A source file changed since this output folder was begun.',
    'Choose a new output folder for the changed input.',
  );
}
