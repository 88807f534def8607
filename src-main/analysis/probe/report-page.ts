import type {
  ClassScores,
  ProbeComparison,
  ProbeFeatures,
  ProbeReport,
  ProbeResultRow,
} from '../../contract/encoders/probe.js';

const FEATURES: Readonly<Record<ProbeFeatures, string>> = {
  latent: 'latents of the model',
  pca: 'principal components, as many numbers',
  raw: 'statistics of intensities and gradients',
};

/** The report as one page without scripts. */
export function probeHtml(report: ProbeReport): string {
  const { model, counts, target, comparisons, results, patientsFrom } = report;
  const linear = results.find(({ features, method }) => features === 'latent' && method === 'linear');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width">
<title>Limpid: what latents tell</title>
<style>
:root { color-scheme: light dark; }
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 62rem; padding: 0 1rem; }
table { border-collapse: collapse; margin: 0.5rem 0 1rem; }
caption { text-align: left; font-weight: 600; }
th, td { padding: 0.15rem 0.75rem; text-align: right; font-variant-numeric: tabular-nums; border-bottom: 1px solid #8886; }
th:first-child, td:first-child { text-align: left; }
svg { max-width: 100%; margin-right: 1rem; }
.notice { border: 1px solid; border-radius: 0.25rem; display: inline-block; padding: 0.15rem 0.6rem; }
</style>
</head>
<body>
<h1>What latents tell</h1>
<p class="notice">${text(report.notice)}. All numbers are of patients that were not learnt from.</p>
<table>
${row('Model', `${text(model.family)}, SHA-256 ${text(model.sha256.slice(0, 12))}`)}
${row('Vectors', `${report.vectors.length} numbers a slice (${report.vectors.kind})`)}
${row('Looked at', `${counts.slices} slices of ${counts.series} series of ${counts.patients} patients, told by the ${patientsFrom}`)}
${row('Cross-validation', `${counts.folds} parts; all of a patient in one`)}
${row('Limpid', text(report.version))}
</table>
${target.kind === 'classes' ? classTable(report) : numberTable(report)}
${comparisons.map((one) => `<p>${sentence(one, target.kind)}</p>`).join('\n')}
${linear !== undefined && target.kind === 'classes' ? details(linear, target.classes) : ''}
</body>
</html>
`;
}

function sentence({ against, difference, interval, verdict }: ProbeComparison, kind: string): string {
  const [low, high] = interval.map((value) => (kind === 'classes' ? points(value) : value.toPrecision(3)));
  const what = kind === 'classes' ? 'balanced accuracy' : 'mean error saved';
  const by = kind === 'classes' ? `${points(difference)} points` : difference.toPrecision(3);
  const than = against === 'pca' ? 'principal components' : 'raw statistics';
  const said = {
    better: `Latents are better than ${than}`,
    worse: `Latents are worse than ${than}`,
    'not told apart': `Latents and ${than} are not told apart`,
  }[verdict];
  return `${said}: difference of ${what}, slice by slice, ${by} (95 % of resampled patients: ${low} to ${high}).`;
}

function points(share: number): string {
  return (100 * share).toFixed(1);
}

function percent(share: number | null): string {
  return share === null ? '' : `${points(share)} %`;
}

function named({ features, method }: ProbeResultRow): string {
  return `${FEATURES[features]}, ${method === 'linear' ? 'linear' : 'nearest neighbours'}`;
}

function classTable({ results, chance }: ProbeReport): string {
  const lines = results.flatMap((one) => {
    const { slices, series } = one;
    if (slices.kind !== 'classes' || series.kind !== 'classes') return [];
    return cells([
      named(one),
      String(one.length),
      percent(slices.accuracy),
      percent(slices.balancedAccuracy),
      slices.auc?.toFixed(3) ?? '',
      percent(slices.calibrationError),
      percent(series.accuracy),
      percent(series.balancedAccuracy),
      series.auc?.toFixed(3) ?? '',
    ]);
  });
  return `<table>
<caption>Slices (those of a series together count as one), then series (mean of their slices)</caption>
<tr><th>From</th><th>Numbers</th><th>Accuracy</th><th>Balanced</th><th>AUC</th><th>Calibration error</th><th>Series</th><th>Balanced</th><th>AUC</th></tr>
${lines.join('\n')}
${cells(['always the most frequent class', '', percent(chance.accuracy), '', '', '', '', '', ''])}
</table>`;
}

function numberTable({ results, chance }: ProbeReport): string {
  const lines = results.flatMap((one) => {
    const { slices, series } = one;
    if (slices.kind !== 'numbers' || series.kind !== 'numbers') return [];
    return cells([
      named(one),
      String(one.length),
      slices.meanError.toPrecision(3),
      percent(slices.explained),
      slices.correlation?.toFixed(3) ?? '',
      series.meanError.toPrecision(3),
      percent(series.explained),
    ]);
  });
  return `<table>
<caption>Slices (those of a series together count as one), then series (mean of their slices)</caption>
<tr><th>From</th><th>Numbers</th><th>Mean error</th><th>Variance explained</th><th>Correlation</th><th>Series</th><th>Variance explained</th></tr>
${lines.join('\n')}
${cells(['always the mean', '', chance.meanError?.toPrecision(3) ?? '', '', '', '', ''])}
</table>`;
}

function details({ slices, series }: ProbeResultRow, classes: readonly string[]): string {
  if (slices.kind !== 'classes' || series.kind !== 'classes') return '';
  return `<h2>Linear, on latents</h2>
${confusionTable('Slices, weighed alike for all series: what they are (rows) and were told to be', slices, classes)}
${confusionTable('Series: what they are (rows) and were told to be', series, classes)}
${curves(slices, classes)}${reliability(slices)}`;
}

function confusionTable(caption: string, { confusion }: ClassScores, classes: readonly string[]): string {
  const lines = confusion.map((counts, c) =>
    cells([text(classes[c]), ...counts.map((count) => String(Number(count.toFixed(1))))]),
  );
  return `<table>
<caption>${caption}</caption>
<tr><th></th>${classes.map((one) => `<th>${text(one)}</th>`).join('')}</tr>
${lines.join('\n')}
</table>`;
}

const SIDE = 220;
const EDGE = 30;
/** Okabe and Ito (2008): told apart by colour-blind people too. */
const COLOURS = ['#0072b2', '#e69f00', '#009e73', '#cc79a7', '#d55e00', '#56b4e9', '#7f6a00', '#555555'];

function plot(title: string, inner: string, legend: readonly string[]): string {
  const height = SIDE + 2 * EDGE + 16 * legend.length;
  const words = legend.map(
    (one, i) =>
      `<text x="${EDGE}" y="${SIDE + 2 * EDGE + 12 + 16 * i}" fill="${COLOURS[i % COLOURS.length]}">${one}</text>`,
  );
  return `<svg width="${SIDE + 2 * EDGE}" height="${height}" role="img" aria-label="${title}" font-size="12" fill="currentColor">
<text x="${EDGE}" y="18">${title}</text>
<rect x="${EDGE}" y="${EDGE}" width="${SIDE}" height="${SIDE}" fill="none" stroke="#8888"/>
<line x1="${EDGE}" y1="${EDGE + SIDE}" x2="${EDGE + SIDE}" y2="${EDGE}" stroke="#8888" stroke-dasharray="4"/>
${inner}
${words.join('\n')}
</svg>`;
}

const x = (share: number): string => (EDGE + SIDE * share).toFixed(1);
const y = (share: number): string => (EDGE + SIDE * (1 - share)).toFixed(1);

function curves({ roc }: ClassScores, classes: readonly string[]): string {
  const lines = roc.map(
    ({ points: all }, c) =>
      `<polyline fill="none" stroke="${COLOURS[c % COLOURS.length]}" stroke-width="1.5" points="${all.map(([wrong, right]) => `${x(wrong)},${y(right)}`).join(' ')}"/>`,
  );
  const legend = roc.map(({ auc }, c) => `${text(classes[c])}: AUC ${auc?.toFixed(3) ?? '-'}`);
  return plot('ROC, each class against the others', lines.join('\n'), legend);
}

function reliability({ reliability: bins, calibrationError }: ClassScores): string {
  const total = bins.reduce((sum, { count }) => sum + count, 0);
  const dots = bins.flatMap(({ count, confidence, accuracy }) =>
    count === 0
      ? []
      : `<circle cx="${x(confidence)}" cy="${y(accuracy)}" r="${(3 + 6 * Math.sqrt(count / total)).toFixed(1)}" fill="${COLOURS[0]}" fill-opacity="0.7"/>`,
  );
  return plot('Told probability, and how often right', dots.join('\n'), [
    `expected calibration error ${percent(calibrationError)}`,
  ]);
}

function row(name: string, value: string): string {
  return `<tr><th>${name}</th><td>${value}</td></tr>`;
}

function cells(values: readonly string[]): string {
  return `<tr>${values.map((value) => `<td>${value}</td>`).join('')}</tr>`;
}

function text(value: string): string {
  return value
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
