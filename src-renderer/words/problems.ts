import { type EdgeReason, ENGLISH, type Reason } from '../../src-main/contract/words/english.js';
import { englishTerm, type TermKey } from '../../src-main/contract/words/terms.js';
import de from './languages/de.problems.json';
import en from './languages/en.problems.json';

/** What the window says of problems in one language. Besides facts, its texts name controls: `{@denoise.model}`. */
export interface ProblemWords {
  readonly sentence: (reason: Reason) => string;
  readonly remedy: (reason: Reason) => string;
  readonly term: (group: string, name: string) => string;
}

/** All that a language says: the type check demands it of every file. */
type Translated = Readonly<Record<Reason | `${Reason}.remedy` | TermKey, string>>;

/** In English only what the window's controls are named in differs from what reports say. */
const controls: Readonly<Record<EdgeReason, string>> = en;

export const ENGLISH_PROBLEMS: ProblemWords = {
  sentence: (reason) => ENGLISH[reason][0],
  remedy: (reason) => (isEdge(reason) ? controls[reason] : ENGLISH[reason][1]),
  term: englishTerm,
};

export const GERMAN_PROBLEMS: ProblemWords = translated(de);

function translated(texts: Translated): ProblemWords {
  const terms: Readonly<Record<string, string>> = texts;
  return {
    sentence: (reason) => texts[reason],
    remedy: (reason) => texts[`${reason}.remedy`],
    term: (group, name) => terms[`${group}.${name}`] ?? name,
  };
}

function isEdge(reason: Reason): reason is EdgeReason {
  return Object.hasOwn(controls, reason);
}
