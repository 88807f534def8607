import type { NoiseSummary } from '../../src-main/contract/results.js';
import type { SeriesCard } from '../../src-main/contract/window/opened.js';
import { number } from '../words/format.js';
import { currentLanguage, speech, t } from '../words/text.svelte.js';
import { traitsIn } from '../words/traits-text.js';

/**
 * `3 · T1 MPRAGE`, or where patients are hidden `Series 3`: descriptions are typed by people, and file names are chosen
 * by them. What tells a part of a series from its others follows in brackets.
 */
export function seriesTitle(card: SeriesCard, hidePatients: boolean): string {
  const traits = traitsText(card);
  const name = seriesName(card, hidePatients);
  return traits === '' ? name : `${name} (${traits})`;
}

/** The same of all parts of a series. */
export function seriesName(card: SeriesCard, hidePatients: boolean): string {
  const { description } = card.forPerson;
  if (hidePatients) return `${t('series')} ${card.seriesNumber ?? ''}`.trim();
  const text = description === '' ? t('series.unnamed') : description;
  return card.seriesNumber === null ? text : `${card.seriesNumber} · ${text}`;
}

/** What tells a part of a series from its others; '' where it is the only one. */
export function traitsText({ traits }: SeriesCard): string {
  return traitsIn(speech(), traits);
}

/** How noisy a series is: in HU, else in % of the foreground. */
export function noiseText({ sigma, relative }: NoiseSummary, units: string): string {
  const value = (one: number) => number(one, currentLanguage(), 2);
  return units === 'HU'
    ? t('noise.absolute', { value: value(sigma), units })
    : t('noise.relative', { percent: value(relative) });
}
