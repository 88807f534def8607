import { describe, expect, it } from 'vitest';
import { keyNames, keyOf, SHORTCUTS } from '../../src-renderer/shared/viewer-keys.js';
import { nameKind } from '../../src-renderer/viewer/tags/element.js';
import de from '../../src-renderer/words/languages/de.json';
import en from '../../src-renderer/words/languages/en.json';

const english = (text: keyof typeof en) => en[text];
const german = (text: keyof typeof en) => de[text];

describe('keys as they are written', () => {
  it('are those of a keyboard, and a row of digits is one range', () => {
    const names = Object.fromEntries(SHORTCUTS.map((one) => [one.command, keyNames(one, english)]));
    expect(names.preset).toEqual(['1 – 9']);
    expect(names['zoom-in']).toEqual(['+', '=']);
    expect(names.redo).toEqual(['Ctrl+Y', 'Ctrl+Shift+Z']);
    expect(names['pan-left']).toEqual(['Ctrl+←']);
    expect(names['layout-two']).toEqual(['Shift+2']);
    expect(keyOf('flicker-switch', german)).toBe('Leertaste');
    expect(keyOf('remove', german)).toBe('Entf');
    expect(keyOf('save-report', german)).toBe('Strg+Umschalt+E');
  });
});

describe('elements without a name', () => {
  it('are lengths of groups, private by an odd group, or unknown', () => {
    expect(nameKind('00020000')).toBe('groupLength');
    expect(nameKind('00091001')).toBe('private');
    expect(nameKind('00189999')).toBe('unknown');
  });
});
