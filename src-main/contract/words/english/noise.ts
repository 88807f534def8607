/** Estimates of noise, and tests that rest on them. */
export const NOISE = {
  'E_VALUES/unmeasured': [
    'No noise could be measured in this series: it is too small, or it has none.',
    'Leave this series as it is; inspecting it shows what was measured.',
    'edge',
  ],
  'E_VALUES/noise-level': ['The noise level is negative or not a number.', 'Give a level of 0 or more.'],
  'E_SHAPE/noise-map': [
    'The noise map and the volume differ in size.',
    'Give one value a voxel of one frame, or of all frames.',
  ],
  'E_SHAPE/noise-values': [
    'The noise map or the output has another length than the values.',
    'Give one noise level, or one for each value.',
  ],
  'E_VALUES/stabilise': [
    'The noise level is not a positive number, so the variance cannot be stabilised.',
    'Estimate the noise again, or give a noise level above zero.',
  ],
  'W_NOISE_DISAGREE/estimates': [
    'The estimates of the noise level differ by a factor of {factor:1}.',
    'Compare before and after at fine structures; lower the strength where they fade.',
  ],
  'W_NOISE_CORRELATED/neighbours': [
    'Neighbouring voxels share noise (correlation {x:2} and {y:2} in the plane): the scanner interpolated or filtered the image.',
    'Where possible denoise the series as acquired, without interpolation.',
  ],
  'W_NOISE_UNCERTAIN/guess': [
    'The noise level is a guess: there is neither air nor a repeat to tell noise from fine structure.',
    'What is removed rests on this guess: read the residual with care.',
  ],
  'W_AIR_MASKED/air': [
    'Air, or another large part of the image, is set to one value: it says nothing of the noise.',
    'Look at the residual: the level rests on what is left of the air and on the tissue.',
  ],
  'W_OUTLIERS/drop-outs': [
    'Slices lost signal in {count|# volume|# volumes}: {volumes:text}.',
    'MP-PCA does not use them for other volumes and leaves these slices as they are; leave the volumes out of an analysis.',
  ],
  'W_OUTLIERS/spikes': [
    'Slices have stripes, as spikes in k-space make them, in {count|# volume|# volumes}: {volumes:text}.',
    'MP-PCA does not use them for other volumes and leaves these slices as they are; leave the volumes out of an analysis.',
  ],
  'W_OUTLIERS/displaced': [
    '{count|# volume lies|# volumes lie} elsewhere than the others: {volumes:text}.',
    'MP-PCA does not use them for other volumes; align the volumes, or leave these out of an analysis.',
  ],
  'W_MOTION/large': [
    '{count|# volume lies|# volumes lie} more than {limit:text} mm from where the one before of like brightness does: {volumes:text}.',
    'Leave these out of an analysis, or align the volumes.',
  ],
  'W_MOTION/unknown': [
    'Where {count|# volume lies|# volumes lie} is not known: noise, or a contrast of its own, hides it: {volumes:text}.',
    'Look at these volumes yourself.',
  ],
  'E_NOT_ELIGIBLE/motion': [
    'Motion is told between the frames of a series; this one has a single image of each slice.',
    'Give a series of several time points, echoes or directions.',
  ],
  'E_TOO_SMALL/motion': [
    'Planes of fewer than {side} x {side} pixels do not tell motion.',
    'Leave this series out.',
  ],
  'W_FEW_LEVELS/levels': [
    'The image has only {levels|# grey level|# grey levels}.',
    'Where possible export the series with 12 or 16 bits and without windowing.',
  ],
  'W_NOISE_UNKNOWN/small': [
    'The noise level could not be measured: the images are too small, or hold too little tissue and air.',
    'The series comes back as it is; with repeats, or images as acquired, the level can be measured.',
  ],
  'W_NOISE_UNKNOWN/structure': [
    'The noise level could not be measured: the tissue is nowhere flat, so that noise cannot be told from fine structure.',
    'The series comes back as it is; with repeats, or a level that is given, it can be denoised.',
  ],
  'W_CLEAN/small': ['The noise that was found is too small to matter.', 'Leave this series as it is.'],
  'W_NOISE_VARIES/map': [
    'The noise differs from place to place by {variation:percent} of its typical level; a map of it is used.',
    'Compare before and after where the noise is strongest and where it is weakest.',
  ],
  'E_TOO_FEW/normal': [
    'There are too few normal slices to tell what is usual.',
    'Give more normal series.',
    'edge',
  ],
  'E_GEOMETRY/level-map-volumes': [
    'The map of the noise level has {frames} volumes; one is needed, for all volumes of the series.',
    'Give one volume, for instance their mean.',
  ],
  'E_VALUES/level-map': [
    'The map of the noise level has {what:levels}.',
    'Give standard deviations in the units of the image; 0 where the level is not known.',
  ],
  'E_GEOMETRY/level-map-grid': [
    'The map of the noise level ({own:text}) is not on the grid of the series ({wanted:text}), or lies elsewhere.',
    'Give a map on the very grid of the series, with its position and orientation.',
  ],
  'E_VALUES/noise-scan': [
    'The noise scan holds more than noise, or too little of it.',
    'Give a scan of the same sequence without excitation, or a number or a map as noise level.',
  ],
  'W_NOISE_DISAGREE/told-low': [
    'The images show noise of {found:sig}, {times:1} times the level that was given.',
    'See whether it is in the units of the images, and of this series.',
  ],
  'W_NOISE_DISAGREE/told-high': [
    'The noise level that was given is {times:1} times what the images show, {found:sig}.',
    'See whether it is in the units of the images, and of this series.',
  ],
} as const;
