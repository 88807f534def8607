import { pixelsInside, type Shape } from '../image/measure.js';
import { blend } from '../image/pixels.js';
import { TemporalSnr } from './temporal-snr.js';
import type { ViewerSession } from './viewing.svelte.js';

/** A region over time. */
interface Course {
  /** Mean of the region at each time point, in the units of the series. */
  readonly means: readonly number[];
  /**
   * Temporal signal to noise: for each pixel its mean over time by its standard deviation over time (n - 1), and the
   * mean of that over the region. null where no pixel varies.
   */
  readonly tsnr: number | null;
}

export interface OverTime {
  readonly before: Course;
  /** At the strength in use; null where there is nothing on the same pixels. */
  readonly after: Course | null;
}

/**
 * A region of the slice on screen at all time points, one after the other.
 *
 * @param progress hears how many time points were read
 * @throws LimpidError as frames are read
 */
export async function overTime(
  session: ViewerSession,
  region: Shape & { readonly slice: number },
  frames: number,
  progress: (count: number) => void,
): Promise<OverTime> {
  const { strength } = session;
  const before: Float32Array[] = [];
  const after: Float32Array[] = [];
  for (let frame = 0; frame < frames; frame++) {
    const scene = await session.sceneAt(region.slice, frame);
    if (scene === null) continue;
    const { columns, rows } = scene.before.frame;
    const inside = pixelsInside(region, columns, rows);
    before.push(Float32Array.from(inside, (i) => scene.before.values[i]));
    if (scene.after !== null && scene.comparable) {
      const out = new Float32Array(scene.after.values.length);
      blend(scene.before.values, scene.after.values, strength, out);
      after.push(Float32Array.from(inside, (i) => out[i]));
    }
    progress(frame + 1);
  }
  return { before: courseOf(before), after: after.length === before.length ? courseOf(after) : null };
}

/** @param values of the pixels of a region, one list a time point */
function courseOf(values: readonly Float32Array[]): Course {
  const count = values[0]?.length ?? 0;
  const course = new TemporalSnr(count);
  for (const at of values) course.add(at);
  const ratios = course.values().filter((ratio) => !Number.isNaN(ratio));
  return {
    means: values.map((at) => at.reduce((sum, value) => sum + value, 0) / count),
    tsnr: ratios.length === 0 ? null : ratios.reduce((sum, ratio) => sum + ratio, 0) / ratios.length,
  };
}
