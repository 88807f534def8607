import type { Problem } from '../../src-main/contract/errors.js';
import type { CleaningReason, ResidualReason, TrustReason } from '../../src-main/contract/trust.js';
import { sayingIn } from '../../src-main/contract/words/template.js';
import { ENGLISH, type Speech, say, type ToldKey } from './catalogue.js';
import { saidIn } from './sayings.js';

/** How the window tells what went wrong, or what was found. */
export interface Told {
  readonly sentence: string;
  /** What to do; null where nothing is said of it. */
  readonly remedy: string | null;
  /** What only the English of the program tells, where the language is another; null where nothing is lost. */
  readonly detail: string | null;
}

/** A problem in words: those of its reason. */
export function toldProblem(problem: Problem, speech: Speech): Told {
  const said = saidIn(sayingIn(problem), speech);
  return said === null ? toldOfOld(problem, speech) : { ...said, detail: null };
}

/**
 * A problem of a version that wrote no reason, or of a later one: in English its own text, in another language the words
 * for its code, and as detail what the text says beyond these.
 */
function toldOfOld({ code, message, remedy }: Problem, speech: Speech): Told {
  if (speech.language === ENGLISH.language) return { sentence: message, remedy, detail: null };
  const key: ToldKey = `problem.${code}`;
  const said = [
    message === ENGLISH.texts[key] ? null : message,
    remedy === ENGLISH.texts[`${key}.remedy`] ? null : remedy,
  ].filter((text) => text !== null);
  return {
    sentence: say(speech, key),
    remedy: say(speech, `${key}.remedy`),
    detail: said.length === 0 ? null : said.join(' '),
  };
}

/** A reason of the trust report, or of the residual, in words; as another version told it, where its reason is not known. */
export function toldReason(reason: TrustReason | ResidualReason | CleaningReason, speech: Speech): Told {
  const said = saidIn(sayingIn(reason), speech);
  if (said === null)
    return { sentence: reason.message, remedy: 'remedy' in reason ? reason.remedy : null, detail: null };
  return { sentence: said.sentence, remedy: 'remedy' in reason ? said.remedy : null, detail: null };
}
