import type { SeriesReport } from '../../src-main/contract/report.js';
import type { Verdict } from '../../src-main/contract/trust.js';
import type { Run } from '../state/runs.svelte.js';
import { t } from '../words/text.svelte.js';

/** `Result 2`: results of a series are numbered from the oldest on. @param runs of the series, latest first */
export function resultName(run: Run, runs: readonly Run[]): string {
  const at = runs.findIndex(({ id }) => id === run.id);
  return t('runs.number', { number: runs.length - at });
}

/** The trust report counts the residual in, where it was made; null: nothing was judged. */
export function verdictOf({ trust, residual }: Pick<SeriesReport, 'trust' | 'residual'>): Verdict | null {
  return (trust ?? residual)?.verdict ?? null;
}
