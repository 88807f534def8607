import type { Calibration } from '../../src-main/contract/viewing.js';

/** The viewer's words, in English. */
const NOTES: Readonly<Record<Calibration, string>> = {
  patient: '',
  geometry: 'calibrated by geometry',
  fiducial: 'calibrated by an object',
  detector: 'at the detector',
  none: 'not calibrated',
};

/** What a reader must know of the lengths of a series; empty where they are sizes in the patient. */
export function calibrationNote(calibration: Calibration): string {
  return NOTES[calibration];
}

/** Unit of lengths in the plane. */
export function lengthUnit(calibration: Calibration): 'mm' | 'px' {
  return calibration === 'none' ? 'px' : 'mm';
}
