import type { MeasuredFigure, MeasuredPlane, PlaneName } from '../../../src-main/contract/viewing.js';
import type { AppApi } from '../../../src-main/contract/window/app.js';
import type { SeriesCard } from '../../../src-main/contract/window/opened.js';
import { save } from '../../shared/save.js';
import { privacy } from '../../state/privacy.svelte.js';
import { t } from '../../words/text.svelte.js';
import { blend } from '../image/pixels.js';
import { lengthUnit } from '../session/length-unit.js';
import { type Measured, measured } from '../session/measured.js';
import type { Scene } from '../session/scene.js';
import { unitText } from '../session/value-text.js';
import type { Measurement } from '../session/view-state.js';
import type { ViewerSession } from '../session/viewing.svelte.js';
import { type CsvRow, csvOf } from './csv.js';
import { pictureOf, pngOf } from './picture.js';

/** Makes a table of all measurements of the series, those on other slices too. @throws as frames are read */
export async function saveMeasurements(session: ViewerSession): Promise<void> {
  const { view, strength } = session;
  const card = session.series.before;
  if (card === null) return;
  const rows: CsvRow[] = [];
  for (const measurement of view.measurements) {
    const scene = await session.sceneAt(measurement.slice, measurement.frame);
    if (scene !== null)
      rows.push({ measurement, measured: measured(scene, afterOf(scene, strength), measurement) });
  }
  const { line, area } = lengthUnit(card.calibration, (name) => name);
  const units = { values: unitText(card.units), line, area, strength };
  save('measurements.csv', new Blob([csvOf(rows, units, !privacy.hidden)], { type: 'text/csv' }));
}

function afterOf({ before, after, comparable }: Scene, strength: number): Float32Array | null {
  if (after === null || !comparable) return null;
  const out = new Float32Array(after.values.length);
  blend(before.values, after.values, strength, out);
  return out;
}

/**
 * All measurements of the series as a structured report (DICOM): those before, and where a result lies on the same
 * pixels and is shown whole, those after too. What is blended lies in no image.
 *
 * @returns false: there is nothing that was measured
 */
export async function saveReport(session: ViewerSession, api: AppApi): Promise<boolean> {
  const { view, strength } = session;
  const all: MeasuredPlane[] = [];
  for (const measurement of view.measurements) {
    const scene = await session.sceneAt(measurement.slice, measurement.frame);
    if (scene === null) continue;
    const after = strength === 1 ? afterOf(scene, strength) : null;
    const found = measured(scene, after, measurement);
    all.push(planeOf(scene.before, scene.frame, measurement, figuresOf(found, 'before')));
    if (after !== null && scene.after !== null)
      all.push(planeOf(scene.after, scene.frame, measurement, figuresOf(found, 'after')));
  }
  if (all.length > 0) saveDicom('measurements.dcm', await api.measurementReport(all));
  return all.length > 0;
}

/** The marked images as a Key Object Selection (DICOM), with those of a result on the same pixels. @returns false: none is marked */
export async function saveKeyImages(
  { view, series, strength }: ViewerSession,
  api: AppApi,
): Promise<boolean> {
  const { before, after } = series;
  const shown =
    strength === 1 && after?.kind === 'dicom' && isLike(before, after) ? [before, after] : [before];
  const planes = view.keyImages.flatMap((one) =>
    shown.flatMap((card) => (card === null ? [] : [nameOf(card, one.slice, one.frame)])),
  );
  if (planes.length > 0) saveDicom('key-images.dcm', await api.keyImages(planes));
  return planes.length > 0;
}

function isLike(one: SeriesCard | null, other: SeriesCard): boolean {
  return one?.slices === other.slices && one.frames === other.frames;
}

function nameOf({ key, slices }: SeriesCard, slice: number, frame: number): PlaneName {
  return { series: key, index: frame * slices + slice };
}

function planeOf(
  { card, slice }: Scene['before'],
  frame: number,
  m: Measurement,
  figures: readonly MeasuredFigure[],
): MeasuredPlane {
  const third = m.x2 === undefined || m.y2 === undefined ? [] : [m.x2, m.y2];
  const points = m.kind === 'text' ? [m.x0, m.y0] : [m.x0, m.y0, m.x1, m.y1, ...third];
  const said = privacy.hidden || m.text === undefined ? {} : { text: m.text };
  return { plane: nameOf(card, slice, frame), shape: { id: m.id, kind: m.kind, points, figures, ...said } };
}

function figuresOf(found: Measured, side: 'before' | 'after'): MeasuredFigure[] {
  if (found.kind === 'line') return [{ name: 'length', value: found.length }];
  if (found.kind === 'angle') return found.degrees === null ? [] : [{ name: 'angle', value: found.degrees }];
  const region = found.kind === 'region' ? found[side] : null;
  if (region === null) return [];
  return (['mean', 'sd', 'minimum', 'maximum', 'area'] as const).map((name) => ({
    name,
    value: region[name],
  }));
}

/** @param file in base64 */
function saveDicom(name: string, file: string): void {
  const bytes = Uint8Array.from(atob(file), (letter) => letter.charCodeAt(0));
  save(name, new Blob([bytes], { type: 'application/dicom' }));
}

/** The viewports as a PNG, saved or put on the clipboard. */
export async function savePicture(viewports: HTMLElement, copy: boolean): Promise<void> {
  const png = pngOf(pictureOf(viewports, t('viewer.notForDiagnosis')));
  if (!copy) save('view.png', await png);
  // the promise itself: a clipboard must be asked for while the key or the click is fresh
  else await navigator.clipboard.write([new ClipboardItem({ 'image/png': png })]);
}
