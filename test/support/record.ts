import { anything, fieldsOf, fits, text } from '../../src-main/contract/schema/schema.js';

const Fields = fieldsOf(text, anything());

/** Whether an answer has fields to look at. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return fits(Fields, value);
}
