/**
 * The one vocabulary of what plain data must be. A schema is a value, and the type of what it takes is inferred from
 * it (`Of`): there is no second definition. Fields that a schema does not name are left out of what `read` gives, so
 * that what a newer version added does no harm. Only this file knows the library.
 *
 * @example
 * export const Place = object({ title: filled, port: whole, note: optional(text) });
 * export type Place = Of<typeof Place>;
 */
import * as v from 'valibot';

export {
  array as list,
  enum as oneNamed,
  exactOptional as optional,
  fallback as orElse,
  literal as only,
  nullable as nullOr,
  object,
  optional as otherwise,
  picklist as oneOf,
  record as fieldsOf,
  strictObject as exactly,
  strictTuple as tuple,
  union as either,
  unknown as anything,
  variant as variants,
} from 'valibot';

/** What takes plain data and gives a T. */
export type Schema<T> = v.GenericSchema<unknown, T>;

/** The type of what a schema gives; nothing of it is changed afterwards. */
export type Of<S extends Schema<unknown>> = Plain<v.InferOutput<S>>;
type Plain<T> = unknown extends T ? T : { readonly [K in keyof T]: Plain<T[K]> };

const LONGEST_TEXT = 32_768;
const LONGEST_LIST = 10_000;
const GREATEST_LEVEL = 1000;

export const flag = v.boolean();
/** Of any length. */
export const longText = v.string();
export const text = v.pipe(v.string(), v.maxLength(LONGEST_TEXT), v.excludes('\0'));
/** A text that is not empty. */
export const filled = v.pipe(text, v.nonEmpty());
/** A short line of text: it is shown, and asked for by commands. */
export const line = v.pipe(v.string(), v.regex(/^\S(.{0,78}\S)?$/u));
/** With all that it holds. */
export const anyObject: Schema<object> = v.looseObject({});
/** The first hex digits of a hash. */
export const modelId = v.pipe(v.string(), v.regex(/^[0-9a-f]{12}$/));
/** What a function knows. */
export const known = <T>(isKnown: (value: unknown) => value is T) => v.custom<T>(isKnown);
export const uuid = v.pipe(v.string(), v.uuid());
/** BCP 47, as far as it is used here. */
export const languageTag = v.pipe(v.string(), v.regex(/^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$/));
export const texts = v.pipe(v.array(filled), v.maxLength(LONGEST_LIST));
/** Texts, at least one. */
export const some = v.pipe(texts, v.nonEmpty());
export const shortList = <S extends Schema<unknown>>(item: S) =>
  v.pipe(v.array(item), v.maxLength(LONGEST_LIST));
export const number = v.pipe(v.number(), v.finite());
export const positive = v.pipe(number, v.gtValue(0));
export const integer = v.pipe(v.number(), v.safeInteger());
/** 0, 1, 2, ... */
export const whole = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
/** From 0 to 1. */
export const share = v.pipe(v.number(), v.minValue(0), v.maxValue(1));
/** Percent of the brightest value. */
export const level = v.pipe(v.number(), v.minValue(0), v.maxValue(GREATEST_LEVEL));
/** A field that must not be there. */
export const absent = v.exactOptional(v.never());

/** What a schema makes of data, or where the first difference lies and what belongs there: nothing of the data itself. */
export type Reading<T> =
  | { readonly fits: true; readonly value: T }
  | { readonly fits: false; readonly path: string; readonly expected: string };

export function read<T>(schema: Schema<T>, data: unknown): Reading<T> {
  const result = v.safeParse(schema, data, { abortEarly: true });
  if (result.success) return { fits: true, value: result.output };
  const [issue] = result.issues;
  return { fits: false, path: v.getDotPath(issue) ?? '', expected: issue.expected ?? 'another value' };
}

/** A text of a form, which is told where it has another. */
export const formed = (form: RegExp, expected: string) => v.pipe(v.string(), v.regex(form, expected));
export const between = (least: number, most: number) =>
  v.pipe(v.number(), v.minValue(least), v.maxValue(most));
export const wholeBetween = (least: number, most: number) =>
  v.pipe(v.number(), v.safeInteger(), v.minValue(least), v.maxValue(most));
export const atLeastOne = <S extends Schema<unknown>>(item: S) => v.pipe(v.array(item), v.nonEmpty());
export const address = v.pipe(v.string(), v.url());

/** As `read`, with all that is wrong in words: for files that people write. */
export function readAll<T>(
  schema: Schema<T>,
  data: unknown,
): { readonly fits: true; readonly value: T } | { readonly fits: false; readonly wrong: readonly string[] } {
  const result = v.safeParse(schema, data);
  if (result.success) return { fits: true, value: result.output };
  return {
    fits: false,
    wrong: result.issues.map((issue) => `${v.getDotPath(issue) ?? 'the whole'}: ${issue.message}`),
  };
}

/** The same of JSON; what is none fits no schema. */
export function readText<T>(schema: Schema<T>, json: string): Reading<T> {
  let data: unknown;
  try {
    data = JSON.parse(json);
  } catch {
    // The parser's words quote the text, which may be a person's: that it is no JSON is all that is told.
    return { fits: false, path: '', expected: 'JSON' };
  }
  return read(schema, data);
}

/** For data that goes on as it is, with what the schema does not name. */
export function fits<T>(schema: Schema<T>, data: unknown): data is T {
  return v.is(schema, data);
}
