import type { Calibration } from '../../src-main/contract/viewing.js';
import { r } from './words/speech.svelte.js';

/** What a reader must know of the lengths of a series; empty where they are sizes in the patient. */
export function calibrationNote(calibration: Calibration): string {
  return r(`calibration.${calibration}`);
}

/** Unit of lengths in the plane. */
export function lengthUnit(calibration: Calibration): 'mm' | 'px' {
  return calibration === 'none' ? 'px' : 'mm';
}
