import { describe, expect, it } from 'vitest';
import { ENGLISH } from '../../src-main/contract/words/english.js';
import { TERMS } from '../../src-main/contract/words/terms.js';
import { TRAITS } from '../../src-main/contract/words/traits.js';
import { pdfOf } from '../../src-main/report/pdf.js';

/** Whether each object begins where the table says, and each page is as long as it says. */
function checked(pdf: Buffer): { readonly pages: number; readonly text: string } {
  const text = pdf.toString('latin1');
  const [, at] = /startxref\n(\d+)\n%%EOF\n$/.exec(text) ?? [];
  const table = text.slice(Number(at));
  const [, count] = /^xref\n0 (\d+)\n/.exec(table) ?? [];
  const entries = [...table.matchAll(/^(\d{10}) \d{5} ([nf]) $/gm)];
  expect(entries).toHaveLength(Number(count));
  entries.slice(1).forEach(([, start], i) => {
    expect(text.slice(Number(start))).toMatch(new RegExp(`^${i + 1} 0 obj\\n`));
  });
  const streams = [...text.matchAll(/<< \/Length (\d+) >>\nstream\n([\s\S]*?)\nendstream/g)];
  for (const [, length, content] of streams) expect(content).toHaveLength(Number(length));
  return { pages: streams.length, text };
}

describe('a PDF', () => {
  it('has its objects where its table says, whatever the text holds', () => {
    const { pages, text } = checked(
      pdfOf('A (title) \\', [
        { style: 'title', text: 'Größe ☃ (x)' },
        { style: 'plain', text: 'it’s 5\u2009µm – “o\u0308de”, 3 €, Łódź, \u22121, \0' },
        { style: 'plain', text: '' },
        { style: 'plain', text: 'back\\slash' },
      ]),
    );
    expect(pages).toBe(1);
    expect(text).toContain('(Größe ? \\(x\\)) Tj');
    expect(text).toContain('(it\x92s 5 \xb5m \x96 \x93\xf6de\x94, 3 \x80, ?\xf3dz, -1, ?) Tj');
    expect(text).toContain('(back\\\\slash) Tj');
    expect(text).toContain('/Title (A \\(title\\) \\\\)');
  });

  it('can write every sentence that a report may hold', () => {
    const said = JSON.stringify([ENGLISH, TERMS, TRAITS]);
    const sentences = [...said.matchAll(/"((?:[^"\\\\]|\\\\.)*)"/g)].map(([, one = '']) => one);
    expect(sentences.length).toBeGreaterThan(500);
    const lost = sentences.filter((one) => {
      const pdf = pdfOf('t', [{ style: 'plain', text: one }]).toString('latin1');
      const written = [...pdf.matchAll(/\((.*)\) Tj/g)].map(([, line = '']) => line).join('');
      return written.split('?').length !== one.split('?').length;
    });
    expect(lost).toEqual([]);
  });

  it('wraps lines at words and goes on on further pages', () => {
    const words = Array.from({ length: 1500 }, (_, i) => `word${i}`);
    const { pages, text } = checked(pdfOf('t', [{ style: 'plain', text: words.join(' ') }]));
    const lines = [...text.matchAll(/\((word[^)]*)\) Tj/g)].map(([, line]) => line);
    expect(pages).toBeGreaterThan(1);
    expect(lines.join(' ')).toBe(words.join(' '));
    // 483 points hold about a hundred letters of 10 points.
    expect(Math.max(...lines.map((line) => line?.length ?? 0))).toBeLessThan(110);
    const heights = [...text.matchAll(/Tf 56 ([\d.]+) Td/g)].map(([, y]) => Number(y));
    expect(heights).toHaveLength(lines.length);
    expect(Math.min(...heights)).toBeGreaterThanOrEqual(56);
  });
});
