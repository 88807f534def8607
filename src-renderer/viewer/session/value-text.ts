import type { SeriesCard } from '../../../src-main/contract/app.js';
import type { Calibration } from '../../../src-main/contract/viewing.js';

/** Numbers for people: about four significant digits, no exponent where it can be avoided, a true minus sign. */
export function number(value: number, digits = 4): string {
  if (!Number.isFinite(value)) return '–';
  const size = Math.abs(value);
  const text =
    size !== 0 && (size >= 1e7 || size < 1e-4)
      ? value.toExponential(2)
      : value.toFixed(Math.max(0, Math.min(6, digits - 1 - Math.floor(Math.log10(size || 1)))));
  const short = text.includes('.') && !text.includes('e') ? text.replace(/\.?0+$/, '') : text;
  return short.replace('-', '\u2212');
}

/** A value with its unit; UCUM's '1' (no unit) is not shown. */
export function withUnits(value: number, units: string): string {
  return unitText(units) === '' ? number(value) : `${number(value)} ${unitText(units)}`;
}

export function unitText(units: string): string {
  return units === '1' ? '' : units;
}

/**
 * Units of lengths and areas in a plane: pixels where nothing calibrates it, else mm and what they are.
 * @param nameOf what lengths are that are none in the patient, in words
 */
export function lengthUnit(
  calibration: Calibration,
  nameOf: (calibration: Exclude<Calibration, 'patient'>) => string,
): { line: string; area: string } {
  if (calibration === 'none') return { line: 'px', area: `px² (${nameOf('none')})` };
  const note = calibration === 'patient' ? '' : ` (${nameOf(calibration)})`;
  return { line: `mm${note}`, area: `mm²${note}` };
}

/** A position along the normal in mm, in a list; nothing where the files do not say where slices lie. */
export function placeText({ affine }: Pick<SeriesCard, 'affine'>, position: number): string[] {
  return affine === null ? [] : [`${millimetres(position)} mm`];
}

/** mm with one digit. */
export function millimetres(value: number): string {
  return value.toFixed(1).replace('-', '\u2212');
}
