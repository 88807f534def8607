import type { Rule } from '../../contract/requests/rules.js';
import type { RuleMatch } from '../../contract/window/rules.js';
import { readRules, ruleFor } from '../../node/rules.js';
import type { Shown } from './shown.js';

/**
 * Which rule decides over each series of an input that could be denoised. As what becomes one derived series is one,
 * the first part of a series decides for all of it.
 *
 * @throws LimpidError E_USAGE for a condition that is wrong
 */
export async function matchRules(rules: readonly Rule[], shown: readonly Shown[]): Promise<RuleMatch[]> {
  const book = readRules(rules);
  const decided = new Map<string, number | null>();
  const matches: RuleMatch[] = [];
  for (const one of shown) {
    const { key, kind, instances, seriesInstanceUid, eligible, derived } = one.card;
    if (!eligible || derived === true) continue;
    const whole = seriesInstanceUid ?? key;
    let place = decided.get(whole);
    if (place === undefined) {
      const rule = ruleFor(book, await attributesOf(one), { kind, files: instances });
      place = rule === null ? null : rules.indexOf(rule);
      decided.set(whole, place);
    }
    matches.push({ series: key, rule: place });
  }
  return matches;
}

/** Of files that cannot be read any more nothing is known. */
function attributesOf(shown: Shown): Promise<(name: string) => readonly string[]> {
  return shown.attributes().catch(() => () => []);
}
