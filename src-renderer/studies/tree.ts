import type { SeriesCard } from '../../src-main/contract/window/opened.js';
import type { Speech } from '../words/catalogue.js';
import { traitsIn } from '../words/traits-text.js';

/** The list of Studies: patients, their studies, the series in these, as rows of known height. */
export type Row =
  | { readonly kind: 'patient'; readonly key: string; readonly name: string; readonly number: number }
  | {
      readonly kind: 'study';
      readonly key: string;
      readonly name: string;
      readonly date: string;
      /** Of its patient, from 1: what it is called where names are hidden. */
      readonly number: number;
      readonly series: number;
    }
  | { readonly kind: 'series'; readonly key: string; readonly card: SeriesCard };

export const ROW_HEIGHT: Readonly<Record<Row['kind'], number>> = { patient: 32, study: 28, series: 64 };

interface Study {
  readonly key: string;
  readonly name: string;
  readonly date: string;
  readonly cards: SeriesCard[];
}

/**
 * Rows in order: inputs as they were opened, patients of each by name, studies by date, series by number, a derived series right after its
 * source. A NIfTI file names no patient and no study: each input is a study of a patient without a name.
 */
export function rowsOf(cards: readonly SeriesCard[], filter: string, speech: Speech): Row[] {
  const sorted = byPatient(cards);
  const wanted = sorted.filter((card) => matches(card, filter, speech));
  const patients = new Map<string, Map<string, Study>>();
  const numbers = new Map<string, number>();
  for (const card of sorted)
    if (!numbers.has(card.forPerson.patient)) numbers.set(card.forPerson.patient, numbers.size + 1);
  for (const card of wanted) {
    const { patient, study, studyDate } = card.forPerson;
    const studies = patients.get(patient) ?? new Map<string, Study>();
    patients.set(patient, studies);
    const key = `study ${patient} ${card.studyInstanceUid ?? 'none'}`;
    const known = studies.get(key);
    if (known === undefined) studies.set(key, { key, name: study, date: studyDate, cards: [card] });
    else known.cards.push(card);
  }
  const rows: Row[] = [];
  for (const [name, studies] of patients) {
    rows.push({ kind: 'patient', key: `patient ${name}`, name, number: numbers.get(name) ?? 0 });
    const inOrder = [...studies.values()].sort((a, b) => a.date.localeCompare(b.date));
    for (const [i, study] of inOrder.entries()) {
      rows.push({
        kind: 'study',
        key: study.key,
        name: study.name,
        date: study.date,
        number: i + 1,
        series: study.cards.length,
      });
      for (const card of ordered(study.cards)) rows.push({ kind: 'series', key: card.key, card });
    }
  }
  return rows;
}

function byPatient(cards: readonly SeriesCard[]): SeriesCard[] {
  const inputs = [...new Set(cards.map(({ input }) => input))];
  const names = (a: SeriesCard, b: SeriesCard) =>
    a.forPerson.patient.localeCompare(b.forPerson.patient, undefined, { numeric: true });
  return inputs.flatMap((id) => cards.filter(({ input }) => input === id).sort(names));
}

function ordered(cards: readonly SeriesCard[]): SeriesCard[] {
  const byNumber = [...cards].sort((a, b) => (a.seriesNumber ?? 1e9) - (b.seriesNumber ?? 1e9));
  const uids = new Set(cards.map((card) => card.seriesInstanceUid));
  const isChild = (card: SeriesCard) => card.derivedFrom !== null && uids.has(card.derivedFrom);
  const out: SeriesCard[] = [];
  const put = (card: SeriesCard) => {
    if (out.includes(card)) return;
    out.push(card);
    if (card.seriesInstanceUid !== null)
      for (const child of byNumber) if (child.derivedFrom === card.seriesInstanceUid) put(child);
  };
  for (const card of byNumber) if (!isChild(card)) put(card);
  // Series that name one another as their source would be reached from no root.
  for (const card of byNumber) put(card);
  return out;
}

/** Every word of the filter must occur somewhere in what the row shows, or in the path of its first file. */
function matches(card: SeriesCard, filter: string, speech: Speech): boolean {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return true;
  const { patient, study, studyDate, description, file = '' } = card.forPerson;
  const text = [
    patient,
    study,
    studyDate,
    description,
    file,
    card.modality ?? '',
    card.seriesNumber ?? '',
    traitsIn(speech, card.traits),
  ]
    .join(' ')
    .toLowerCase();
  return words.every((word) => text.includes(word));
}

/** The rows that a window of the list shows, with a margin on both sides, and the space around them; px. */
export function visibleRows(
  heights: readonly number[],
  top: number,
  height: number,
  margin = 256,
): { first: number; last: number; before: number; after: number } {
  let first = 0;
  let before = 0;
  for (const row of heights) {
    if (before + row >= top - margin) break;
    before += row;
    first++;
  }
  let last = first;
  let bottom = before;
  for (const row of heights.slice(first)) {
    if (bottom >= top + height + margin) break;
    bottom += row;
    last++;
  }
  const after = heights.slice(last).reduce((sum, row) => sum + row, 0);
  return { first, last, before, after };
}

/** The next series row in a direction; the same index where there is none. */
export function stepTo(rows: readonly Row[], from: number, by: number): number {
  const series = rows.flatMap((row, i) => (row.kind === 'series' ? [i] : []));
  const at = series.indexOf(from);
  const last = series.length - 1;
  const start = by > 0 ? 0 : last;
  return series[at < 0 ? start : Math.min(last, Math.max(0, at + by))] ?? -1;
}
