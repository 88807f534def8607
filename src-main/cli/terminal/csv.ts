import type { ResultEvent } from '../../contract/events.js';
import type { InspectedSeries, StoppedResult } from '../../contract/results.js';
import { englishTraits } from '../../contract/words/traits.js';

const COLUMNS: readonly (readonly [string, (series: InspectedSeries) => string | number | boolean | null])[] =
  [
    ['series', ({ id }) => id],
    ['kind', ({ kind }) => kind],
    ['study_instance_uid', ({ studyInstanceUid }) => studyInstanceUid],
    ['series_instance_uid', ({ seriesInstanceUid }) => seriesInstanceUid],
    ['series_number', ({ seriesNumber }) => seriesNumber],
    ['modality', ({ modality }) => modality],
    ['description', ({ forPerson }) => forPerson?.description ?? null],
    ['part', ({ traits }) => englishTraits(traits ?? [])],
    ['files', ({ instances }) => instances],
    ['columns', ({ columns }) => columns],
    ['rows', ({ rows }) => rows],
    ['slices', ({ slices }) => slices],
    ['frames', ({ frames }) => frames],
    ['spacing_x_mm', ({ spacing }) => spacing[0]],
    ['spacing_y_mm', ({ spacing }) => spacing[1]],
    ['spacing_z_mm', ({ spacing }) => spacing[2]],
    ['b_values', ({ bValues }) => bValues?.join(' ') ?? null],
    ['transfer_syntaxes', ({ transferSyntaxes }) => transferSyntaxes.join(' ')],
    ['noise', ({ noise }) => noise?.sigma ?? null],
    ['noise_percent', ({ noise }) => noise?.relative ?? null],
    ['noise_kind', ({ noise }) => noise?.distribution ?? null],
    ['noise_correlated', ({ noise }) => noise?.correlated ?? null],
    ['noise_certain', ({ noise }) => noise?.certain ?? null],
    ['can_be_denoised', ({ eligible }) => eligible],
    ['complex', ({ complex }) => complex?.part ?? null],
    ['denoised_as', ({ complex }) => complex?.denoisedAs ?? null],
    ['why_not', ({ why }) => why?.code ?? null],
    ['why_not_text', ({ why }) => why?.message ?? null],
    ['warnings', ({ warnings }) => [...new Set(warnings.map(({ code }) => code))].join(' ')],
  ];

/** The series of `inspect` as a table (RFC 4180), one a line; for people, as it has descriptions. */
export function inspectCsv(result: Exclude<ResultEvent, StoppedResult>): string {
  if (result.command !== 'inspect') return '';
  const lines = result.series.map((series) => COLUMNS.map(([, value]) => cell(value(series))));
  return [COLUMNS.map(([name]) => name), ...lines].map((cells) => `${cells.join(',')}\r\n`).join('');
}

/** A text from a file that begins like a formula is one for spreadsheets: a quote before it keeps it a text. */
function cell(value: string | number | boolean | null): string {
  if (typeof value !== 'string') return value === null ? '' : String(value);
  const plain = value.replace(/\p{Cc}/gu, ' ');
  const safe = /^[=+\-@]/.test(plain) ? `'${plain}` : plain;
  return /[",]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
