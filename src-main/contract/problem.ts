import { ERROR_CODES, type Problem, WARNING_CODES } from './errors.js';
import { known, object, oneOf, optional, type Schema, text } from './schema/schema.js';
import { isFacts } from './words/template.js';

/** A problem that comes back from a file. */
export const problem: Schema<Problem> = object({
  code: oneOf([...ERROR_CODES, ...WARNING_CODES]),
  reason: optional(text),
  facts: optional(known(isFacts)),
  message: text,
  remedy: text,
  place: optional(text),
});
