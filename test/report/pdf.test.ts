import { describe, expect, it } from 'vitest';
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
        { style: 'plain', text: '' },
        { style: 'plain', text: 'back\\slash' },
      ]),
    );
    expect(pages).toBe(1);
    expect(text).toContain('(Größe ? \\(x\\)) Tj');
    expect(text).toContain('(back\\\\slash) Tj');
    expect(text).toContain('/Title (A \\(title\\) \\\\)');
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
