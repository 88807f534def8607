import type { Problem } from '../../contract/errors.js';
import {
  type EdgeReason,
  ENGLISH,
  ENGLISH_VOICE,
  englishSentence,
  isReason,
} from '../../contract/words/english.js';
import { fillFacts, type Saying, sayingIn, type Voice } from '../../contract/words/template.js';
import { REMEDIES } from './remedies.js';

/** English, and what to do in commands and options. */
const VOICE: Voice = { ...ENGLISH_VOICE, remedy: remedyFor };

/** What a problem says on the command line; one of an earlier version says what it said there. */
export function told(problem: Problem): { readonly message: string; readonly remedy: string } {
  const saying = sayingIn(problem);
  if (saying === null || !isReason(saying.reason))
    return { message: problem.message, remedy: problem.remedy };
  return { message: englishSentence(saying), remedy: remedyFor(saying) };
}

/** Code, sentence and what to do, on one line, without the place. */
export function toldLine(problem: Problem): string {
  const { message, remedy } = told(problem);
  return `${problem.code}: ${message} ${remedy}`;
}

/** A problem on one line, with its place: for the person at the screen. */
export function problemLine(problem: Problem): string {
  const place = problem.place === undefined ? '' : ` [${problem.place}]`;
  return `${toldLine(problem)}${place}`;
}

function remedyFor({ reason, facts }: Saying): string {
  if (!isReason(reason)) return '';
  return fillFacts(isEdge(reason) ? REMEDIES[reason] : ENGLISH[reason][1], facts, VOICE);
}

function isEdge(reason: string): reason is EdgeReason {
  return Object.hasOwn(REMEDIES, reason);
}
