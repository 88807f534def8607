const OFFSET = 1000;
/** The largest Integer String (PS3.5 section 6.2). */
const LARGEST = 2 ** 31 - 1;

/**
 * A Series Number for a derived series: the source's + 1000, or the next one that no series of the study has.
 * The number taken is added to `taken`.
 */
export function freeSeriesNumber(source: number | null, taken: Set<number>): number {
  let number = Math.trunc(source ?? 0) + OFFSET;
  if (number > LARGEST - OFFSET || number < 1) number = OFFSET;
  while (taken.has(number)) number++;
  taken.add(number);
  return number;
}
