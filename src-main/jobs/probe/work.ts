import type { Problem } from '../../contract/errors.js';
import type { Emit } from '../../contract/events.js';
import type { ProbeResult } from '../../contract/model-results.js';
import type { ProbeRequest } from '../../contract/requests/encoders.js';
import type { OutputFolder } from '../../series/output-folder.js';
import type { ModelSource } from '../../store/model-source.js';
import type { SeriesRead } from '../train/train-input.js';

/** What learning and applying a probe both work with. */
export interface ProbeWork {
  readonly request: ProbeRequest;
  readonly source: ModelSource;
  readonly reads: readonly SeriesRead[];
  readonly emit: Emit;
  /** What a person should know and that stops nothing. */
  readonly told: (problem: Problem) => void;
  readonly folder: OutputFolder;
}

/** What a probe did, without the model and what went wrong. */
export type ProbeDone = Omit<ProbeResult, 'type' | 'command' | 'exitCode' | 'family' | 'problems'>;

/** Written last. */
export const REPORT = 'report.json';

/** Mean of the outputs of the slices of each series; null where none was looked at. */
export function seriesOutputs(
  places: readonly { readonly series: number }[],
  outputs: ReadonlyMap<number, Float64Array>,
  count: number,
): (Float64Array | null)[] {
  return Array.from({ length: count }, (_, series) => {
    const own = places.flatMap((place, row) => {
      const output = place.series === series ? outputs.get(row) : undefined;
      return output === undefined ? [] : [output];
    });
    const [first] = own;
    if (first === undefined) return null;
    return first.map((_, k) => own.reduce((sum, one) => sum + one[k], 0) / own.length);
  });
}

/** A cell of a table (RFC 4180) that no spreadsheet takes for a formula. */
export function cell(value: string | number): string {
  if (typeof value === 'number') return String(value);
  const safe = /^[=+\-@]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
