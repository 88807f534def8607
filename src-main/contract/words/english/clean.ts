/** Artifacts that are removed without training. */
export const CLEAN = {
  'E_ARTIFACT/not-mr': [
    'This artifact comes of how MR images are acquired, and these are none.',
    'Leave {name:artifact} out.',
  ],
  'E_ARTIFACT/not-ct': [
    'Rings come of a detector that turns around the patient, as that of CT does, and these are no CT images.',
    'Leave {name:artifact} out.',
  ],
  'E_ARTIFACT/not-finite': [
    'The images hold values that are not finite.',
    'Replace them before removing artifacts.',
  ],
  'E_ARTIFACT/no-magnitudes': [
    'The values are no magnitudes but a quantity that was measured, or of both signs: no coil has scaled them.',
    'Leave the bias field out, or take the images that the values were computed from.',
  ],
  'E_ARTIFACT/distrusted': [
    'What would have been removed held structure of the image, so it was left.',
    'Look at the places that the report names; the artifact stays in the images.',
  ],
  'E_ARTIFACT/doubtful': [
    'It may be there, and cannot be told from the image, so it was left.',
    'Look at the images; to remove it all the same name {name:artifact} instead of auto.',
    'edge',
  ],
  'E_ARTIFACT/little': [
    'It may be there, but too little of the images tells it from the object itself (few slices, or the same in all), so it was left.',
    'Look at the images; to remove it all the same name {name:artifact} instead of auto.',
    'edge',
  ],
  'E_ARTIFACT/one-sided': [
    'Most of k-space looks as if it had been acquired on one side only (partial Fourier), of which the files do not tell: removing ringing would blur these images, so it was left.',
    'Take the images as the scanner wrote them, with Partial Fourier or Scan Options in their headers.',
  ],
  'E_ARTIFACT/no-tissue': [
    'There is too little tissue to tell a bias field from.',
    'Leave the bias field out.',
  ],
  'E_ARTIFACT/on-request': [
    'It was found, and left: what takes its place is predicted and was not acquired.',
    'To have it replaced name {name:artifact} instead of auto.',
    'edge',
  ],
} as const;
