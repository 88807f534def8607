import type { Run } from '../state/runs.svelte.js';
import { t } from '../words/text.svelte.js';

/** `Result 2`: results of a series are numbered from the oldest on. @param runs of the series, latest first */
export function resultName(run: Run, runs: readonly Run[]): string {
  const at = runs.findIndex(({ id }) => id === run.id);
  return t('runs.number', { number: runs.length - at });
}
