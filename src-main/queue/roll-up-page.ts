import type { RollUp, Row } from './outcome.js';

/** Rows that are shown: what failed first, then what waits, fails or warns; the file of the table has all. */
const MOST_ROWS = 2000;
const ORDER = ['failed', 'waiting', 'skipped', 'done'];
const VERDICTS = ['fail', 'warn', 'pass'];

/** The roll-up as a page of its own, without scripts. */
export function rollUpHtml(told: RollUp): string {
  const { counts, verdicts, seconds } = told;
  const rows = [...told.series].sort((a, b) => rank(a) - rank(b) || (a.unit < b.unit ? -1 : 1));
  const shown = rows.slice(0, MOST_ROWS);
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
</style>
</head>
<body>
<h1>Batch ${escaped(told.batch)}</h1>
<p>${escaped(told.notice)}</p>
<p>${counts.done} done, <span class="failed">${counts.failed} failed</span>, ${counts.skipped} skipped, ${counts.waiting} not finished.
Verdicts: ${verdicts.pass} pass, ${verdicts.warn} warn, ${verdicts.fail} fail, ${verdicts.none} not judged.
Work: ${duration(seconds.all)} in all; a series in the middle ${duration(seconds.median)}, the longest ${duration(seconds.longest)}.</p>
<table>
<thead><tr><th>Series</th><th>State</th><th>Verdict</th><th>Code</th><th>Seconds</th><th>Tries</th><th>Machine</th></tr></thead>
<tbody>
${shown.map(rowHtml).join('\n')}
</tbody>
</table>
${rows.length > shown.length ? `<p>${rows.length - shown.length} more are in batch.csv.</p>` : ''}
<p>Limpid ${escaped(told.version)}, ${escaped(told.createdAt)}</p>
</body>
</html>
`;
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
    `<span class="${status}">${status}</span>`,
    `<span class="${verdict ?? ''}">${verdict ?? ''}</span>`,
    escaped(code ?? ''),
  ].map((cell) => `<td>${cell}</td>`);
  return `<tr>${cells.join('')}<td class="number">${seconds.toFixed(1)}</td><td class="number">${tries}</td><td>${escaped(host)}</td></tr>`;
}

function duration(seconds: number): string {
  if (seconds < 120) return `${seconds.toFixed(1)} s`;
  return seconds < 7200 ? `${(seconds / 60).toFixed(1)} min` : `${(seconds / 3600).toFixed(1)} h`;
}

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
