import type { RegionStatistics } from '../image/measure.js';
import type { Measured } from '../session/measured.js';
import type { Measurement } from '../session/view-state.js';

/** A measurement with its numbers. */
export interface CsvRow {
  readonly measurement: Measurement;
  readonly measured: Measured;
}

interface CsvUnits {
  /** Of the values. */
  readonly values: string;
  readonly line: string;
  readonly area: string;
  /** 0 to 1: at which `after` was looked at. */
  readonly strength: number;
}

const REGION = ['pixels', 'mean', 'sd', 'minimum', 'maximum', 'snr'] as const;
const HEAD = [
  ...['id', 'kind', 'slice', 'time_point', 'x0', 'y0', 'x1', 'y1', 'x2', 'y2'],
  ...['length', 'length_unit', 'angle_degrees', 'area', 'area_unit', 'unit', 'strength'],
  ...['before', 'after'].flatMap((side) => REGION.map((name) => `${name}_${side}`)),
  'text',
];

/**
 * A table of measurements: slices and time points from 1, as the window counts them, pixel coordinates from the corner
 * of the first pixel. Separated by commas, with decimal points (RFC 4180).
 *
 * @param withText whether what persons wrote is in it
 */
export function csvOf(rows: readonly CsvRow[], units: CsvUnits, withText: boolean): string {
  const lines = rows.map(({ measurement: m, measured }) => {
    const regions = measured.kind === 'region' ? [measured.before, measured.after] : [null, null];
    const [length, angle] = [
      measured.kind === 'line' ? measured.length : null,
      measured.kind === 'angle' ? measured.degrees : null,
    ];
    return [
      ...[m.id, m.kind, m.slice + 1, m.frame + 1, m.x0, m.y0, m.x1, m.y1, m.x2 ?? null, m.y2 ?? null],
      ...[length, length === null ? null : units.line, angle],
      ...[regions[0]?.area ?? null, regions[0] === null ? null : units.area, units.values, units.strength],
      ...regions.flatMap(numbersOf),
      withText ? (m.text ?? null) : null,
    ];
  });
  return [HEAD, ...lines].map((line) => `${line.map(cell).join(',')}\r\n`).join('');
}

function numbersOf(region: RegionStatistics | null): (number | null)[] {
  return REGION.map((name) => region?.[name] ?? null);
}

function cell(value: string | number | null): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(Number(value.toPrecision(9)));
  // a program of tables would take these for a formula
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
