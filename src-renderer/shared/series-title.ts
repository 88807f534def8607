import type { SeriesCard } from '../../src-main/contract/app.js';
import { t } from '../words/text.svelte.js';

/** `3 · T1 MPRAGE`. The name of a NIfTI file may name a patient. */
export function seriesTitle(card: SeriesCard, hidePatients: boolean): string {
  const { description } = card.forPerson;
  const text =
    card.kind === 'nifti' && hidePatients
      ? t('kind.nifti')
      : description === ''
        ? t('series.unnamed')
        : description;
  return card.seriesNumber === null ? text : `${card.seriesNumber} · ${text}`;
}
