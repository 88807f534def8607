/** A whole number within limits from a field; null where it is empty or is none. */
export function wholeNumber(text: string, least: number, most: number): number | null {
  const value = /^\s*\d+\s*$/.test(text) ? Number(text) : Number.NaN;
  return value >= least && value <= most ? value : null;
}
