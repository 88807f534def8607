import { isReason, type Reason } from '../../src-main/contract/words/english.js';
import { fillFacts, type Saying, type Voice } from '../../src-main/contract/words/template.js';
import { isTextKey, type Speech } from './catalogue.js';

/** Sentence and remedy in a language, with the facts in them; null where this version does not know the reason. */
export function saidIn(
  saying: Saying | null,
  speech: Speech,
): { readonly sentence: string; readonly remedy: string } | null {
  if (saying === null || !isReason(saying.reason)) return null;
  const voice = voiceOf(speech);
  return { sentence: voice.sentence(saying), remedy: voice.remedy(saying) };
}

function voiceOf(speech: Speech): Voice {
  const { language, problems } = speech;
  const filled = ({ reason, facts }: Saying, template: (reason: Reason) => string): string =>
    isReason(reason) ? fillFacts(withControls(template(reason), speech), facts, voice) : reason;
  const voice: Voice = {
    language,
    term: problems.term,
    sentence: (saying) => filled(saying, problems.sentence),
    remedy: (saying) => filled(saying, problems.remedy),
  };
  return voice;
}

/** `{@key}` is the text of that key: what a control or a choice is called here. */
function withControls(template: string, { texts }: Speech): string {
  return template.replace(/\{@([^{}]+)\}/g, (place, key: string) => (isTextKey(key) ? texts[key] : place));
}
