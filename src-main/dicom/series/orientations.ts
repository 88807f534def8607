import type { FrameRecord } from '../read/frame-record.js';
import { hasPlane } from './geometry.js';
import { places } from './places.js';

/** Images of one orientation, or slices of which each has its own. */
export interface OrientationGroup<T> {
  readonly name: string;
  readonly members: readonly T[];
  readonly kind: 'parallel' | 'directions' | 'unplaced';
}

/** Cosines of one plane differ in their last digits. */
const ROUNDED = 2e-3;
/** Volumes whose head moved, or whose planes were moved with it, differ by less: 1 degree. */
const MOVED = 0.0175;

/**
 * Images by orientation. Volumes that moved by less than a degree are parallel. An orientation that holds one place
 * only is a slice of its own (radial, long axis): all of these stay together.
 */
export function byOrientation<T extends FrameRecord>(frames: readonly T[]): OrientationGroup<T>[] {
  const strict: T[][] = [];
  const unplaced: T[] = [];
  for (const frame of frames)
    if (hasPlane(frame)) join(strict, [frame], ROUNDED);
    else unplaced.push(frame);
  const isVolume = (members: readonly T[]) => places(members).length > 1;
  const parallel: T[][] = [];
  for (const members of strict.filter(isVolume)) join(parallel, members, MOVED);
  const single: T[][] = [];
  for (const members of strict.filter((one) => !isVolume(one))) {
    const known = parallel.find((one) => differ(one[0], members[0]) < MOVED);
    if (known === undefined) single.push(members);
    else known.push(...members);
  }
  const groups = [...parallel, ...(single.length === 1 ? single : [])].map(
    (members): OrientationGroup<T> => ({ name: nameOf(members[0]), members, kind: 'parallel' }),
  );
  if (single.length > 1) groups.push({ name: 'directions', members: single.flat(), kind: 'directions' });
  if (unplaced.length > 0) groups.push({ name: 'none', members: unplaced, kind: 'unplaced' });
  return groups;
}

function join<T extends FrameRecord>(groups: T[][], members: readonly T[], tolerance: number): void {
  const known = groups.find((one) => differ(one[0], members[0]) < tolerance);
  if (known === undefined) groups.push([...members]);
  else known.push(...members);
}

function differ(a: FrameRecord, b: FrameRecord): number {
  const [x, y] = [a.imageOrientation ?? [], b.imageOrientation ?? []];
  return x.reduce((most, value, i) => Math.max(most, Math.abs(value - y[i])), 0);
}

function nameOf({ imageOrientation }: FrameRecord): string {
  return (imageOrientation ?? []).map((value) => Math.round(value * 100)).join(',');
}
