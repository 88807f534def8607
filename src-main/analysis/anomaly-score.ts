import type { ScoredSlice } from '../contract/anomaly.js';
import type { NormalScores } from '../contract/models.js';
import type { ScaledStack } from '../restore/apply.js';
import { inBody, isScorable, sliceScore } from '../trust/unlike.js';
import type { Limits } from './lesion-check.js';
import { type Scorer, scorePlane } from './normal-scores.js';

/** Every plane of a stack, scored. */
export interface ScoredStack {
  readonly slices: readonly ScoredSlice[];
  /** Error, or distance of features, over its limit, as long as the values of the stack; 0 outside the body. */
  readonly errorMap: Float32Array;
  /** 1 where the error is above its limit. */
  readonly mask: Uint8Array;
  /** Share of the body that is marked; null where there is no body. */
  readonly marked: number | null;
}

export async function scoreStack(
  scorer: Scorer,
  stack: ScaledStack,
  centre: number,
  normal: NormalScores,
  limits: Limits,
  onProgress: (done: number) => void,
): Promise<ScoredStack> {
  const area = stack.rows * stack.columns;
  const errorMap = new Float32Array(stack.values.length);
  const mask = new Uint8Array(stack.values.length);
  const slices: ScoredSlice[] = [];
  let [pixels, marks] = [0, 0];
  for (let plane = 0; plane < stack.slices * stack.frames; plane++) {
    const { body, error, intensity } = await scorePlane(scorer, stack, plane, centre);
    for (let i = 0; i < area; i++) {
      if (body[i] === 0) continue;
      pixels++;
      errorMap[plane * area + i] = error[i] / limits.error;
      if (error[i] <= limits.error) continue;
      mask[plane * area + i] = 1;
      marks++;
    }
    const scorable = isScorable(body);
    slices.push({
      slice: plane % stack.slices,
      frame: Math.floor(plane / stack.slices),
      foreground: body.reduce((sum, one) => sum + one, 0),
      error: scorable ? sliceScore(inBody(error, body), normal, 'error', limits.error) : null,
      intensity: scorable ? sliceScore(inBody(intensity, body), normal, 'intensity', limits.intensity) : null,
    });
    onProgress(plane + 1);
  }
  return { slices, errorMap, mask, marked: pixels > 0 ? marks / pixels : null };
}
