/** The coarse grid that a field is told from: it is smooth, so that few voxels tell it. */
import type { Volume } from '../../../imaging/volume.js';
import { tissueThreshold } from '../../../noise/foreground.js';
import { samplePlanes } from '../../../noise/planes.js';
import { median } from '../../../noise/robust.js';
import type { Extent } from './spline.js';

/** An image on a coarse grid: what the field is told from. */
export interface Shrunk {
  readonly extent: Extent;
  /** Logarithms, x fastest; minus infinity where nothing was measured, or nothing above zero. */
  readonly logs: Float32Array;
  /** 1 where tissue is, 0 elsewhere. */
  readonly mask: Float32Array;
  /** Logarithm of the darkest tissue, and of what may be noise. */
  readonly least: number;
  readonly noise: number;
}

/** An axis keeps at least so many places, where it has them. */
const PLACES = 48;
/**
 * What is darker than this share of the way from nothing to the valley between air and tissue is air: a coil makes tissue
 * dark. And what is not so many times as bright as the dark usually is, since that is noise.
 */
const [SHARE, TIMES] = [0.75, 3];
/** Every so many values tell how bright the dark is. */
const STRIDE = 17;

/** Every so many voxels along each axis, means over the frames. @returns null where there is no tissue */
export function shrunk(volume: Volume): Shrunk | null {
  const { threshold, noise } = leastTissue(volume);
  const steps: Extent = [stepOf(volume.columns), stepOf(volume.rows), stepOf(volume.slices)];
  const extent: Extent = [
    Math.ceil(volume.columns / steps[0]),
    Math.ceil(volume.rows / steps[1]),
    Math.ceil(volume.slices / steps[2]),
  ];
  const logs = new Float32Array(extent[0] * extent[1] * extent[2]);
  const mask = new Float32Array(logs.length);
  let at = 0;
  for (let z = 0; z < extent[2]; z++)
    for (let y = 0; y < extent[1]; y++)
      for (let x = 0; x < extent[0]; x++, at++) {
        const column = middleOf(x, steps[0], volume.columns);
        const row = middleOf(y, steps[1], volume.rows);
        const slice = middleOf(z, steps[2], volume.slices);
        const value = meanAt(volume, (slice * volume.rows + row) * volume.columns + column);
        logs[at] = value > 0 ? Math.log(value) : Number.NEGATIVE_INFINITY;
        if (value > threshold) mask[at] = 1;
      }
  return mask.includes(1) ? { extent, logs, mask, least: Math.log(threshold), noise: Math.log(noise) } : null;
}

function stepOf(places: number): number {
  return Math.max(1, Math.floor(places / PLACES));
}

function middleOf(place: number, step: number, places: number): number {
  return Math.min(places - 1, place * step + (step >> 1));
}

/** Mean over the frames; 0 where nothing was measured. */
function meanAt({ data, measured, frames }: Volume, index: number): number {
  if (measured !== null && measured[index % measured.length] === 0) return 0;
  const length = data.length / frames;
  let sum = 0;
  for (let frame = 0; frame < frames; frame++) sum += data[frame * length + index];
  return sum / frames;
}

function leastTissue(volume: Volume): { readonly threshold: number; readonly noise: number } {
  const planes = samplePlanes(volume);
  const { level } = tissueThreshold(planes);
  const dark = planes.flatMap(({ values }) =>
    [...values].filter((value, i) => i % STRIDE === 0 && value < level),
  );
  const noise = Math.min(level, dark.length > 0 ? TIMES * median(dark) : 0);
  return { threshold: Math.max(0, SHARE * level, noise), noise };
}
