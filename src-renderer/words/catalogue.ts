import { fill, type Values } from './fill.js';
import de from './languages/de.json';
import en from './languages/en.json';
import { ENGLISH_PROBLEMS, GERMAN_PROBLEMS, type ProblemWords } from './problems.js';

/** Strings of the window. English is complete by definition; the type check keeps the others so. */
export type TextKey = keyof typeof en;
type Base<K> = K extends `${infer B}.other` ? B : never;
/** Keys with a form for one and one for others. */
export type CountKey = Base<TextKey>;
type WithRemedy<K> = K extends `${infer B}.remedy` ? B : never;
/** Keys of sentences that have another beside them of what to do. */
export type ToldKey = Extract<WithRemedy<TextKey>, TextKey>;
type Texts = Readonly<Record<TextKey, string>>;

interface Language {
  readonly name: string;
  readonly texts: Texts;
  readonly problems: ProblemWords;
}

export const LANGUAGES: Readonly<Record<string, Language>> = {
  en: { name: 'English', texts: en, problems: ENGLISH_PROBLEMS },
  de: { name: 'Deutsch', texts: de, problems: GERMAN_PROBLEMS },
};

/** A language, and what is said in it. */
export interface Speech {
  readonly language: string;
  readonly texts: Texts;
  readonly problems: ProblemWords;
}

/** The first of some tags, best first, that there are words for; English where there are for none. */
export function knownLanguage(tags: readonly string[]): string {
  const known = tags
    .map((tag) => tag.toLowerCase().replace(/-.*/, ''))
    .find((one) => Object.hasOwn(LANGUAGES, one));
  return known ?? ENGLISH.language;
}

export const ENGLISH: Speech = { language: 'en', texts: en, problems: ENGLISH_PROBLEMS };

export function isTextKey(key: string): key is TextKey {
  return key in en;
}

export function say({ language, texts }: Speech, key: TextKey, values: Values = {}): string {
  return fill(texts[key], values, language);
}

/** The text for a name that came from elsewhere, such as a stage; where there is none, the name itself. */
export function sayName(speech: Speech, group: string, name: string, values: Values = {}): string {
  const key = `${group}.${name}`;
  return isTextKey(key) ? say(speech, key, values) : name;
}
