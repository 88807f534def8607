import { fault } from '../../contract/errors.js';
import type { CleanName } from '../../contract/requests/choices.js';
import type { Volume } from '../../imaging/volume.js';
import { quantile } from '../../noise/robust.js';
import { middlePlanes } from './acquired.js';
import type { About } from './remover.js';

/** A value under this is one of the Hounsfield scale. */
const SURELY_HU = -500;

/** @throws LimpidError E_ARTIFACT for what was not acquired in k-space, and for values that are not finite */
export function requireMr({ data, units }: Volume, { modality }: About, name: CleanName): void {
  const isMr = modality === 'MR' || modality === 'NIFTI';
  if (!isMr || units === 'HU' || leastOf(data) < SURELY_HU) throw fault('E_ARTIFACT/not-mr', { name });
  requireFinite(data);
}

/** @throws LimpidError E_ARTIFACT for what no detector turned around, and for values that are not finite */
export function requireCt({ data, units }: Volume, { modality }: About, name: CleanName): void {
  const isCt = modality === 'CT' || modality === 'NIFTI';
  if (!isCt || (units !== 'HU' && !(leastOf(data) < SURELY_HU))) throw fault('E_ARTIFACT/not-ct', { name });
  requireFinite(data);
}

/** Infinite for no values; NaN counts as none. A loop: callbacks of every value of a series took seconds. */
export function leastOf(data: Float32Array): number {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < data.length; i++) if (data[i] < least) least = data[i];
  return least;
}

function requireFinite(data: Float32Array): void {
  for (let i = 0; i < data.length; i++) if (!Number.isFinite(data[i])) throw fault('E_ARTIFACT/not-finite');
}

/** A bright value of the images: the 99th percentile of planes that stand for all. */
export function brightOf(volume: Volume): number {
  const stride = 7;
  return quantile(
    middlePlanes(volume).flatMap((plane) => [...plane].filter((_, i) => i % stride === 0)),
    0.99,
  );
}
