/** Text for numbers, in the manner of a language. A number that is not known is an en dash. */
export const NONE = '–';

export function number(value: number | null, language: string, digits = 3): string {
  if (value === null || !Number.isFinite(value)) return NONE;
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e6))
    return inLanguage(value.toExponential(digits - 1), language);
  return value.toLocaleString(language, { maximumSignificantDigits: digits });
}

/**
 * Of what is measured in an image: about `digits` significant digits, no exponent where it can be avoided, no groups of
 * thousands, a true minus sign.
 */
export function measured(value: number, language: string, digits = 4): string {
  if (!Number.isFinite(value)) return NONE;
  const size = Math.abs(value);
  const text =
    size !== 0 && (size >= 1e7 || size < 1e-4)
      ? value.toExponential(2)
      : value.toFixed(Math.max(0, Math.min(6, digits - 1 - Math.floor(Math.log10(size || 1)))));
  const short = text.includes('.') && !text.includes('e') ? text.replace(/\.?0+$/, '') : text;
  return inLanguage(short.replace('-', '\u2212'), language);
}

/** With that many decimals, no groups of thousands, a true minus sign. */
export function decimals(value: number, language: string, count: number): string {
  return Number.isFinite(value) ? inLanguage(value.toFixed(count).replace('-', '\u2212'), language) : NONE;
}

/** `87.5 %` of a share from 0 to 1. */
export function percent(share: number, language: string): string {
  return `${decimals(100 * share, language, 1)} %`;
}

/** A text whose numbers have decimal points, with the language's mark; lists in brackets are apart by what is none. */
export function inLanguage(text: string, language: string): string {
  const mark = decimalMark(language);
  if (mark === '.') return text;
  const said = text.replace(/(\d)\.(?=\d)/g, `$1${mark}`);
  return mark === ',' ? said.replace(/\([^)]*\)/g, (list) => list.replaceAll(', ', '; ')) : said;
}

/** Numbers beside one another: apart by what is no decimal mark. */
export function listed(numbers: readonly string[], language: string): string {
  return numbers.join(decimalMark(language) === ',' ? '; ' : ', ');
}

const marks = new Map<string, string>();

/** To ask for it takes as long as to write a hundred numbers. */
function decimalMark(language: string): string {
  const known = marks.get(language);
  if (known !== undefined) return known;
  const parts = new Intl.NumberFormat(language).formatToParts(1.5);
  const mark = parts.find(({ type }) => type === 'decimal')?.value ?? '.';
  marks.set(language, mark);
  return mark;
}

/** `42 s`, `3 min 5 s`, `1 h 2 min`; steps of five seconds above a minute, so that it does not flicker. */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return NONE;
  if (seconds < 60) return `${Math.max(1, Math.round(seconds))} s`;
  if (seconds < 3600) {
    const whole = Math.round(seconds / 5) * 5;
    return whole % 60 === 0 ? `${whole / 60} min` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
  }
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** Day, or day and time, of an ISO 8601 text. */
export function day(iso: string, language: string): string {
  return isTime(iso) ? new Date(iso).toLocaleDateString(language, { dateStyle: 'medium' }) : NONE;
}

export function moment(iso: string, language: string): string {
  return isTime(iso)
    ? new Date(iso).toLocaleString(language, { dateStyle: 'medium', timeStyle: 'short' })
    : NONE;
}

const isTime = (iso: string): boolean => Number.isFinite(Date.parse(iso));

/** `256 × 256 × 20`, and time points where there are several. */
export function matrix(size: { columns: number; rows: number; slices: number; frames: number }): string {
  const sides = [size.columns, size.rows, size.slices];
  if (size.frames > 1) sides.push(size.frames);
  return sides.join(' × ');
}

/** Sides of a voxel; those that are not known (0) as a question mark, and '' where none is. */
export function spacing(mm: readonly [number, number, number], language: string): string {
  if (mm.every((value) => value <= 0)) return '';
  const text = mm.map((value) =>
    value > 0 ? value.toLocaleString(language, { maximumFractionDigits: 2 }) : '?',
  );
  return `${text.join(' × ')} mm`;
}

/** A DICOM date (YYYYMMDD) or an ISO date as the language writes it; anything else as it is. */
export function date(value: string, language: string): string {
  const match = /^(\d{4})-?(\d{2})-?(\d{2})$/.exec(value.trim());
  if (match === null) return value;
  const [year = 0, month = 0, day = 0] = match.slice(1).map(Number);
  const found = new Date(Date.UTC(year, month - 1, day));
  if (found.getUTCMonth() !== month - 1) return value;
  return found.toLocaleDateString(language, { dateStyle: 'medium', timeZone: 'UTC' });
}

/** A moment in ISO 8601, to the minute, at this place; anything else as it is. */
export function dateTime(value: string, language: string): string {
  const found = new Date(value);
  if (Number.isNaN(found.getTime())) return value;
  return found.toLocaleString(language, { dateStyle: 'medium', timeStyle: 'short' });
}

/** A DICOM person name in reading order: family, given middle; the first of its representations. */
export function personName(value: string): string {
  const [first = ''] = value.split('=');
  const [family = '', given = '', middle = ''] = first.split('^').map((part) => part.trim());
  const rest = [given, middle].filter((part) => part !== '').join(' ');
  if (family === '') return rest;
  return rest === '' ? family : `${family}, ${rest}`;
}
