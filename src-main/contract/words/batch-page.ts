/** What the page of a batch says, in each language: it has no scripts, so it holds them all and is switched by its styles. */

const ENGLISH = {
  language: 'English',
  batch: 'Batch',
  notice: 'Not for diagnostic use',
  counts: '{done} done, {failed}, {skipped} skipped, {waiting} not finished.',
  failed: '{count} failed',
  verdicts: 'Verdicts: {pass} pass, {warn} warn, {fail} fail, {none} not judged.',
  work: 'Work: {all} in all; a series in the middle {median}, the longest {longest}.',
  more: '{count} more are in batch.csv.',
  'head.unit': 'Series',
  'head.status': 'State',
  'head.verdict': 'Verdict',
  'head.code': 'Code',
  'head.seconds': 'Seconds',
  'head.tries': 'Tries',
  'head.host': 'Machine',
  'status.done': 'done',
  'status.failed': 'failed',
  'status.skipped': 'skipped',
  'status.waiting': 'waiting',
  'verdict.pass': 'pass',
  'verdict.warn': 'warn',
  'verdict.fail': 'fail',
} as const;

type Words = Readonly<Record<keyof typeof ENGLISH, string>>;

const GERMAN: Words = {
  language: 'Deutsch',
  batch: 'Stapel',
  notice: 'Nicht für die Diagnostik',
  counts: '{done} fertig, {failed}, {skipped} übergangen, {waiting} nicht beendet.',
  failed: '{count} fehlgeschlagen',
  verdicts:
    'Urteile: {pass} bestanden, {warn} genau hinsehen, {fail} nicht bestanden, {none} nicht beurteilt.',
  work: 'Arbeit: {all} im Ganzen; eine mittlere Serie {median}, die längste {longest}.',
  more: '{count} weitere stehen in batch.csv.',
  'head.unit': 'Serie',
  'head.status': 'Zustand',
  'head.verdict': 'Urteil',
  'head.code': 'Code',
  'head.seconds': 'Sekunden',
  'head.tries': 'Versuche',
  'head.host': 'Rechner',
  'status.done': 'fertig',
  'status.failed': 'fehlgeschlagen',
  'status.skipped': 'übergangen',
  'status.waiting': 'wartet',
  'verdict.pass': 'bestanden',
  'verdict.warn': 'genau hinsehen',
  'verdict.fail': 'nicht bestanden',
};

export const BATCH_PAGE_LANGUAGES = ['en', 'de'] as const;
export type BatchPageLanguage = (typeof BATCH_PAGE_LANGUAGES)[number];
export type BatchPageKey = keyof Words;

export const BATCH_PAGE: Readonly<Record<BatchPageLanguage, Words>> = { en: ENGLISH, de: GERMAN };
