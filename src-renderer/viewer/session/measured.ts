import { pixelSpacing } from '../image/geometry.js';
import {
  angleOf,
  isRegion,
  lineLength,
  type Plane,
  type ProfilePoint,
  profile,
  type RegionStatistics,
  regionStatistics,
  type Shape,
} from '../image/measure.js';
import type { Scene } from './scene.js';

/** The numbers of a measurement, before and after; `after` is null where there is nothing to compare. */
export type Measured =
  | {
      readonly kind: 'region';
      readonly before: RegionStatistics | null;
      readonly after: RegionStatistics | null;
    }
  | {
      readonly kind: 'line';
      readonly length: number;
      readonly before: readonly ProfilePoint[];
      readonly after: readonly ProfilePoint[] | null;
    }
  | { readonly kind: 'angle'; readonly degrees: number | null }
  | { readonly kind: 'note' };

/** @param afterValues of the plane after, at the strength in use; null where there is none on the pixels of before */
export function measured(scene: Scene, afterValues: Float32Array | null, shape: Shape): Measured {
  const spacing = pixelSpacing(scene.before.card);
  const { columns, rows } = scene.before.frame;
  const before: Plane = { values: scene.before.values, columns, rows };
  const after: Plane | null = afterValues === null ? null : { values: afterValues, columns, rows };
  if (shape.kind === 'line')
    return {
      kind: 'line',
      length: lineLength(shape, spacing),
      before: profile(before, shape, spacing),
      after: after === null ? null : profile(after, shape, spacing),
    };
  if (shape.kind === 'angle') return { kind: 'angle', degrees: angleOf(shape, spacing) };
  if (!isRegion(shape)) return { kind: 'note' };
  return {
    kind: 'region',
    before: regionStatistics(before, shape, spacing),
    after: after === null ? null : regionStatistics(after, shape, spacing),
  };
}
