import { inLanguage, number as numberIn } from '../words/format.js';
import { pageLanguage } from './words/speech.svelte.js';

/** Numbers and lengths of time as the page's language writes them. */
export function number(value: number | null, digits = 3): string {
  return numberIn(value, pageLanguage(), digits);
}

export function integer(value: number): string {
  return value.toLocaleString(pageLanguage());
}

/** Of a length: with one decimal. */
export function tenths(value: number): string {
  return inLanguage(value.toFixed(1), pageLanguage());
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

/** A moment of ISO 8601 in UTC, which a report is written in, whatever the place it is read at. */
export function moment(iso: string): string {
  const time = new Date(iso);
  if (Number.isNaN(time.getTime())) return iso;
  return `${time.toLocaleString(pageLanguage(), { dateStyle: 'medium', timeStyle: 'short', timeZone: 'UTC' })} UTC`;
}
