import type { Calibration } from '../../../src-main/contract/viewing.js';

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
