/** Text for numbers, in English. A number that was not measured is an en dash. */
const NONE = '–';

/** Three significant digits, without an exponent from 0.001 up to a million. */
export function number(value: number | null, digits = 3): string {
  if (value === null) return NONE;
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size < 1e-3 || size >= 1e6) return value.toExponential(digits - 1);
  return String(Number(value.toPrecision(digits)));
}

export function integer(value: number): string {
  return value.toLocaleString('en-GB');
}
