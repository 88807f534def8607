import type { CodedConcept } from './encode.js';

/** CID 7203, image derivation. */
export const SMOOTHING: CodedConcept = { value: '113087', scheme: 'DCM', meaning: 'Smoothing' };
export const PIXEL_BY_PIXEL_SUBTRACTION: CodedConcept = {
  value: '113062',
  scheme: 'DCM',
  meaning: 'Pixel by pixel subtraction',
};
export const SEGMENTATION: CodedConcept = { value: '113076', scheme: 'DCM', meaning: 'Segmentation' };
/** CID 7202, source image purposes of reference. */
export const SOURCE_IMAGE: CodedConcept = {
  value: '121322',
  scheme: 'DCM',
  meaning: 'Source image for image processing operation',
};
/** CID 7005, contributing equipment purposes of reference. */
export const PROCESSING_EQUIPMENT: CodedConcept = {
  value: '109102',
  scheme: 'DCM',
  meaning: 'Processing Equipment',
};
export const NO_UNITS: CodedConcept = { value: '1', scheme: 'UCUM', meaning: 'no units' };
export const HOUNSFIELD_UNIT: CodedConcept = {
  value: "[hnsf'U]",
  scheme: 'UCUM',
  meaning: 'Hounsfield unit',
};
export const QUANTITY: CodedConcept = { value: '246205007', scheme: 'SCT', meaning: 'Quantity' };
/** CID 7150, segmentation property categories. */
export const SPATIAL_CONCEPT: CodedConcept = {
  value: '309825002',
  scheme: 'SCT',
  meaning: 'Spatial and Relational Concept',
};
/** Own: it says no more than that a model rebuilds a place worse than places of its training images. */
export const UNLIKE_TRAINING: CodedConcept = {
  value: 'UNLIKE',
  scheme: '99LIMPID',
  meaning: 'Unlike the training images',
};

export const PARAMETRIC_MAP_STORAGE = '1.2.840.10008.5.1.4.1.1.30';
export const SEGMENTATION_STORAGE = '1.2.840.10008.5.1.4.1.1.66.4';
