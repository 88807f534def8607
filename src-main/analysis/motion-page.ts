import type { FrameMotion, MotionReport, MotionSeries } from '../contract/motion.js';

const PATIENT = ['left_mm', 'back_mm', 'head_mm', 'about_left_deg', 'about_back_deg', 'about_head_deg'];
const PLANE = ['row_mm', 'column_mm', 'normal_mm', 'about_row_deg', 'about_column_deg', 'about_normal_deg'];

/** A line a frame, for spreadsheets; frames are counted from 1, and what is not known is empty. */
export function motionCsv({ series }: MotionReport): string {
  const head = [
    'series,frame,axes',
    ...PATIENT.map((_, k) => (k < 3 ? `translation_${k + 1}_mm` : `rotation_${k - 2}_deg`)),
    'framewise_displacement_mm,deviation_mm,correlation,group',
  ].join(',');
  const lines = series.flatMap(({ id, axes, frames }) =>
    frames.map(({ frame, values, displacement, deviation, correlation, group }) =>
      [
        id,
        frame + 1,
        axes,
        ...PATIENT.map((_, k) => cell(values?.[k])),
        cell(displacement),
        cell(deviation),
        correlation.toFixed(3),
        group + 1,
      ].join(','),
    ),
  );
  return `${[head, ...lines].join('\n')}\n`;
}

function cell(value: number | null | undefined): string {
  return value === null || value === undefined ? '' : value.toFixed(4);
}

/** The report as one page without scripts. */
export function motionHtml(report: MotionReport): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width">
<title>Limpid: motion between frames</title>
<style>
:root { color-scheme: light dark; }
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 62rem; padding: 0 1rem; }
svg { max-width: 100%; display: block; margin: 0.5rem 0; }
.notice { border: 1px solid; border-radius: 0.25rem; display: inline-block; padding: 0.15rem 0.6rem; }
</style>
</head>
<body>
<h1>Motion between frames</h1>
<p class="notice">${text(report.notice)}. Motion within a frame, slice by slice, is not told.</p>
${report.series.map(section).join('\n')}
</body>
</html>
`;
}

function section({ id, problem, warnings, axes, reference, limit, frames }: MotionSeries): string {
  const head = `<h2>${text(id)}</h2>`;
  if (axes === null || reference === null)
    return `${head}\n<p>${text(problem?.message ?? 'not looked at')}</p>`;
  const names = (axes === 'patient' ? PATIENT : PLANE).map((name) =>
    name.replace(/_(mm|deg)$/, '').replace(/_/g, ' '),
  );
  const told = axes === 'patient' ? [0, 1, 2, 3, 4, 5] : [0, 1, 5];
  const curve = (k: number) => ({ name: names[k], values: frames.map(({ values }) => values?.[k] ?? null) });
  const steps = frames.map(({ displacement }) => displacement);
  const known = steps.filter((value) => value !== null);
  const mean = known.length === 0 ? '-' : (known.reduce((a, b) => a + b, 0) / known.length).toFixed(2);
  const most = known.length === 0 ? '-' : Math.max(...known).toFixed(2);
  return [
    head,
    `<p>${frames.length} frames against frame ${reference + 1}, ${axes === 'patient' ? 'in the axes of the patient (towards the left, the back and the head)' : 'in the plane only'}; framewise displacement (Power 2012): mean ${mean} mm, largest ${most} mm.</p>`,
    ...warnings.map(({ message }) => `<p>${text(message)}</p>`),
    plot('Translation, mm', told.filter((k) => k < 3).map(curve), null),
    plot('Rotation, degrees', told.filter((k) => k >= 3).map(curve), null),
    plot('Framewise displacement, mm', [{ name: 'from the frame before', values: steps }], limit),
  ].join('\n');
}

interface Curve {
  readonly name: string | undefined;
  readonly values: readonly FrameMotion['displacement'][];
}

const [WIDTH, HEIGHT, EDGE] = [820, 150, 46];
/** Okabe and Ito (2008): told apart by colour-blind people too. */
const COLOURS = ['#0072b2', '#e69f00', '#009e73'];
/** Of less nothing is to be seen. */
const LEAST_RANGE = 0.2;

/** @param limit a line across, where it lies within the values */
function plot(title: string, curves: readonly Curve[], limit: number | null): string {
  const all = curves.flatMap(({ values }) => values.filter((value) => value !== null));
  const low = Math.min(0, ...all);
  const high = Math.max(low + LEAST_RANGE, ...all);
  const frames = curves[0]?.values.length ?? 0;
  const x = (frame: number): string => (EDGE + (WIDTH * frame) / Math.max(1, frames - 1)).toFixed(1);
  const y = (value: number): string => (EDGE / 2 + HEIGHT * (1 - (value - low) / (high - low))).toFixed(1);
  const lines = curves.flatMap(({ values }, c) =>
    runs(values).map((run) =>
      run.length === 1
        ? `<circle r="2" fill="${COLOURS[c]}" cx="${x(run[0][0])}" cy="${y(run[0][1])}"/>`
        : `<polyline fill="none" stroke="${COLOURS[c]}" stroke-width="1.5" points="${run.map(([frame, value]) => `${x(frame)},${y(value)}`).join(' ')}"/>`,
    ),
  );
  const legend = curves.map(
    ({ name }, c) =>
      `<text x="${EDGE + 220 + 160 * c}" y="14" fill="${COLOURS[c]}">${text(name ?? '')}</text>`,
  );
  const across =
    limit !== null && limit < high
      ? `<line x1="${EDGE}" x2="${EDGE + WIDTH}" y1="${y(limit)}" y2="${y(limit)}" stroke="#d55e00" stroke-dasharray="4"/>`
      : '';
  const zero = `<line x1="${EDGE}" x2="${EDGE + WIDTH}" y1="${y(0)}" y2="${y(0)}" stroke="#8888"/>`;
  return `<svg viewBox="0 0 ${WIDTH + 2 * EDGE} ${HEIGHT + 2 * EDGE}" role="img" aria-label="${title}" font-size="12" fill="currentColor">
<text x="${EDGE}" y="14">${title}</text>
<rect x="${EDGE}" y="${EDGE / 2}" width="${WIDTH}" height="${HEIGHT}" fill="none" stroke="#8888"/>
${[low, high].map((value) => `<text x="${EDGE - 6}" y="${y(value)}" text-anchor="end" dominant-baseline="middle">${value.toFixed(2)}</text>`).join('\n')}
<text x="${EDGE}" y="${EDGE / 2 + HEIGHT + 16}">1</text>
<text x="${EDGE + WIDTH}" y="${EDGE / 2 + HEIGHT + 16}" text-anchor="end">${frames}</text>
${zero}
${across}
${lines.join('\n')}
${legend.join('\n')}
</svg>`;
}

/** Frames that follow one another and are known, with their values. */
function runs(values: readonly (number | null)[]): [number, number][][] {
  const found: [number, number][][] = [];
  values.forEach((value, frame) => {
    if (value === null) return;
    const last = found[found.length - 1];
    if (last?.[last.length - 1]?.[0] === frame - 1) last.push([frame, value]);
    else found.push([[frame, value]]);
  });
  return found;
}

function text(value: string): string {
  return value.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;');
}
