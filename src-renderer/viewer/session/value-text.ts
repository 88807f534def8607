import type { SeriesCard } from '../../../src-main/contract/window/opened.js';
import { decimals, inLanguage, listed, measured } from '../../words/format.js';
import { currentLanguage } from '../../words/text.svelte.js';

/** What is measured in an image, as the language of the window writes it. */
export function number(value: number, digits = 4): string {
  return measured(value, currentLanguage(), digits);
}

/** A value with its unit; UCUM's '1' (no unit) is not shown. */
export function withUnits(value: number, units: string): string {
  return unitText(units) === '' ? number(value) : `${number(value)} ${unitText(units)}`;
}

export function unitText(units: string): string {
  return units === '1' ? '' : units;
}

/** A position along the normal in mm, in a list; nothing where the files do not say where slices lie. */
export function placeText({ affine }: Pick<SeriesCard, 'affine'>, position: number): string[] {
  return affine === null ? [] : [`${millimetres(position)} mm`];
}

/** mm with one digit. */
function millimetres(value: number): string {
  return decimals(value, currentLanguage(), 1);
}

/** A position in the patient, in mm. */
export function positionText(mm: readonly number[]): string {
  return `${listed(mm.map(millimetres), currentLanguage())} mm`;
}

/** What a time point of a series is: b-value, direction, echo, seconds since the first; '' where nothing tells. */
export function frameText({ frameLabels }: Pick<SeriesCard, 'frameLabels'>, frame: number): string {
  return inLanguage(frameLabels?.[frame] ?? '', currentLanguage());
}
