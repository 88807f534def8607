import type { Delivery, SeriesRecord } from '../../../src-main/contract/requests/node.js';
import type { SeriesCard } from '../../../src-main/contract/window/opened.js';
import { personName } from '../../words/format.js';
import { t, tName } from '../../words/text.svelte.js';
import { seriesTitle } from '../series-title.js';

/** Whose series are told of: the words for their states differ. */
export type Told = 'node' | 'watch';

/** Whether a person has to say that it goes although its trust report does not let it: it fails, is missing or tells of parts that failed. */
export function needsWord({ verdict, reason }: Pick<SeriesRecord, 'verdict' | 'reason'>): boolean {
  return verdict === null || verdict === 'fail' || (reason?.startsWith('E_') ?? false);
}

/** Why it is held, skipped or failed. @param code as the node keeps it */
export function reasonText(code: string): string {
  const said = tName('node.reason', code);
  return said === code ? tName('problem', code) : said;
}

/** A node knows no patient: names are of series that are open, and its id else. */
export function titleOf({ id }: SeriesRecord, open: SeriesCard | null, hidePatients: boolean): string {
  if (open === null || hidePatients) return t('node.series', { id });
  const title = seriesTitle(open, false);
  const patient = personName(open.forPerson.patient);
  return patient === '' ? title : `${patient} · ${title}`;
}

export function deliveryText({ target, what, state, sent, total, problem }: Delivery, of: Told): string {
  const facts = { target, sent, total, what: t(`node.what.${what}`) };
  if (of === 'watch') return writtenText(sent, total, problem);
  const now =
    total === 0 && state === 'waiting' ? t('node.toSend', facts) : t(`node.delivery.${state}`, facts);
  return problem === null ? now : `${now} · ${tName('problem', problem)}`;
}

/** A folder that is watched has one target, which nobody named. */
export function targetText(target: string, of: Told): string {
  return of === 'watch' ? t('watch.target') : target;
}

/** '' while nothing is to be written yet. */
function writtenText(sent: number, total: number, problem: string | null): string {
  const parts = [
    ...(total === 0 ? [] : [t('watch.written', { sent, total })]),
    ...(problem === null ? [] : [tName('problem', problem)]),
  ];
  return parts.join(' · ');
}
