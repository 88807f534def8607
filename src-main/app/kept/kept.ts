import type { JsonFile } from '../../base/json-file.js';
import { type Problem, problemOf } from '../../contract/errors.js';

/** What a file of the data folder holds, so far as this version knows it. */
export interface Kept<T> {
  readonly value: T;
  /** What was not read, and where the file that holds it is kept; null: all of it was read. */
  readonly unread: Problem | null;
}

/**
 * Reads a file of the data folder. Where another version wrote more into it than this one knows, or it is damaged, the
 * whole file is set aside before what was understood takes its place: what a person entered is never written over by a
 * version that cannot read it.
 *
 * @param understand what this version makes of the data: what it knows, under the same names, and defaults for the rest
 * @throws LimpidError E_IO where the file cannot be set aside: it stays as it is
 */
export async function readKept<T>(disk: JsonFile, understand: (data: unknown) => T): Promise<Kept<T>> {
  const data = await disk.read();
  const value = understand(data);
  if (data === null || holds(value, data)) return { value, unread: null };
  const aside = await disk.setAside();
  await disk.write(value);
  return { value, unread: problemOf('W_UNREADABLE/kept-file', {}, aside) };
}

/** Whether all of the data is in what was understood, which may have more. */
function holds(understood: unknown, data: unknown): boolean {
  if (Array.isArray(data))
    return (
      Array.isArray(understood) &&
      understood.length === data.length &&
      data.every((one, i) => holds(understood[i], one))
    );
  if (typeof data !== 'object' || data === null) return Object.is(understood, data);
  if (typeof understood !== 'object' || understood === null) return false;
  const fields: Readonly<Record<string, unknown>> = { ...understood };
  return Object.entries(data).every(([name, one]) => Object.hasOwn(fields, name) && holds(fields[name], one));
}
