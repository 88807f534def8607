import {
  type CountKey,
  ENGLISH,
  knownLanguage,
  LANGUAGES,
  type Speech,
  say,
  sayName,
  type TextKey,
} from './catalogue.js';
import type { Values } from './fill.js';

let language = $state(ENGLISH.language);

export function currentLanguage(): string {
  return language;
}

/** Null is the first language of the computer that there are words for. An unknown language becomes English. */
export function setLanguage(tag: string | null): void {
  language = knownLanguage(tag === null ? (globalThis.navigator?.languages ?? []) : [tag]);
}

/** What the window speaks now. */
export function speech(): Speech {
  const { texts, problems } = LANGUAGES[language] ?? ENGLISH;
  return { language, texts, problems };
}

export function t(key: TextKey, values: Values = {}): string {
  return say(speech(), key, values);
}

/** The form of `key` for this count, which is {count} in the text. */
export function tn(key: CountKey, count: number): string {
  const one = new Intl.PluralRules(language).select(count) === 'one';
  const form: TextKey = one ? `${key}.one` : `${key}.other`;
  return t(form, { count });
}

/** The text for a name that came from elsewhere, such as a stage; where there is none, the name itself. */
export function tName(group: string, name: string, values: Values = {}): string {
  return sayName(speech(), group, name, values);
}
