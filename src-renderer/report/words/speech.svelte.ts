import type { Problem } from '../../../src-main/contract/errors.js';
import type { ReportWords } from '../../../src-main/contract/report.js';
import type { CleaningReason, ResidualReason, TrustReason } from '../../../src-main/contract/trust.js';
import { fillFacts, type Saying, sayingIn, type Voice } from '../../../src-main/contract/words/template.js';
import { fill, type Values } from '../../words/fill.js';
import de from './de.json';
import en from './en.json';

/** Strings of the report page. English is complete by definition; the type check keeps the others so. */
export type PageKey = keyof typeof en;
type Texts = Readonly<Record<PageKey, string>>;

export const PAGE_LANGUAGES: Readonly<Record<string, { readonly name: string; readonly texts: Texts }>> = {
  en: { name: 'English', texts: en },
  de: { name: 'Deutsch', texts: de },
};
const ENGLISH = 'en';

let language = $state(ENGLISH);
let sentences = $state.raw<ReportWords>({});

export function pageLanguage(): string {
  return language;
}

/** An unknown language becomes English. */
export function speakPage(tag: string): void {
  language = knownTag(tag) ?? ENGLISH;
}

/**
 * What the page speaks first: what its address asks for (`#lang=de`, as the window writes it), else the first language of
 * the browser that there are words for.
 */
export function firstLanguage(hash: string, tags: readonly string[]): string {
  const asked = /^#lang=([A-Za-z-]+)$/.exec(hash)?.[1];
  return (
    [...(asked === undefined ? [] : [asked]), ...tags].map(knownTag).find((one) => one !== null) ?? ENGLISH
  );
}

function knownTag(tag: string): string | null {
  const short = tag.toLowerCase().replace(/-.*/, '');
  return Object.hasOwn(PAGE_LANGUAGES, short) ? short : null;
}

/** @param words sentences of what this report tells, in the languages besides English, which the report itself has */
export function knowSentences(words: ReportWords): void {
  sentences = words;
}

export function r(key: PageKey, values: Values = {}): string {
  return fill((PAGE_LANGUAGES[language] ?? PAGE_LANGUAGES[ENGLISH]).texts[key], values, language);
}

/** The text for a name that came from elsewhere, such as a stage; where there is none, the name itself. */
export function rName(group: string, name: string): string {
  const key = `${group}.${name}`;
  return isPageKey(key) ? r(key) : name;
}

/** What is told of a name in English, in the page's language; as it is told where that is not the text for the name. */
export function rTold(group: string, name: string, told: string): string {
  const key = `${group}.${name}`;
  return isPageKey(key) && en[key] === told ? r(key) : told;
}

function isPageKey(key: string): key is PageKey {
  return Object.hasOwn(en, key);
}

/** What a report says of a problem or a reason, and what to do about it. */
export interface Said {
  readonly sentence: string;
  /** '' where nothing is said of it. */
  readonly remedy: string;
}

/** In English as the report has it; in another language by its reason, or in English where that has no words here. */
export function said(of: Problem | TrustReason | ResidualReason | CleaningReason): Said {
  const told = { sentence: of.message, remedy: 'remedy' in of ? of.remedy : '' };
  const saying = sayingIn(of);
  const texts = Object.hasOwn(sentences, language) ? sentences[language] : undefined;
  if (texts === undefined || saying === null || !Object.hasOwn(texts, saying.reason)) return told;
  const voice = voiceOf(texts);
  return {
    sentence: voice.sentence(saying),
    remedy: told.remedy === '' ? '' : voice.remedy(saying) || told.remedy,
  };
}

function voiceOf(texts: Readonly<Record<string, string>>): Voice {
  const filled = (key: string, { facts }: Saying): string =>
    Object.hasOwn(texts, key) ? fillFacts(texts[key], facts, voice) : '';
  const voice: Voice = {
    language,
    term: (group, name) => texts[`${group}.${name}`] ?? name,
    sentence: (saying) => filled(saying.reason, saying),
    remedy: (saying) => filled(`${saying.reason}.remedy`, saying),
  };
  return voice;
}
