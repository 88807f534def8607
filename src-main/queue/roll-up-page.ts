import {
  BATCH_PAGE,
  BATCH_PAGE_LANGUAGES,
  type BatchPageKey,
  type BatchPageLanguage,
} from '../contract/words/batch-page.js';
import type { RollUp, Row } from './outcome.js';

/** Rows that are shown: what failed first, then what waits, fails or warns; the file of the table has all. */
const MOST_ROWS = 2000;
const ORDER = ['failed', 'waiting', 'skipped', 'done'];
const VERDICTS = ['fail', 'warn', 'pass'];
const HEADS = [
  'head.unit',
  'head.status',
  'head.verdict',
  'head.code',
  'head.seconds',
  'head.tries',
  'head.host',
] as const;

/** The roll-up as a page of its own, without scripts: a person chooses the language, English first. */
export function rollUpHtml(told: RollUp): string {
  const { counts, verdicts, seconds } = told;
  const rows = [...told.series].sort((a, b) => rank(a) - rank(b) || (a.unit < b.unit ? -1 : 1));
  const shown = rows.slice(0, MOST_ROWS);
  const left = rows.length - shown.length;
  const times = (language: BatchPageLanguage) => ({
    all: duration(seconds.all, language),
    median: duration(seconds.median, language),
    longest: duration(seconds.longest, language),
  });
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Limpid: batch ${escaped(told.batch)}</title>
<style>
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem; color: #1a1a1a; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: 0.25rem 0.75rem 0.25rem 0; border-bottom: 1px solid #ddd; }
td.number { text-align: right; font-variant-numeric: tabular-nums; }
.failed, .fail { color: #a40000; } .warn, .waiting { color: #7a5200; }
${BATCH_PAGE_LANGUAGES.map((one) => `#${one}:checked ~ main [lang]:not([lang="${one}"]) { display: none; }`).join('\n')}
</style>
</head>
<body>
${BATCH_PAGE_LANGUAGES.map((one, i) => `<input type="radio" name="language" id="${one}"${i === 0 ? ' checked' : ''}><label for="${one}" lang="${one}">${BATCH_PAGE[one].language}</label>`).join('\n')}
<main>
<h1>${said('batch')} ${escaped(told.batch)}</h1>
<p>${said('notice')}</p>
<p>${said('counts', (language) => ({ ...counts, failed: failedHtml(counts.failed, language) }))}
${said('verdicts', () => verdicts)}
${said('work', times)}</p>
<table>
<thead><tr>${HEADS.map((one) => `<th scope="col">${said(one)}</th>`).join('')}</tr></thead>
<tbody>
${shown.map(rowHtml).join('\n')}
</tbody>
</table>
${left > 0 ? `<p>${said('more', () => ({ count: left }))}</p>` : ''}
<p>Limpid ${escaped(told.version)}, ${escaped(told.createdAt)}</p>
</main>
</body>
</html>
`;
}

type Facts = Readonly<Record<string, string | number>>;

/** In every language, of which the page shows one. @param facts as HTML */
function said(key: BatchPageKey, facts: (language: BatchPageLanguage) => Facts = () => ({})): string {
  return BATCH_PAGE_LANGUAGES.map(
    (language) => `<span lang="${language}">${filled(BATCH_PAGE[language][key], facts(language))}</span>`,
  ).join('');
}

function filled(text: string, facts: Facts): string {
  return text.replace(/\{(\w+)\}/g, (_, name: string) => String(facts[name] ?? ''));
}

function failedHtml(count: number, language: BatchPageLanguage): string {
  return `<span class="failed">${filled(BATCH_PAGE[language].failed, { count })}</span>`;
}

function rank({ status, verdict }: Row): number {
  return 10 * ORDER.indexOf(status) + (verdict === null ? 3 : VERDICTS.indexOf(verdict));
}

function rowHtml({ unit, status, verdict, code, seconds, tries, host, stacks }: Row): string {
  const cells = [
    // One that failed in part has a report of the rest.
    stacks.length > 0
      ? `<a href="${encodeURIComponent(unit)}/report.html">${escaped(unit)}</a>`
      : escaped(unit),
    `<span class="${status}">${said(`status.${status}`)}</span>`,
    verdict === null ? '' : `<span class="${verdict}">${said(`verdict.${verdict}`)}</span>`,
    escaped(code ?? ''),
  ].map((cell) => `<td>${cell}</td>`);
  const time = BATCH_PAGE_LANGUAGES.map(
    (language) => `<span lang="${language}">${decimal(seconds, language)}</span>`,
  ).join('');
  return `<tr>${cells.join('')}<td class="number">${time}</td><td class="number">${tries}</td><td>${escaped(host)}</td></tr>`;
}

function duration(seconds: number, language: BatchPageLanguage): string {
  if (seconds < 120) return `${decimal(seconds, language)} s`;
  return seconds < 7200 ? `${decimal(seconds / 60, language)} min` : `${decimal(seconds / 3600, language)} h`;
}

function decimal(value: number, language: BatchPageLanguage): string {
  const text = value.toFixed(1);
  return language === 'de' ? text.replace('.', ',') : text;
}

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
