import { integer, NONE, number } from '../../src-main/contract/words/numbers.js';

export { integer, NONE, number };

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
