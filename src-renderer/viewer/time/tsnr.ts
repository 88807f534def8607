import { blend } from '../image/pixels.js';
import type { Scene } from '../session/scene.js';
import { TemporalSnr } from '../session/temporal-snr.js';
import type { ViewerSession } from '../session/viewing.svelte.js';

/** Of one slice: for each pixel its mean over time by its standard deviation over time; NaN where it does not vary. */
export interface TsnrMaps {
  readonly scene: Scene;
  readonly before: Float32Array;
  /** At the strength in use; null where there is nothing on the same pixels. */
  readonly after: Float32Array | null;
  /** Pixels of the object: whose mean over time lies above that of the whole slice. */
  readonly bright: readonly number[];
}

/** Time points that are repeats of the one on screen: of its b-value. */
export function repeatsOf(session: ViewerSession): readonly number[] {
  const { frames = 0, frameBValues } = session.series.before ?? {};
  const all = Array.from({ length: frames }, (_, frame) => frame);
  return frameBValues === undefined
    ? all
    : all.filter((frame) => frameBValues[frame] === frameBValues[session.view.frame]);
}

/**
 * Maps of the temporal signal to noise of a slice.
 *
 * @param progress hears how many time points were read; false ends it
 * @returns null where it was ended, or there is nothing
 * @throws LimpidError as frames are read
 */
export async function tsnrMaps(
  session: ViewerSession,
  slice: number,
  frames: readonly number[],
  progress: (count: number) => boolean,
): Promise<TsnrMaps | null> {
  const { strength } = session;
  let sums: { first: Scene; before: TemporalSnr; after: TemporalSnr; means: Float64Array } | null = null;
  let compared = 0;
  for (const [i, frame] of frames.entries()) {
    const scene = await session.sceneAt(slice, frame);
    if (scene === null) return null;
    const { values } = scene.before;
    sums ??= {
      first: scene,
      before: new TemporalSnr(values.length),
      after: new TemporalSnr(values.length),
      means: new Float64Array(values.length),
    };
    sums.before.add(values);
    for (let k = 0; k < values.length; k++) sums.means[k] += values[k] / frames.length;
    if (scene.after !== null && scene.comparable) {
      const blended = new Float32Array(values.length);
      blend(values, scene.after.values, strength, blended);
      sums.after.add(blended);
      compared++;
    }
    if (!progress(i + 1)) return null;
  }
  if (sums === null) return null;
  const { means } = sums;
  const middle = means.reduce((sum, mean) => sum + mean, 0) / means.length;
  return {
    scene: sums.first,
    before: sums.before.values(),
    after: compared === frames.length ? sums.after.values() : null,
    bright: Array.from(means.keys()).filter((k) => means[k] > middle),
  };
}

/** Median of the finite values of some pixels; null: there are none. */
export function medianOf(values: Float32Array, pixels: readonly number[]): number | null {
  const finite = pixels
    .map((k) => values[k])
    .filter(Number.isFinite)
    .sort((a, b) => a - b);
  return finite.length === 0 ? null : finite[Math.floor((finite.length - 1) / 2)];
}
