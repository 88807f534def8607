/** Text for numbers. A number that was not measured is an en dash. */
export const NONE = '–';

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

/** `42 s`, `3 min 5 s`, `1 h 2 min`. */
export function duration(seconds: number): string {
  if (seconds < 60) return `${number(seconds, 2)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.round((whole % 3600) / 60)} min`;
}

export function bytes(value: number): string {
  if (value < 1000) return `${value} B`;
  const power = value < 1e6 ? 1 : value < 1e9 ? 2 : 3;
  return `${number(value / 1000 ** power)} ${['B', 'kB', 'MB', 'GB'][power]}`;
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${integer(count)} ${count === 1 ? one : many}`;
}
