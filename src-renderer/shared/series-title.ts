import type { SeriesCard } from '../../src-main/contract/app.js';
import { t } from '../words/text.svelte.js';

/** `3 · T1 MPRAGE`, or where patients are hidden `Series 3`: descriptions are typed by people, and file names are chosen by them. */
export function seriesTitle(card: SeriesCard, hidePatients: boolean): string {
  const { description } = card.forPerson;
  if (hidePatients) return `${t('series')} ${card.seriesNumber ?? ''}`.trim();
  const text = description === '' ? t('series.unnamed') : description;
  return card.seriesNumber === null ? text : `${card.seriesNumber} · ${text}`;
}
