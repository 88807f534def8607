import { sha256 } from '../base/files.js';
import { fault, type LimpidError, withoutPlace } from '../contract/errors.js';
import type { OutputReport, SeriesReport } from '../contract/report.js';
import type { StackInput, UnitInput, WrittenFile } from './input.js';

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
    aligned: null,
    cleaned: [],
    training: null,
    residual: null,
    trust: null,
    timings: [],
    warnings: stack.warnings.map(withoutPlace),
    outputs: [],
  };
}

/** A derived file as a report lists it. */
export function outputReport(unitInput: UnitInput, file: WrittenFile): OutputReport {
  const reported = unitInput.entries.find(({ name }) => name === file.entry)?.reported ?? file.entry;
  return {
    role: file.role,
    path: file.name === '' ? reported : `${reported}/${file.name}`,
    bytes: file.bytes,
    sha256: file.sha256,
    seriesInstanceUid: file.seriesInstanceUid,
    sopInstanceUid: file.sopInstanceUid,
  };
}

export function changedSource(): LimpidError {
  return fault('E_SOURCE_CHANGED/since-begun');
}
