/** exp(-x) from a table with linear interpolation: within 2e-6 up to `REACH`, 0 beyond. */
export const REACH = 12;

const STEPS = 4096;
/** Multiply x with this and call `decayed`. */
export const DECAY_SCALE = STEPS / REACH;

const table = Float64Array.from({ length: STEPS + 2 }, (_, i) =>
  i < STEPS ? Math.exp(-i / DECAY_SCALE) : 0,
);

/** @param at x * DECAY_SCALE, at least 0 */
export function decayed(at: number): number {
  if (!(at < STEPS)) return 0;
  const i = at | 0;
  const value = table[i];
  return value + (at - i) * (table[i + 1] - value);
}

export interface Shift {
  readonly dx: number;
  readonly dy: number;
  readonly dz: number;
}

/** Half of the shifts of a search window: each pair of voxels is met once, and the two share its weight. */
export function halfShifts(inPlane: number, through: number): Shift[] {
  const shifts: Shift[] = [];
  for (let dz = 0; dz <= through; dz++)
    for (let dy = -inPlane; dy <= inPlane; dy++)
      for (let dx = -inPlane; dx <= inPlane; dx++)
        if (dz > 0 || dy > 0 || (dy === 0 && dx > 0)) shifts.push({ dx, dy, dz });
  return shifts;
}
