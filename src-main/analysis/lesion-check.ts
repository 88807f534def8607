import type { Random } from '../base/random.js';
import type { LesionCheck, LesionKind } from '../contract/anomaly.js';
import type { Volume } from '../imaging/volume.js';
import { spread } from '../noise/planes.js';
import { type ScaledStack, scaledStack } from '../restore/apply.js';
import { CONTRASTS, type Lesion, placeLesions, withLesions } from '../trust/lesions.js';
import { ranking } from '../trust/ranking.js';
import { noiseModel } from '../trust/tests/noise-model.js';
import { bodyOf } from '../trust/unlike.js';
import { type ScoredPlane, type Scorer, scorePlane } from './normal-scores.js';

/** mm. */
const DIAMETERS = [5, 8, 12] as const;
/** Share of the intensity range that the faintest lesion differs by; others differ by two and three times as much. */
const FAINTEST = 0.15;
const MOST_SLICES = 48;
/** From these heights on a pixel is of the lesion, and of nothing else. */
const INSIDE = 0.5;
const OUTSIDE = 0.05;

export interface Limits {
  readonly error: number;
  readonly intensity: number;
}

/**
 * Inserts lesions of 5, 8 and 12 mm and of three contrasts, brighter and darker, into the first frame and measures how
 * the error of the model, or features, and the intensity alone tell their pixels from the rest of the body; in up to 48 slices.
 * What is odd in the images already counts as a mistake of both. null where no lesion has room.
 *
 * @param stack the volume, scaled
 */
export async function checkLesions(
  scorer: Scorer,
  volume: Volume,
  stack: ScaledStack,
  centre: number,
  limits: Limits,
  random: Random,
): Promise<LesionCheck | null> {
  const { rows, columns, slices, scale } = stack;
  const length = rows * columns * slices;
  const first: Volume = { ...volume, frames: 1, data: volume.data.subarray(0, length) };
  const body = bodies(stack);
  const contrast = noiseModel(FAINTEST * (scale.high - scale.low), 'gaussian');
  const lesions = placeLesions(
    first,
    { tissue: body, centres: body },
    contrast,
    scorer.model.card.input.context,
    random,
    { diameters: DIAMETERS },
  );
  if (lesions.length === 0) return null;
  const truth = truthOf(lesions, body);
  const lesioned = scaledStack(withLesions(first, lesions), scale);
  const centres = [...new Set(lesions.map(({ slice }) => slice))].sort((a, b) => a - b);
  const judged = new Map<number, ScoredPlane>();
  for (const i of spread(centres.length, MOST_SLICES))
    judged.set(centres[i], await scorePlane(scorer, lesioned, centres[i], centre));
  return summary(judged, lesions, truth, rows * columns, limits);
}

function bodies({ values, rows, columns, slices }: ScaledStack): Uint8Array {
  const area = rows * columns;
  const body = new Uint8Array(area * slices);
  for (let slice = 0; slice < slices; slice++)
    body.set(
      bodyOf({ values: values.subarray(slice * area, (slice + 1) * area), rows, columns }),
      slice * area,
    );
  return body;
}

const ELSEWHERE = 0;
const LESION = 1;
const UNJUDGED = 2;

/** Body pixels in and outside lesions; rims and air are not judged. */
function truthOf(lesions: readonly Lesion[], body: Uint8Array): Uint8Array {
  const truth = body.map((inside) => (inside !== 0 ? ELSEWHERE : UNJUDGED));
  for (const { template } of lesions)
    template.index.forEach((index, k) => {
      if (template.weight[k] >= INSIDE) truth[index] = LESION;
      else if (template.weight[k] >= OUTSIDE && truth[index] !== LESION) truth[index] = UNJUDGED;
    });
  return truth;
}

function summary(
  judged: ReadonlyMap<number, ScoredPlane>,
  lesions: readonly Lesion[],
  truth: Uint8Array,
  area: number,
  limits: Limits,
): LesionCheck | null {
  const labels: Uint8Array[] = [];
  const scores: Record<'error' | 'intensity', Float32Array[]> = { error: [], intensity: [] };
  for (const [slice, plane] of judged) {
    const there = truth.subarray(slice * area, (slice + 1) * area);
    const counts = (_: number, i: number): boolean => there[i] !== UNJUDGED;
    labels.push(there.filter(counts));
    scores.error.push(plane.error.filter(counts));
    scores.intensity.push(plane.intensity.filter(counts));
  }
  const label = Uint8Array.from(Buffer.concat(labels));
  const error = ranking(joined(scores.error), label, limits.error);
  const intensity = ranking(joined(scores.intensity), label, limits.intensity);
  if (error === null || intensity === null) return null;
  const inside = label.reduce((sum, one) => sum + one, 0);
  const there = lesions.filter(({ slice }) => judged.has(slice));
  return {
    lesions: there.length,
    pixels: label.length,
    prevalence: inside / label.length,
    error,
    intensity,
    kinds: kindsOf(there, judged, area, limits),
  };
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const out = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

function kindsOf(
  lesions: readonly Lesion[],
  judged: ReadonlyMap<number, ScoredPlane>,
  area: number,
  limits: Limits,
): LesionKind[] {
  return DIAMETERS.flatMap((diameter) =>
    CONTRASTS.map((contrast): LesionKind => {
      const alike = lesions.filter((one) => one.diameter === diameter && one.contrast === contrast);
      const found = (method: 'error' | 'intensity'): number =>
        alike.filter((lesion) => {
          const scores = judged.get(lesion.slice)?.[method];
          return scores !== undefined && isFound(lesion, scores, area, limits[method]);
        }).length;
      return {
        diameter,
        contrast: contrast * FAINTEST,
        inserted: alike.length,
        foundByError: found('error'),
        foundByIntensity: found('intensity'),
      };
    }),
  ).filter(({ inserted }) => inserted > 0);
}

/** At least half of its pixels in its middle slice lie above the limit. */
function isFound({ template, slice }: Lesion, scores: Float32Array, area: number, limit: number): boolean {
  let [pixels, above] = [0, 0];
  template.index.forEach((index, k) => {
    if (template.weight[k] < INSIDE || Math.floor(index / area) !== slice) return;
    pixels++;
    if (scores[index - slice * area] > limit) above++;
  });
  return 2 * above >= pixels;
}
