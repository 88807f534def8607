/**
 * Sentences with places for facts. A place is `{name}`, a number in the manner of the language, or one of:
 *
 * - `{name:0}`, `{name:2}` a number with so many decimals; `{name:sig}` with two significant digits; `{name:raw}` without
 *   grouping; `{name:GB}` and `{name:MB}` bytes (of less than one MB kB); `{name:percent}` a share as whole percent; `{name:share}` a share as
 *   percent of two significant digits
 * - `{name|one|others}` words chosen by a number, `{name|none|one|others}` where none has its own; `#` stands for it
 * - `{name:text}` a text as it is, `{name:list}` several of them, `{name:saying}` another sentence,
 *   `{name:remedy}` what to do about that
 * - `{name:group}` a term of this group of `terms.ts`, or several
 *
 * The types of facts follow from the places, so that whoever throws must give what the sentence says.
 */
import type { TermGroup, TermName } from './terms.js';

/** What a sentence is made of: which one, and the facts in it; plain data. */
export interface Saying {
  /** Key of the sentence in every catalogue, such as 'E_IO/disk-full'. */
  readonly reason: string;
  readonly facts: Facts;
}

type Fact = number | string | readonly string[] | Saying;
export type Facts = Readonly<Record<string, Fact>>;

/** What a problem or a reason says, where it tells that; null for one of an earlier version. */
export function sayingIn({ reason, facts }: { reason?: string; facts?: Facts }): Saying | null {
  return reason === undefined ? null : { reason, facts: facts ?? {} };
}

/** Facts that came from elsewhere. */
export function isFacts(value: unknown): value is Facts {
  return typeof value === 'object' && value !== null && Object.values(value).every(isFact);
}

function isFact(value: unknown): boolean {
  if (typeof value === 'number' || typeof value === 'string') return true;
  if (Array.isArray(value)) return value.every((one) => typeof one === 'string');
  return isSaying(value);
}

function isSaying(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { reason, facts } = value as Partial<Record<keyof Saying, unknown>>;
  return typeof reason === 'string' && isFacts(facts);
}

type NumberFormat = '0' | '1' | '2' | '3' | 'sig' | 'raw' | 'GB' | 'MB' | 'percent' | 'share';
type PlaceIn<T extends string> = T extends `${string}{${infer P}}${infer Rest}` ? P | PlaceIn<Rest> : never;
type NameOf<P> = P extends `${infer N}|${string}` ? N : P extends `${infer N}:${string}` ? N : P;
type FactFor<P> = P extends `${string}|${string}`
  ? number
  : P extends `${string}:${infer Format}`
    ? FactAs<Format>
    : number;
type FactAs<Format> = Format extends 'text'
  ? string
  : Format extends 'list'
    ? readonly string[]
    : Format extends 'saying' | 'remedy'
      ? Saying
      : Format extends NumberFormat
        ? number
        : Format extends TermGroup
          ? TermName<Format> | readonly TermName<Format>[]
          : never;

/** The facts that a sentence asks for: its places, with their types. */
export type FactsIn<T extends string> = { readonly [P in PlaceIn<T> as NameOf<P> & string]: FactFor<P> };

/** A language, as far as facts need it. */
export interface Voice {
  /** BCP 47. */
  readonly language: string;
  readonly term: (group: string, name: string) => string;
  readonly sentence: (saying: Saying) => string;
  readonly remedy: (saying: Saying) => string;
}

const PLACE = /\{(\w+)(?::(\w+)|((?:\|[^{}|]*)+))?\}/g;

/** The sentence with its facts. A place whose fact is absent or of another kind stays as it is, to be seen. */
export function fillFacts(template: string, facts: Facts, voice: Voice): string {
  return template.replace(PLACE, (place, name: string, format?: string, forms?: string) => {
    const fact = Object.hasOwn(facts, name) ? facts[name] : undefined;
    if (fact === undefined) return place;
    if (forms !== undefined) return typeof fact === 'number' ? formFor(fact, forms, voice.language) : place;
    return factText(fact, format, voice) ?? place;
  });
}

/** The names of the facts that a template tells, each once, sorted. */
export function factsOf(template: string): string[] {
  return [...new Set([...template.matchAll(PLACE)].flatMap(([, name]) => name ?? []))].sort();
}

function factText(fact: Fact, format: string | undefined, voice: Voice): string | null {
  if (typeof fact === 'number') return numberText(fact, format, voice.language);
  if (format === undefined) return null;
  if (typeof fact === 'string') return format === 'text' ? fact : voice.term(format, fact);
  if ('reason' in fact) return format === 'remedy' ? voice.remedy(fact) : voice.sentence(fact);
  return fact.map((one) => (format === 'list' ? one : voice.term(format, one))).join(', ');
}

function numberText(value: number, format: string | undefined, language: string): string {
  const fixed = (digits: number, of = value) =>
    of.toLocaleString(language, { minimumFractionDigits: digits, maximumFractionDigits: digits });
  switch (format) {
    case undefined:
      return value.toLocaleString(language);
    case 'raw':
      return String(value);
    case 'GB':
      return `${fixed(1, value / 1e9)} GB`;
    case 'MB':
      return value < 1e6 ? `${fixed(0, value / 1e3)} kB` : `${fixed(0, value / 1e6)} MB`;
    case 'percent':
      return `${fixed(0, 100 * value)} %`;
    case 'share':
      return `${(100 * value).toLocaleString(language, { maximumSignificantDigits: 2 })} %`;
    case 'sig':
      return value.toLocaleString(language, { maximumSignificantDigits: 2 });
    default:
      return fixed(Number(format));
  }
}

/** @param forms `|one|others` or `|none|one|others`; `#` stands for the number */
export function formFor(count: number, forms: string, language: string): string {
  const all = forms.slice(1).split('|');
  const others = all.at(-1) ?? '';
  const form =
    count === 0 && all.length > 2 ? (all[0] ?? others) : count === 1 ? (all.at(-2) ?? others) : others;
  return form.replace('#', count.toLocaleString(language));
}
