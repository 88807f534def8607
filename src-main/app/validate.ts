import { LimpidError } from '../contract/errors.js';

/** Checks of what comes from the window. Small and by hand: a handful of shapes does not pay for a library. */

/** What JSON can hold. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

const MOST_TEXT = 32_768;
const MOST_ITEMS = 10_000;
const MOST_DEPTH = 12;

export function refuse(what: string): LimpidError {
  return new LimpidError('E_USAGE', `The request is wrong: ${what}.`, 'Report this: the window sent it.');
}

export function text(value: unknown, what = 'text'): string {
  if (typeof value !== 'string' || value.length > MOST_TEXT || value.includes('\0'))
    throw refuse(`${what} is not a text`);
  return value;
}

/** A text that is not empty. */
export function name(value: unknown, what = 'name'): string {
  const given = text(value, what);
  if (given === '') throw refuse(`${what} is empty`);
  return given;
}

export function texts(value: unknown, what = 'list'): string[] {
  if (!Array.isArray(value) || value.length > MOST_ITEMS) throw refuse(`${what} is not a list`);
  return value.map((item) => name(item, `an item of ${what}`));
}

export function flag(value: unknown, what = 'flag'): boolean {
  if (typeof value !== 'boolean') throw refuse(`${what} is not true or false`);
  return value;
}

export function count(value: unknown, what = 'number'): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0)
    throw refuse(`${what} is not a whole number`);
  return value;
}

export function oneOf<T extends string>(value: unknown, choices: readonly T[], what = 'choice'): T {
  const found = choices.find((choice) => choice === value);
  if (found === undefined) throw refuse(`${what} is none of ${choices.join(', ')}`);
  return found;
}

export function nullOr<T>(value: unknown, check: (value: unknown) => T): T | null {
  return value === null ? null : check(value);
}

export function record(value: unknown, what = 'record'): Readonly<Record<string, unknown>> {
  if (!isRecord(value)) throw refuse(`${what} is not a record`);
  return value;
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** True for plain data without surprises: no functions, no class instances, no keys that reach prototypes. */
export function isJson(value: unknown, depth = 0): value is Json {
  if (value === null || typeof value === 'boolean') return true;
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value === 'string') return value.length <= MOST_TEXT && !value.includes('\0');
  if (typeof value !== 'object' || depth >= MOST_DEPTH) return false;
  const items: readonly unknown[] = Object.values(value);
  if (items.length > MOST_ITEMS) return false;
  if (!Array.isArray(value)) {
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype !== Object.prototype && prototype !== null) return false;
    if (Object.keys(value).includes('__proto__')) return false;
  }
  return items.every((item) => isJson(item, depth + 1));
}
