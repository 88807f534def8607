import { describe, expect, it } from 'vitest';
import { BATCH_PAGE } from '../../src-main/contract/words/batch-page.js';
import type { RollUp, Row } from '../../src-main/queue/outcome.js';
import { rollUpHtml } from '../../src-main/queue/roll-up-page.js';

function row(more: Partial<Row>): Row {
  const base = { unit: 'series-001', code: null, stacks: [], seconds: 1.25, host: 'a', tries: 1 };
  return { ...base, status: 'done', verdict: 'pass', ...more };
}

const TOLD: RollUp = {
  format: 'limpid-batch-1',
  notice: 'Not for diagnostic use',
  version: '0',
  createdAt: '2026-01-01',
  batch: '<b>',
  counts: { done: 1, failed: 1, skipped: 0, waiting: 1 },
  verdicts: { pass: 1, warn: 0, fail: 0, none: 0 },
  seconds: { all: 90.5, median: 180, longest: 9000 },
  series: [
    row({}),
    row({ unit: 'series-002', status: 'failed', verdict: null, code: 'E_IO', host: '<i>' }),
    row({ unit: 'series-003', status: 'waiting', verdict: null }),
  ],
};

/** What the page shows in one language, without its styles. */
function shownIn(language: string): string {
  const body = rollUpHtml(TOLD).split('<main>')[1] ?? '';
  const others = Object.keys(BATCH_PAGE).filter((one) => one !== language);
  // Spans of a language hold no spans of another one; that of what failed is inside of one.
  const kept = others.reduce(
    (text, one) =>
      text.replace(new RegExp(`<span lang="${one}">(?:<span[^>]*>[^<]*</span>|[^<])*</span>`, 'g'), ''),
    body,
  );
  return kept.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ');
}

describe('the page of a batch', () => {
  it('says all of it in each language, with its numbers', () => {
    const english = shownIn('en');
    for (const one of [
      'Not for diagnostic use',
      '1 done, 1 failed , 0 skipped, 1 not finished.',
      'Work: 90.5 s in all; a series in the middle 3.0 min, the longest 2.5 h.',
      'Series State Verdict',
      'series-002 failed E_IO 1.3 1 &lt;i&gt;',
      'series-003 waiting',
      'series-001 done pass 1.3',
    ])
      expect(english).toContain(one);
    const german = shownIn('de');
    for (const one of [
      'Stapel &lt;b&gt;',
      'Nicht für die Diagnostik',
      '1 fertig, 1 fehlgeschlagen , 0 übergangen, 1 nicht beendet.',
      'Arbeit: 90,5 s im Ganzen; eine mittlere Serie 3,0 min, die längste 2,5 h.',
      'Serie Zustand Urteil',
      'series-002 fehlgeschlagen E_IO 1,3 1 &lt;i&gt;',
      'series-003 wartet',
      'series-001 fertig bestanden 1,3',
    ])
      expect(german).toContain(one);
    // Nothing of the other one is left in either.
    expect(german).not.toMatch(/done|failed|waiting|pass\b|\d\.\d/);
    expect(english).not.toMatch(/fertig|fehlgeschlagen|wartet|\d,\d/);
  });

  it('is switched without a script, and begins in English', () => {
    const page = rollUpHtml(TOLD);
    expect(page).not.toMatch(/<script/i);
    expect(page).toContain("default-src 'none'");
    expect(page).toMatch(/id="en" checked/);
    expect(page).toContain('#de:checked ~ main [lang]:not([lang="de"]) { display: none; }');
  });
});
