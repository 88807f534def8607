import { existsSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { fault, type Problem, withoutPlace } from '../contract/errors.js';
import { type Report, type ReportPage, ReportWords, type SeriesImages } from '../contract/report.js';
import { readText } from '../contract/schema/schema.js';

/** Stands in the template where the data goes. */
export const DATA_MARK = '"%LIMPID_REPORT_DATA%"';

/** A page that a browser opens at once; what does not fit goes without pictures. */
const IMAGE_BUDGET = 18_000_000;

/** report.json as it is written: indented, and without places, which may name files of a patient. */
export function reportJson(report: Report): string {
  return `${JSON.stringify(report, dropPlace, 2)}\n`;
}

/**
 * report.html: one page that needs no network and runs under a strict Content-Security-Policy.
 *
 * @param images pictures in the order of the series; those over the budget of 18 MB are reduced to the middle slice,
 *   then left out, and the page says so
 * @throws LimpidError E_NOT_FOUND when the page was never built
 */
export function buildReportHtml(
  report: Report,
  images: readonly SeriesImages[],
  template: string = reportTemplate(),
  words: ReportWords = reportWords(),
): string {
  const page: ReportPage = {
    report,
    ...within(images, IMAGE_BUDGET),
    words: Object.fromEntries(
      Object.entries(words).map(([language, texts]) => [language, wordsFor(report, texts)]),
    ),
  };
  const [head, tail, ...more] = template.split(DATA_MARK);
  if (tail === undefined || more.length > 0) throw fault('E_INTERNAL/report-place');
  return head + embeddable(page) + tail;
}

/** Sentences of the reasons that are told somewhere in the report, and all terms, which may stand in any of them. */
function wordsFor(report: Report, texts: Readonly<Record<string, string>>): Record<string, string> {
  const told = new Set<string>();
  JSON.stringify(report, (key, value: unknown) => {
    if (key === 'reason' && typeof value === 'string') told.add(value).add(`${value}.remedy`);
    return value;
  });
  const isTerm = (key: string): boolean => !key.includes('/');
  return Object.fromEntries(Object.entries(texts).filter(([key]) => isTerm(key) || told.has(key)));
}

function within(
  images: readonly SeriesImages[],
  budget: number,
): { images: SeriesImages[]; imagesLeftOut: number } {
  const kept: SeriesImages[] = [];
  let left = budget;
  for (const series of images) {
    const middle = series.slices[Math.floor(series.slices.length / 2)];
    const candidates = [series, { ...series, slices: middle === undefined ? [] : [middle] }];
    const fitting = candidates.find((candidate) => sizeOf(candidate) <= left);
    if (fitting === undefined) continue;
    kept.push(fitting);
    left -= sizeOf(fitting);
  }
  return { images: kept, imagesLeftOut: images.length - kept.length };
}

function sizeOf(series: SeriesImages): number {
  return series.slices.reduce(
    (sum, slice) =>
      sum +
      slice.before.length +
      slice.after.length +
      slice.residual.length +
      (slice.uncertainty?.length ?? 0),
    0,
  );
}

/** JSON inside a script element: no `<`, so that neither a closing tag nor a comment can begin there. */
function embeddable(page: ReportPage): string {
  return JSON.stringify(page, dropPlace)
    .replaceAll('<', '\\u003c')
    .replaceAll('\u2028', '\\u2028')
    .replaceAll('\u2029', '\\u2029');
}

function dropPlace(_key: string, value: unknown): unknown {
  return isPlaced(value) ? withoutPlace(value) : value;
}

function isPlaced(value: unknown): value is Problem {
  return typeof value === 'object' && value !== null && 'place' in value && 'remedy' in value;
}

let builtPage: string | undefined;
let builtWords: ReportWords | undefined;

function reportTemplate(): string {
  builtPage ??= readFileSync(builtFile('report.html'), 'utf8');
  return builtPage;
}

function reportWords(): ReportWords {
  if (builtWords === undefined) {
    const read = readText(ReportWords, readFileSync(builtFile('words.json'), 'utf8'));
    if (!read.fits) throw fault('E_NOT_FOUND/report-page');
    builtWords = read.value;
  }
  return builtWords;
}

/** From dist/report of the package that this file is in, bundled or not. */
function builtFile(name: string): string {
  for (let folder = import.meta.dirname; ; folder = path.dirname(folder)) {
    const file = path.join(folder, 'dist', 'report', name);
    if (existsSync(file)) return file;
    if (path.dirname(folder) === folder) throw fault('E_NOT_FOUND/report-page');
  }
}
