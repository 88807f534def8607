import type { JobEvent } from '../../contract/events.js';

/** What may name a file or a patient is for the person at the screen only. */
const PERSONAL: ReadonlySet<string> = new Set(['place', 'forPerson']);

/** One event as a line for scripts. */
export function scriptLine(event: JobEvent): string {
  return `${JSON.stringify(event, (key, value) => (PERSONAL.has(key) ? undefined : value))}\n`;
}
