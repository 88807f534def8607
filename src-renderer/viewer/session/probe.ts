import { t } from '../../words/text.svelte.js';
import { voxelToPatient } from '../image/geometry.js';
import { pixelAt } from '../image/measure.js';
import type { Paint } from './painter.js';
import type { Scene } from './scene.js';
import { number, positionText, withUnits } from './value-text.js';
import type { PaneKind, Point } from './view-state.js';

/** What a viewport says of the pixel under the probe: its value in rescaled units, and where it is in the patient. */
export function probeText(
  scene: Scene | null,
  paint: Paint,
  kind: PaneKind,
  probe: Point,
): readonly string[] | null {
  if (scene === null) return null;
  const { frame, card, values, slice } = scene.before;
  const index = pixelAt(frame.columns, frame.rows, probe.x, probe.y);
  if (index === null) return null;
  const [column, row] = [Math.floor(probe.x), Math.floor(probe.y)];
  const before = withUnits(values[index], card.units);
  const after = paint.afterValues()?.[index];
  const afterText = after === undefined ? null : withUnits(after, card.units);
  const error = paint.errorValues()?.[index];
  const texts: Record<PaneKind, string | null> = {
    before,
    after: afterText,
    swipe: afterText === null ? before : `${before} → ${afterText}`,
    flicker: afterText === null ? before : `${before} → ${afterText}`,
    residual: after === undefined ? null : withUnits(values[index] - after, card.units),
    error: error === undefined ? null : withUnits(error, paint.errorUnits),
  };
  const text = texts[kind];
  if (text === null) return null;
  const at = voxelToPatient(card, column, row, slice);
  const lines = [`${text}  (${number(column)}, ${number(row)})`];
  if (at !== null) lines.push(`${t('viewer.position')} ${positionText(at)} LPS`);
  return lines;
}
