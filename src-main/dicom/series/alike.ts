/**
 * Gives numbers that differ by next to nothing one name. They are put in order and a name ends where the next number is
 * further away than the tolerance, so that no edge of a rounding parts what belongs together: echo times of one
 * acquisition are stated with what a computation of each slice left of them (92.0004 and 92.0006 ms).
 *
 * @param digits after the point of a name
 * @param toleranceOf how far from a number the next may be, in its units
 * @returns the name of each of the numbers: the least of its like
 */
export function alike(
  values: readonly number[],
  digits: number,
  toleranceOf: (value: number) => number,
): ReadonlyMap<number, string> {
  const names = new Map<number, string>();
  let before: number | null = null;
  let name = '';
  for (const value of [...new Set(values)].sort((a, b) => a - b)) {
    if (before === null || value - before > toleranceOf(value)) name = value.toFixed(digits);
    names.set(value, name);
    before = value;
  }
  return names;
}
