/** The volumes with known truth of the quality bench: what slab.py is asked for, and in which table they stand. */
import { existsSync } from 'node:fs';

const TEMPLATES = '/usr/share/mricron/templates';
const CH2 = `${TEMPLATES}/ch2.nii.gz`;
const MACAQUE = `${TEMPLATES}/inia19-t1-brain.nii.gz`;

/**
 * The split. Nothing is tuned on `test`; `tune` is for choosing settings, ours and the peers'.
 * First and last slice, both inclusive.
 */
const SLABS = {
  test: [{ name: 'ch2', path: CH2, slices: [76, 99] }],
  tune: [
    { name: 'ch2-tune', path: CH2, slices: [32, 55] },
    { name: 'macaque-tune', path: MACAQUE, slices: [52, 75], lesions: false },
  ],
};
export const SLAB_NAMES = Object.keys(SLABS);

const WHITE = [0, 0, 0];
const LEVELS = [1, 3, 5, 7, 9];
const LESION_LEVELS = [1, 5, 9];
/** Slices of the CT: the evenly spaced upper part. */
const CT_SLICES = [16, 27];
const SEED = 7;

/**
 * @param slab 'test' or 'tune'
 * @param ct DICOM folder of a CT, or undefined
 * @param repeats DICOM folders or NIfTI files of static 4D series
 * @returns {{ name, title, group, spec, plain }[]} `plain` names the volume that a lesion volume is compared with
 */
export function volumesOf(slab, ct, repeats) {
  const brains = SLABS[slab].flatMap((source) => brainVolumes({ kind: 'nifti', ...source }));
  return [...brains, ...(ct === undefined ? [] : [ctVolume(ct)]), ...repeats.map(repeatsVolume)];
}

/** Why a volume cannot be made here; null when it can. */
export function missingSource({ spec }) {
  if (existsSync(spec.source.path)) return null;
  const isTemplate = spec.source.path.startsWith(TEMPLATES);
  return `its source is missing${isTemplate ? "; install Debian's mricron-data" : ''}`;
}

/** The brain of a macaque has no room for balls of 8 mm. */
function brainVolumes({ name, lesions: hasLesions = true, ...source }) {
  const rician = (percent, lesions) => ({
    name: `${name}-rician-${percent}${lesions ? '-lesions' : ''}`,
    title: `${percent} %`,
    group: lesions ? 'lesions' : name,
    plain: lesions ? `${name}-rician-${percent}` : null,
    spec: specOf(source, { percent }, lesions),
  });
  return [
    ...LEVELS.map((percent) => rician(percent, false)),
    {
      name: `${name}-correlated-5`,
      title: '5 % correlated',
      group: name,
      plain: null,
      spec: specOf(source, { percent: 5, fwhm: [1.5, 1.5, 0] }, false),
    },
    {
      name: `${name}-varying-3`,
      title: '3 to 7.5 %',
      group: name,
      plain: null,
      spec: specOf(source, { percent: 3, gain: 2.5 }, false),
    },
    ...(hasLesions ? LESION_LEVELS.map((percent) => rician(percent, true)) : []),
  ];
}

function specOf(source, noise, lesions) {
  return {
    source,
    noise: { distribution: 'rician', fwhm: WHITE, gain: 1, ...noise },
    lesions,
    seed: SEED,
  };
}

function ctVolume(path) {
  return {
    name: 'ct-correlated-15',
    title: 'CT, 15 HU correlated',
    group: 'ct',
    plain: null,
    spec: {
      source: { kind: 'ct', path, slices: CT_SLICES },
      noise: { distribution: 'gaussian', hu: 15, fwhm: [2, 2, 0], gain: 1 },
      lesions: false,
      seed: SEED,
    },
  };
}

function repeatsVolume(path, index) {
  return {
    name: `repeats-${index + 1}`,
    title: `repeats ${index + 1}`,
    group: 'repeats',
    plain: null,
    spec: { source: { kind: 'repeats', path }, lesions: false, seed: SEED },
  };
}
