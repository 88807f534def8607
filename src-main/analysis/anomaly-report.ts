import type { AnomalyReport, AnomalySeries, LesionCheck, ScoredSlice } from '../contract/anomaly.js';
import { colourPng, grayPng } from '../imaging/png.js';
import type { ScaledStack } from '../restore/apply.js';
import type { ScoredStack } from './anomaly-score.js';

/** Pictures of one slice: PNG. */
export interface SlicePictures {
  readonly slice: number;
  readonly frame: number;
  readonly image: Uint8Array;
  readonly errorMap: Uint8Array;
  readonly mask: Uint8Array;
}

const SHOWN = 3;

/** The slices with the highest scores, the highest first. */
export function pictures(stack: ScaledStack, { slices, errorMap, mask }: ScoredStack): SlicePictures[] {
  const { rows, columns } = stack;
  const score = ({ error }: ScoredSlice): number => error?.score ?? 0;
  const highest = slices.filter(({ error }) => error !== null).sort((a, b) => score(b) - score(a));
  return highest.slice(0, SHOWN).map(({ slice, frame }) => {
    const from = (frame * stack.slices + slice) * rows * columns;
    const part = (values: Float32Array): Float32Array => values.subarray(from, from + rows * columns);
    const marks = Float32Array.from(mask.subarray(from, from + rows * columns));
    return {
      slice,
      frame,
      image: grayPng(part(stack.values), columns, rows, { low: 0, high: 1 }),
      errorMap: colourPng(part(errorMap), columns, rows, 'magma', { low: 0, high: 2 }),
      mask: grayPng(marks, columns, rows, { low: 0, high: 1 }),
    };
  });
}

/** A line a slice, for spreadsheets. */
export function scoresCsv({ series }: AnomalyReport): string {
  const head =
    'series,id,slice,frame,foreground,error_score,error_rank,error_above,intensity_score,intensity_rank,intensity_above';
  const lines = series.flatMap(({ id, slices }, i) =>
    slices.map(({ slice, frame, foreground, error, intensity }) => {
      const numbers = [error, intensity].flatMap((one): (number | string)[] =>
        one === null ? ['', '', ''] : [one.score, one.rank, one.above],
      );
      return [i, id, slice, frame, foreground, ...numbers].join(',');
    }),
  );
  return `${[head, ...lines].join('\n')}\n`;
}

/** The report as one page without scripts. @param shown pictures by place in `report.series` */
export function reportHtml(
  report: AnomalyReport,
  shown: ReadonlyMap<number, readonly SlicePictures[]>,
): string {
  const { model, limits, normal, falsePositiveRate, score = 'residual' } = report;
  const name = NAMES[score];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width">
<title>Limpid: unlike the training images</title>
<style>
:root { color-scheme: light dark; }
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 62rem; padding: 0 1rem; }
table { border-collapse: collapse; margin: 0.5rem 0 1rem; }
th, td { padding: 0.15rem 0.75rem; text-align: right; font-variant-numeric: tabular-nums; border-bottom: 1px solid #8886; }
th:first-child, td:first-child { text-align: left; }
figure { display: inline-block; margin: 0 0.5rem 0.5rem 0; }
img { display: block; width: 18rem; max-width: 100%; background: #000; }
.notice { border: 1px solid; border-radius: 0.25rem; display: inline-block; padding: 0.15rem 0.6rem; }
</style>
</head>
<body>
<h1>Unlike the training images</h1>
<p class="notice">${text(report.notice)}. This is no lesion detector: what is marked is unusual, for whatever reason.</p>
<table>
${row('Model', `${text(model.family)}, SHA-256 ${text(model.sha256.slice(0, 12))}`)}
${row('Calibrated on', `${normal.planes} normal slices (${normal.source === 'given' ? 'given' : 'held out when the model was trained'})`)}
${row('Share of normal foreground above the limit', percent(falsePositiveRate))}
${row('Marked by', score === 'features' ? 'features unlike those of their place' : 'what the model rebuilds badly')}
${row(`Limit of the ${name}`, measure(report, limits.error))}
${row('Limit of the intensity baseline', percent(limits.intensity))}
${row('Limpid', text(report.version))}
</table>
<p>${score === 'features' ? 'Distances of features are standard deviations of what is usual at a place; intensities' : 'Errors and intensities'} are shares of the intensity range of their series. The baseline marks what is brighter or darker than tissue mostly is, without a model.</p>
${report.series.map((series, i) => seriesHtml(report, series, shown.get(i) ?? [])).join('\n')}
</body>
</html>
`;
}

const NAMES = { features: 'distance of features', residual: 'rebuild error' } as const;

function nameOf({ score = 'residual' }: AnomalyReport): string {
  return capital(NAMES[score]);
}

function capital(words: string): string {
  return words.slice(0, 1).toUpperCase() + words.slice(1);
}

/** A number of what marks, in its unit. */
function measure({ score = 'residual' }: AnomalyReport, value: number): string {
  return score === 'features' ? `${value.toPrecision(3)} SD` : percent(value);
}

function seriesHtml(report: AnomalyReport, series: AnomalySeries, shown: readonly SlicePictures[]): string {
  const { id, problem, warnings, marked, lesions } = series;
  const told = [...(problem === null ? [] : [problem]), ...warnings];
  return `<section>
<h2>Series ${text(id)}</h2>
${told.map((one) => `<p>${text(`${one.code}: ${one.message} ${one.remedy}`)}</p>`).join('\n')}
${marked === null ? '' : `<p>Marked: ${percent(marked)} of the foreground.</p>`}
${slicesHtml(report, series)}
${shown.map((one) => picturesHtml(nameOf(report), one)).join('\n')}
${lesions === null ? '' : lesionsHtml(nameOf(report), lesions)}
</section>`;
}

const LISTED = 10;

function slicesHtml(report: AnomalyReport, { slices }: AnomalySeries): string {
  const scored = slices.flatMap((slice) => (slice.error === null ? [] : [{ ...slice, error: slice.error }]));
  if (scored.length === 0) return '';
  const highest = [...scored].sort((a, b) => b.error.score - a.error.score).slice(0, LISTED);
  const lines = highest.map(({ slice, frame, error, intensity }) =>
    cells([
      `${slice + 1}${frame > 0 ? ` (frame ${frame + 1})` : ''}`,
      measure(report, error.score),
      error.rank.toFixed(2),
      percent(error.above),
      intensity === null ? '' : percent(intensity.score),
      intensity === null ? '' : intensity.rank.toFixed(2),
    ]),
  );
  return `<table>
<caption>Slices with the highest scores, of ${scored.length}</caption>
<tr><th>Slice</th><th>${nameOf(report)}</th><th>Rank among normal</th><th>Above limit</th><th>Baseline</th><th>Rank</th></tr>
${lines.join('\n')}
</table>`;
}

function picturesHtml(name: string, { slice, frame, image, errorMap, mask }: SlicePictures): string {
  const where = `slice ${slice + 1}${frame > 0 ? `, frame ${frame + 1}` : ''}`;
  const figure = (png: Uint8Array, what: string): string =>
    `<figure><img alt="${what}, ${where}" src="data:image/png;base64,${Buffer.from(png).toString('base64')}"><figcaption>${what}, ${where}</figcaption></figure>`;
  return `<div>${figure(image, 'Image')}${figure(errorMap, `${name} over limit, 0 to 2`)}${figure(mask, 'Mask')}</div>`;
}

function lesionsHtml(name: string, { lesions, prevalence, error, intensity, kinds }: LesionCheck): string {
  const method = (called: string, one: LesionCheck['error']): string =>
    cells([
      called,
      one.auroc.toFixed(3),
      one.auprc.toFixed(3),
      one.dice.toFixed(3),
      one.bestDice.toFixed(3),
      percent(one.falsePositives),
    ]);
  return `<h3>Inserted lesions</h3>
<p>${lesions} lesions of known size and contrast were inserted into a copy; ${percent(prevalence)} of the judged foreground lies in them. What is odd in the images already counts as a mistake of both.</p>
<table>
<tr><th>Method</th><th>AUROC</th><th>AUPRC</th><th>Dice at limit</th><th>Best Dice</th><th>False positives</th></tr>
${method(name, error)}
${method('Intensity baseline', intensity)}
</table>
<table>
<tr><th>Diameter</th><th>Contrast</th><th>Inserted</th><th>Found by ${name.toLowerCase()}</th><th>Found by intensity</th></tr>
${kinds
  .map((kind) =>
    cells([
      `${kind.diameter} mm`,
      percent(kind.contrast),
      `${kind.inserted}`,
      `${kind.foundByError}`,
      `${kind.foundByIntensity}`,
    ]),
  )
  .join('\n')}
</table>`;
}

function row(name: string, value: string): string {
  return `<tr><th>${name}</th><td>${value}</td></tr>`;
}

function cells(values: readonly string[]): string {
  return `<tr>${values.map((value) => `<td>${value}</td>`).join('')}</tr>`;
}

function percent(share: number): string {
  return `${(100 * share).toPrecision(3)} %`;
}

function text(value: string): string {
  return value.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
