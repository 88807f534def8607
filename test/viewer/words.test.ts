import { describe, expect, it } from 'vitest';
import { ENGLISH } from '../../src-renderer/viewer/words.js';
import { GERMAN } from '../../src-renderer/viewer/words-de.js';

/** Every text of an object of texts, by its path. */
function textsOf(value: object, path = ''): [string, string][] {
  return Object.entries(value).flatMap(([key, inner]): [string, string][] =>
    typeof inner === 'string' ? [[`${path}${key}`, inner]] : textsOf(inner, `${path}${key}.`),
  );
}

/** Written alike in both languages. */
const ALIKE =
  /^(layouts\.|sd$|snr$|perSecond$|tools\.ellipse$|zoom$|commands\.smooth|profile$|panes\.|preset)/;

describe('the words of the viewer', () => {
  it('are all there in German, and German', () => {
    const german = new Map(textsOf(GERMAN));
    for (const [path, text] of textsOf(ENGLISH)) {
      expect(german.get(path), path).toMatch(/\S/);
      if (!ALIKE.test(path)) expect(german.get(path), path).not.toBe(text);
    }
  });

  it('name commands apart', () => {
    for (const words of [ENGLISH, GERMAN]) {
      const names = Object.values(words.commands);
      expect(new Set(names).size).toBe(names.length);
    }
  });
});
