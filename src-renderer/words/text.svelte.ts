import { fill, type Values } from './fill.js';
import de from './languages/de.json';
import en from './languages/en.json';

/** Strings of the window. English is complete by definition; the type check keeps the others so. */
export type TextKey = keyof typeof en;
type Base<K> = K extends `${infer B}.other` ? B : never;
/** Keys with a form for one and one for others. */
export type CountKey = Base<TextKey>;

export const LANGUAGES: Readonly<
  Record<string, { readonly name: string; readonly texts: Readonly<Record<TextKey, string>> }>
> = {
  en: { name: 'English', texts: en },
  de: { name: 'Deutsch', texts: de },
};

let language = $state('en');

export function currentLanguage(): string {
  return language;
}

/** An unknown language becomes English. */
export function setLanguage(tag: string): void {
  const known = tag.split('-')[0];
  language = known in LANGUAGES ? known : 'en';
}

export function t(key: TextKey, values: Values = {}): string {
  return fill(LANGUAGES[language].texts[key], values, language);
}

/** The form of `key` for this count, which is {count} in the text. */
export function tn(key: CountKey, count: number): string {
  const one = new Intl.PluralRules(language).select(count) === 'one';
  const form: TextKey = one ? `${key}.one` : `${key}.other`;
  return t(form, { count });
}

/** The text for a name that came from elsewhere, such as a stage; where there is none, the name itself. */
export function tName(group: string, name: string, values: Values = {}): string {
  const key = `${group}.${name}`;
  return isTextKey(key) ? t(key, values) : name;
}

function isTextKey(key: string): key is TextKey {
  return key in en;
}
