import { save } from '../../shared/save.js';
import { privacy } from '../../state/privacy.svelte.js';
import { t } from '../../words/text.svelte.js';
import { blend } from '../image/pixels.js';
import { lengthUnit } from '../session/length-unit.js';
import { measured } from '../session/measured.js';
import type { Scene } from '../session/scene.js';
import { unitText } from '../session/value-text.js';
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

/** The viewports as a PNG, saved or put on the clipboard. */
export async function savePicture(viewports: HTMLElement, copy: boolean): Promise<void> {
  const png = pngOf(pictureOf(viewports, t('viewer.notForDiagnosis')));
  if (!copy) save('view.png', await png);
  // the promise itself: a clipboard must be asked for while the key or the click is fresh
  else await navigator.clipboard.write([new ClipboardItem({ 'image/png': png })]);
}
