import { describe, expect, it } from 'vitest';
import { cleanedText } from '../../src-main/contract/cleaned-text.js';
import { sayingOf, spoken } from '../../src-main/contract/errors.js';
import type { CleanedReport } from '../../src-main/contract/report.js';
import { cleanedFacts } from '../../src-renderer/report/report-facts.js';
import de from '../../src-renderer/report/words/de.json';
import en from '../../src-renderer/report/words/en.json';
import {
  firstLanguage,
  knowSentences,
  pageLanguage,
  speakPage,
} from '../../src-renderer/report/words/speech.svelte.js';
import { placesOf } from '../../src-renderer/words/fill.js';

const fieldOfCoil: CleanedReport = {
  name: 'bias',
  did: 'removed',
  why: null,
  sure: 0.99,
  amount: 12,
  left: 2,
  unit: '%',
  facts: { coarse: 4 },
  trust: null,
};
const bias: CleanedReport = { ...fieldOfCoil, facts: { coarse: 4, cjvBefore: 44, cjvWithout: 5.6 } };
const unproven: CleanedReport['trust'] = {
  verdict: 'warn',
  reasons: [
    {
      test: 'signs',
      verdict: 'warn',
      value: 4,
      limit: 3,
      ...spoken(sayingOf('trust/cleaning-unproven', { largest: 4 })),
    },
  ],
  psnr: 30,
  structure: 0,
  kept: 99,
  lesions: 20,
  signs: [],
  largest: 4,
  places: [],
};

describe('artifacts on the report page', () => {
  it('tell how much less tissues differ in themselves without a field', () => {
    expect(cleanedFacts([bias])[0].value).toContain(
      'joint variation of tissues (CJV) 44 %, 5.6 % without the field',
    );
    const left = cleanedFacts([{ ...bias, did: 'left', facts: { cjvWithout: 5.6 } }])[0];
    expect(left.value).toContain('unknown, 5.6 % if the field were taken away');
    expect(cleanedFacts([fieldOfCoil])[0].value).not.toContain('CJV');
  });

  it('tell in English what the PDF tells', () => {
    for (const one of [fieldOfCoil, bias, { ...bias, trust: unproven }]) {
      const [{ value, note }] = cleanedFacts([one]);
      const { text, reasons } = cleanedText(one);
      expect([value, note ?? '']).toEqual([text, reasons.join(' ')]);
    }
  });

  it('say why a removal did not pass', () => {
    expect(cleanedFacts([{ ...bias, trust: unproven }])[0].note).toMatch(
      /changed by up to 4 times its noise/,
    );
  });
});

describe('the languages of the report page', () => {
  it('have the same keys and places, and a text wherever English has one', () => {
    const german: Readonly<Record<string, string>> = de;
    expect(Object.keys(de)).toEqual(Object.keys(en));
    for (const [key, text] of Object.entries(en)) {
      expect(placesOf(german[key]), key).toEqual(placesOf(text));
      expect(german[key] === '', key).toBe(text === '');
    }
  });

  it('are that of the address, else the first of the browser that there are words for', () => {
    expect(firstLanguage('#lang=de', ['en'])).toBe('de');
    expect(firstLanguage('#lang=xx', ['fr', 'de-CH'])).toBe('de');
    expect(firstLanguage('#series-a', ['fr'])).toBe('en');
    expect(firstLanguage('', [])).toBe('en');
  });

  it('tell facts and reasons in the one that is chosen, and English where a reason has no words', () => {
    knowSentences({ de: { 'trust/cleaning-unproven': 'um das {largest:sig}-Fache geändert' } });
    speakPage('de');
    const [told] = cleanedFacts([{ ...bias, amount: 1.25, trust: unproven }]);
    expect(told.value).toContain('entfernt, zu 99 % sicher, 1,25 % gefunden');
    expect(told.value).toContain('gemeinsame Variation der Gewebe (CJV) 44 %, 5,6 % ohne das Feld');
    expect(told.note).toBe('um das 4-Fache geändert');
    knowSentences({});
    expect(cleanedFacts([{ ...bias, trust: unproven }])[0].note).toMatch(/changed by up to 4 times/);
    speakPage('xx');
    expect(pageLanguage()).toBe('en');
  });
});
