import { fault, type LimpidError } from '../contract/errors.js';
import { read, type Schema } from '../contract/schema/schema.js';

/**
 * What came from the window, as its schema has it.
 *
 * @param what names it, for instance 'request'
 * @throws LimpidError E_USAGE with the path of the field
 */
export function checked<T>(schema: Schema<T>, data: unknown, what: string): T {
  const found = read(schema, data);
  if (found.fits) return found.value;
  const field = found.path === '' ? what : `${what}.${found.path}`;
  throw refuse(`${field} is not ${found.expected}`);
}

export function refuse(what: string): LimpidError {
  return fault('E_USAGE/request', { what });
}
