import { type Of, oneOf } from './schema.js';

/**
 * What millimetres in the plane are: sizes in the patient; such by an assumed magnification, or by an object of known
 * size (PS3.3 Pixel Spacing Calibration Type); sizes at the detector, which are larger; or not known.
 */
export const Calibration = oneOf(['patient', 'geometry', 'fiducial', 'detector', 'none']);
export type Calibration = Of<typeof Calibration>;
