import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { sayingOf, spoken } from '../../src-main/contract/errors.js';
import type { CleanedReport, SeriesImages } from '../../src-main/contract/report.js';
import { renderSeriesImages } from '../../src-main/report/images.js';
import { buildReportHtml, DATA_MARK, reportJson } from '../../src-main/report/report-html.js';
import { reportPdf } from '../../src-main/report/report-pdf.js';
import { brainSample, type Sample } from '../trust/sample.js';

const TEMPLATE = `<html><script type="application/json">${DATA_MARK}</script></html>`;
let sample: Sample;
let images: SeriesImages;

beforeAll(async () => {
  sample = await brainSample();
  images = renderSeriesImages('s1', sample.before, sample.after, { sigma: sample.sigma });
});

function dataOf(html: string): unknown {
  return JSON.parse(html.slice(html.indexOf('json">') + 6, html.lastIndexOf('</script>')));
}

describe('buildReportHtml', () => {
  it('embeds the sentences of its reasons in other languages, those within others too, all terms, and no more', () => {
    const inner = { reason: 'E_IO/disk-full', facts: {} };
    const told = { ...spoken(sayingOf('trust/cleaning-unproven', { largest: 4 })), code: 'W_CLEAN' as const };
    const report = {
      ...sample.report,
      series: [],
      warnings: [{ ...told, facts: { ...told.facts, inner } }],
    };
    const words = {
      de: {
        'trust/cleaning-unproven': 'a {largest}',
        'trust/cleaning-unproven.remedy': 'b',
        'E_IO/disk-full': 'c',
        'E_IO/other': 'd',
        'axis.x': 'e',
      },
    };
    const { 'E_IO/other': _, ...expected } = words.de;
    expect(dataOf(buildReportHtml(report, [], TEMPLATE, words))).toMatchObject({ words: { de: expected } });
    expect(JSON.stringify(dataOf(buildReportHtml(report, [], TEMPLATE, words)))).not.toContain('E_IO/other');
  });

  it('embeds what it was given, without places', () => {
    const html = buildReportHtml(sample.report, [images], TEMPLATE);
    const expected: unknown = JSON.parse(reportJson(sample.report));
    expect(dataOf(html)).toMatchObject({ report: expected, images: [images], imagesLeftOut: 0 });
    expect(html).not.toContain('DOE^JANE');
  });

  it('lets no text end the script or become an element', () => {
    const evil = '</script><script>alert(1)</script><!--\u2028$&';
    const report = {
      ...sample.report,
      warnings: [{ code: 'W_CLEAN', message: evil, remedy: evil } as const],
    };
    const html = buildReportHtml(report, [], TEMPLATE);
    expect(html.match(/</g)).toHaveLength(4);
    expect(dataOf(html)).toMatchObject({ report: { warnings: [{ message: evil }] } });
  });

  it('keeps to its budget: first only the middle slice, then no pictures, and says how many', () => {
    const large = { ...images.slices[0], before: `data:image/png;base64,${'A'.repeat(2_800_000)}` };
    const many = Array.from({ length: 6 }, (_, i) => {
      return { ...images, seriesId: `s${i}`, slices: new Array<typeof large>(5).fill(large) };
    });
    const html = buildReportHtml(sample.report, many, TEMPLATE);
    expect(html.length).toBeLessThan(20_000_000);
    const data = dataOf(html);
    expect(data).toMatchObject({
      imagesLeftOut: 4,
      images: [
        { seriesId: 's0', slices: { length: 5 } },
        { seriesId: 's1', slices: { length: 1 } },
      ],
    });
  });

  it('refuses a template without a place for the data', () => {
    expect(() => buildReportHtml(sample.report, [], '<html></html>')).toThrow(/no place for its data/);
  });
});

describe('reportJson', () => {
  it('holds no patient attribute, no place and no number that JSON cannot hold', () => {
    const text = reportJson(sample.report);
    expect(text).not.toContain('DOE^JANE');
    expect(text).not.toContain('"place"');
    expect(JSON.parse(text)).toMatchObject({ schemaVersion: 1, series: [{}, {}, {}] });
  });

  it('has every key documented in docs/report.md, which documents no other', () => {
    const page = readFileSync(path.resolve(import.meta.dirname, '../../docs/report.md'), 'utf8');
    const documented = [...page.matchAll(/^\| `([^`]+)` \|/gm)].map((match) => match[1]);
    const keys = new Set<string>();
    collect(JSON.parse(reportJson(sample.report)), '', keys);
    expect([...keys].filter((key) => !documented.includes(key))).toEqual([]);
    expect(documented.filter((key) => !keys.has(key))).toEqual([]);
    expect(documented).toHaveLength(new Set(documented).size);
  });
});

/** Adds the path of every leaf and every object, `[]` for a list's items; a Problem is one thing. */
function collect(value: unknown, at: string, keys: Set<string>): void {
  // The places of each sentence say which facts there are.
  if (at.endsWith('.facts')) keys.add(at);
  else if (Array.isArray(value)) {
    if (at !== '') keys.add(at);
    for (const item of value) if (typeof item === 'object') collect(item, `${at}[]`, keys);
  } else if (typeof value === 'object' && value !== null && !('remedy' in value && 'code' in value)) {
    if (at !== '' && !at.endsWith('[]')) keys.add(at);
    for (const [key, inner] of Object.entries(value)) collect(inner, at === '' ? key : `${at}.${key}`, keys);
  } else if (at !== '' && !at.endsWith('[]')) keys.add(at);
}

describe('reportPdf', () => {
  it('tells of artifacts what was done, how the tissues differ without a field, and why a removal is doubted', () => {
    const [ringing] = sample.report.series.flatMap(({ cleaned }) => cleaned);
    const facts = { cjvBefore: 44, cjvWithout: 5.6 };
    const field: CleanedReport = { ...ringing, name: 'bias', facts, trust: null };
    const series = sample.report.series.map((one) => ({ ...one, cleaned: [...one.cleaned, field] }));
    const pdf = reportPdf({ ...sample.report, series }).toString('latin1');
    const lines = [...pdf.matchAll(/\((.*)\) Tj/g)].map(([, line = '']) => line);
    const text = lines.join(' ').replace(/\\([()\\])/g, '$1');
    expect(text).toContain('Looked for gibbs: removed, 95 % sure, amount 1.2 %, trust warn, 97 % of lesion');
    expect(text).toContain('Tissue was changed by up to 4 times its noise');
    expect(text).toContain('joint variation of tissues (CJV) 44 %, 5.6 % without the field');
  });
});
