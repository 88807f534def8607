import { Random } from '../base/random.js';
import { fault, type LimpidError } from '../contract/errors.js';
import type { ArtifactName } from '../contract/requests/choices.js';
import { planeLength, sliceView, type Volume, withData } from '../imaging/volume.js';
import { quantile } from '../noise/robust.js';
import { biasModel } from './bias.js';
import { ghostModel } from './ghost.js';
import { gibbsModel } from './gibbs.js';
import { motionModel } from './motion.js';
import type { ArtifactModel, ArtifactPlane } from './plane.js';
import { ringModel } from './ring.js';
import { spikeModel } from './spike.js';
import { starvationModel } from './starvation.js';
import { streakModel } from './streak.js';

/** Every artifact that can be simulated: one file and one line each. */
export const ARTIFACTS: Readonly<Record<ArtifactName, ArtifactModel>> = {
  bias: biasModel,
  ghost: ghostModel,
  gibbs: gibbsModel,
  motion: motionModel,
  ring: ringModel,
  spike: spikeModel,
  starvation: starvationModel,
  streak: streakModel,
};

export interface ArtifactOptions {
  readonly artifact: ArtifactName;
  /** In the unit of the artifact's scale. */
  readonly severity: number;
  readonly seed: number;
}

/**
 * The volume with an artifact, plane by plane; padding (`measured` = 0) stays as it is. The same seed gives the
 * same image.
 *
 * @throws LimpidError E_VALUES for a severity out of range or values that are not finite
 */
export function simulateArtifact(
  clean: Volume,
  options: ArtifactOptions,
  onProgress: (done: number, total: number) => void = () => {},
): Volume {
  const { artifact, severity, seed } = options;
  const random = new Random(seed).fork(`artifact ${artifact}`);
  const apply = modelFor(artifact, severity).prepare(severity, clean, random);
  const data = new Float32Array(clean.data.length);
  const planes = clean.slices * clean.frames;
  const physics = physicsOf(clean);
  for (let index = 0; index < planes; index++) {
    const plane = artifactPlane(clean, physics, index);
    data.set(apply(plane, random.fork(`plane ${index}`)), index * planeLength(clean));
    onProgress(index + 1, planes);
  }
  for (let i = 0; i < data.length; i++) if (clean.measured?.[i] === 0) data[i] = clean.data[i];
  return withData(clean, data);
}

/** The model of an artifact. @throws LimpidError E_VALUES for a severity out of its range */
export function modelFor(artifact: ArtifactName, severity: number): ArtifactModel {
  const model = ARTIFACTS[artifact];
  const { least, most, unit } = model.severity;
  if (severity >= least && severity <= most) return model;
  throw fault('E_VALUES/severity', { artifact, least, most, unit });
}

/** What the physics asks of a volume: values of air and water, the value that stands for padding. */
export interface Physics {
  readonly air: number;
  readonly water: number;
}

const SAMPLES = 100_000;
/** A smallest value under this is one of the Hounsfield scale, whatever the file says. */
const SURELY_HU = -500;

/**
 * -1000 and 0 for CT; elsewhere the smallest value counts as air and the median of what is above a tenth of the
 * 99th percentile as water, so that the CT artifacts can be tried on any image.
 *
 * @throws LimpidError E_VALUES for values that are not finite
 */
export function physicsOf(volume: Volume): Physics {
  const stride = Math.max(1, Math.floor(volume.data.length / SAMPLES));
  const sample: number[] = [];
  for (let i = 0; i < volume.data.length; i++) {
    if (volume.measured?.[i] === 0) continue;
    if (!Number.isFinite(volume.data[i])) throw notFinite();
    if (i % stride === 0) sample.push(volume.data[i]);
  }
  const low = quantile(sample, 0);
  if (volume.units === 'HU' || low < SURELY_HU) return { air: -1000, water: 0 };
  const threshold = low + 0.1 * (quantile(sample, 0.99) - low);
  const water = quantile(
    sample.filter((value) => value > threshold),
    0.5,
  );
  return { air: low, water: water > low ? water : low + 1 };
}

function notFinite(): LimpidError {
  return fault('E_VALUES/artifact-not-finite');
}

/** Plane `index` (frame * slices + slice) as the models take it, with air in place of padding. */
function artifactPlane(volume: Volume, { air, water }: Physics, index: number): ArtifactPlane {
  const { rows, columns, slices, spacing, measured } = volume;
  const slice = index % slices;
  const values = sliceView(volume, slice, Math.floor(index / slices)).slice();
  const start = index * planeLength(volume);
  if (measured !== null)
    for (let i = 0; i < values.length; i++) if (measured[start + i] === 0) values[i] = air;
  const height = slices > 1 ? slice / (slices - 1) : 0.5;
  return { values, rows, columns, height, pixel: (spacing[0] + spacing[1]) / 2, air, water };
}
