import type { Trait } from '../../src-main/contract/words/traits.js';
import { type Speech, say } from './catalogue.js';
import { inLanguage } from './format.js';

/** What tells a part of a series from its others: `phase, TE 4.92 ms`; '' where it is the only one. */
export function traitsIn(speech: Speech, traits: readonly Trait[] = []): string {
  return traits
    .map(({ name, value }) => say(speech, `trait.${name}`, { value: inLanguage(value, speech.language) }))
    .join(', ');
}
