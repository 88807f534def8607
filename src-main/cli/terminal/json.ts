import type { Problem } from '../../contract/errors.js';
import { told } from './words.js';

/** What may name a file or a patient is for the person at the screen only. */
const PERSONAL: ReadonlySet<string> = new Set(['place', 'forPerson']);

/** An event, or the result of a command, as a line for scripts; problems with what they say here. */
export function scriptLine(event: object): string {
  return `${JSON.stringify(event, (key, value) => (PERSONAL.has(key) ? undefined : withWords(value)))}\n`;
}

function withWords(value: unknown): unknown {
  return isProblem(value) ? { ...value, ...told(value) } : value;
}

function isProblem(value: unknown): value is Problem {
  return (
    typeof value === 'object' && value !== null && 'code' in value && 'reason' in value && 'facts' in value
  );
}
