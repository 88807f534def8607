import { describe, expect, it } from 'vitest';
import de from '../../src-renderer/words/languages/de.json';
import en from '../../src-renderer/words/languages/en.json';

/** The words of the viewer by their paths: `viewer.panes.before` is `panes.before`. */
function wordsOf(language: Readonly<Record<string, string>>): ReadonlyMap<string, string> {
  const own = Object.entries(language).filter(([key]) => key.startsWith('viewer.'));
  return new Map(own.map(([key, text]) => [key.slice('viewer.'.length), text]));
}

/** Written alike in both languages. */
const ALIKE =
  /^(planes\.(axial|sagittal)|layouts\.|sd$|snr$|perSecond$|tools\.ellipse$|zoom$|commands\.smooth|profile$|time\.(name|region|here)$|panes\.|preset)/;

describe('the words of the viewer', () => {
  it('are all there in German, and German', () => {
    const german = wordsOf(de);
    for (const [path, text] of wordsOf(en)) {
      expect(german.get(path), path).toMatch(/\S/);
      if (!ALIKE.test(path)) expect(german.get(path), path).not.toBe(text);
    }
  });

  it('name commands apart', () => {
    for (const words of [wordsOf(en), wordsOf(de)]) {
      const names = [...words].flatMap(([path, text]) => (path.startsWith('commands.') ? [text] : []));
      expect(names.length).toBeGreaterThan(40);
      expect(new Set(names).size).toBe(names.length);
    }
  });
});
