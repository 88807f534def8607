/** What tests of a result say. */
export const TRUST = {
  'W_RESIDUAL/large': [
    'More was removed than there was noise.',
    'Compare before and after: if nothing changed, the series may be clean already; if detail is gone, lower the strength.',
  ],
  'W_RESIDUAL/small': [
    'Next to nothing was removed.',
    'Compare before and after: if nothing changed, the series may be clean already; if detail is gone, lower the strength.',
  ],
  'W_RESIDUAL/mean': [
    'The image became darker or brighter as a whole.',
    'Do not measure intensities on the output; lower the strength or train longer.',
  ],
  'W_RESIDUAL/correlation': [
    'Neighbouring voxels of what was removed are more alike than those of the noise.',
    'Compare before and after where the error map is bright, and lower the strength or train longer if detail is gone.',
  ],
  'W_RESIDUAL/at-edges': [
    'More was removed where edges are.',
    'Compare before and after where the error map is bright, and lower the strength or train longer if detail is gone.',
  ],
  'W_RESIDUAL/edges': [
    'What was removed is larger at edges than in flat areas.',
    'Compare before and after where the error map is bright, and lower the strength or train longer if detail is gone.',
  ],
  'W_RESIDUAL/local-means': [
    'What was removed has a structure of its own: its local means do not average out.',
    'Compare before and after where the error map is bright, and lower the strength or train longer if detail is gone.',
  ],
  'W_RESIDUAL/faint': [
    'Small faint things stand out of what was removed more than noise does.',
    'Compare before and after where the error map is bright, and lower the strength or train longer if detail is gone.',
  ],
  'W_RESIDUAL/foreground': [
    'There is too little foreground to judge the residual.',
    'Judge the images by eye: compare before, after and residual.',
  ],
  'W_RESIDUAL/no-level': [
    'The level of the noise is not known, so what was removed cannot be judged.',
    'Judge the images by eye: compare before, after and residual.',
  ],
  'W_RESIDUAL/guess': [
    'The level of the noise is a guess, so what was removed may be fine structure.',
    'Judge the images by eye: compare before, after and residual.',
  ],
  'W_RESIDUAL/disagree': [
    'The estimates of the noise level differ by a factor of {factor:1}, so what was removed may be fine structure.',
    'Judge the images by eye: compare before, after and residual.',
  ],
  'trust/not-finite': [
    '{share:share} of the result are no numbers.',
    'Do not use this result: the model does not fit images like these. Use another model.',
  ],
  'trust/tissue-left': [
    'Of the tissue of the source only {share:share} are left.',
    'Do not use this result: the model does not fit images like these. Use another model.',
  ],
  'trust/unlike': [
    'The result does not show what the source shows.',
    'Do not use this result: the model does not fit images like these. Use another model.',
  ],
  'trust/far-changed': [
    'In the tissue of the source far more was changed than there is noise.',
    'Do not use this result: the model does not fit images like these. Use another model.',
  ],
  'trust/residual': [
    '{why:saying}',
    'Compare before and after where the error map is bright; lower the strength if detail is gone.',
  ],
  'trust/level-low': [
    'The denoiser was told of more noise than flat tissue shows, so it may have removed detail.',
    'Compare before and after where the error map is bright; lower the strength if detail is gone.',
  ],
  'trust/level-high': [
    'Flat tissue shows more noise than the denoiser was told of, so noise is left.',
    'See whether the noise estimate has warnings; the result is cautious, not wrong.',
  ],
  'trust/remaining': ['Most of the noise is still there.', 'Try another model, or train longer.'],
  'trust/white': [
    'The noise is correlated between neighbours, and it was taken for white.',
    'Where possible denoise the series as acquired, without interpolation.',
  ],
  'trust/correlated': [
    'The noise is correlated between neighbours: the scanner interpolated or filtered the image.',
    'Where possible denoise the series as acquired, without interpolation.',
  ],
  'trust/retention-high': [
    'Inserted faint lesions come back stronger than they were: the denoiser makes structure up.',
    'Use another model, and do not rely on faint structures of this result.',
  ],
  'trust/retention-low': [
    'Of inserted faint lesions that can be seen in the noise, {percent:0} % of the contrast is kept.',
    'Lower the strength, or use a model that keeps more; see the table of sizes and contrasts.',
  ],
  'trust/again': [
    'Denoising the result once more changes it again: the denoiser goes on where no noise is left.',
    'Look for structure that was not there before; use another model.',
  ],
  'trust/clean': [
    'The input has next to no noise, or was denoised before: it is left almost unchanged.',
    'Use the original series.',
  ],
  'trust/little': [
    'The input has little noise, and some of that may be fine structure: part of the change is taken back.',
    'Compare before and after at fine structures.',
  ],
  'trust/unfamiliar': [
    'The series is unlike those that the model was trained on, most of all in: {feature:feature}.',
    'Train on the series itself, or use a model that was trained on series like this one.',
    'edge',
  ],
  'trust/repeats': [
    'Against the repeats of the series, the result is further from the truth than the input.',
    'Use the input, or average the repeats.',
  ],
  'trust/air-masked': [
    'The air is set to one value, so the level of the noise rests on the tissue alone.',
    'None needed.',
  ],
  'trust/not-probed': [
    'The denoiser could not be run on a part of the series ({code:text}), so retention and uncertainty were not measured.',
    'Judge the images by eye.',
  ],
  'trust/sample': [
    'The result was judged on {held} of its {slices} slices, spread over the series.',
    'Look through the other slices, as in every long series.',
  ],
  'trust/places': [
    '{count|At one place|At # places} something was removed that noise does not explain: a small vessel, a lesion or an artifact may be fainter there.',
    'Look at the places of the list, before and after; lower the strength where something is missing.',
  ],
  'trust/lines': [
    'Of inserted faint thin lines, such as spaces around vessels, {percent:0} % of the contrast is kept.',
    'Do not look for faint thin lines in this result alone: look at the source too, or lower the strength.',
  ],
  'trust/cleaning-gone': [
    'Without what was taken away the images do not show what the source shows.',
    'Use the original series.',
  ],
  'trust/cleaning-lesions': [
    'Of lesions that were put in, {percent:0} % of the contrast is kept.',
    'Look for small lesions in the source too.',
  ],
  'trust/cleaning-structure': [
    'What was taken away is like details of the image: structure went with it.',
    'Compare before and after at fine structures.',
  ],
  'trust/cleaning-unproven': [
    'Tissue was changed by up to {largest:0} times its noise, and nothing in the images says that they are better for it.',
    'Look at the places that were changed most, before and after.',
  ],
  'trust/cleaning-presence': [
    'Tissue was changed by up to {largest:0} times its noise, and what was taken away was not in the images, or not all of it.',
    'Look at the places that were changed most, before and after, or use the original series.',
  ],
  'trust/cleaning-surroundings': [
    'Tissue was changed by up to {largest:0} times its noise, and the places are less like those around than before: detail went.',
    'Look at the places that were changed most, before and after, or use the original series.',
  ],
  'trust/cleaning-copies': [
    'Tissue was changed by up to {largest:0} times its noise, and half a field of view apart the images are more alike than before: a ghost was put in, or taken away too deep.',
    'Look at the places that were changed most, before and after, or use the original series.',
  ],
  'trust/cleaning-tissues': [
    'Tissue was changed by up to {largest:0} times its noise, and the same tissue is less evenly bright than before: this field was not there.',
    'Compare brightness before and after, or use the original series.',
  ],
  'trust/cleaning-sharpness': [
    'Tissue was changed by up to {largest:0} times its noise, and what was taken away is the image itself: it is less sharp than before.',
    'Compare before and after at fine structures, or use the original series.',
  ],
  'trust/cleaning-position': [
    'Tissue was changed by up to {largest:0} times its noise, and the image does not lie where it did.',
    'Use the original series.',
  ],
  'trust/cleaning-acquired': [
    'Tissue was changed by up to {largest:0} times its noise, and frequencies that were acquired are not what they were: more was taken away than ringing.',
    'Compare before and after at fine structures, or use the original series.',
  ],
  'W_RESIDUAL/alarm': [
    '{why:saying} What was removed may be fine structure.',
    'Judge the images by eye: compare before, after and residual.',
  ],
} as const;
