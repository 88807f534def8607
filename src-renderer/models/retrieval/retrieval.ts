import type { LikeFound } from '../../../src-main/contract/encoders/retrieval.js';
import type { IndexRequest } from '../../../src-main/contract/requests/encoders.js';
import type { OpenInput, SeriesCard } from '../../../src-main/contract/window/opened.js';
import { parentOf } from '../../state/paths.js';
import { isDerived } from '../../state/results.js';
import type { ChosenSeries } from '../jobs/chosen.js';

/** One input a series, so that nothing else of its folder is added. */
export function indexRequest(
  model: string,
  index: string,
  chosen: readonly ChosenSeries[],
  device: IndexRequest['device'],
): IndexRequest {
  return {
    type: 'index',
    model,
    inputs: chosen.map(({ path }) => path),
    only: chosen.map(({ card }) => card.id),
    index,
    device,
    // Who chose a derived series by name means it.
    force: chosen.some(({ card }) => isDerived(card)),
  };
}

/**
 * The open series that was found; null where it is not open. DICOM tells by its UID; of other files only one that was
 * opened by itself is known to be the one.
 */
export function openSeriesOf(found: LikeFound, open: readonly OpenInput[]): SeriesCard | null {
  const { seriesInstanceUid: uid, forPerson } = found;
  if (uid !== null) {
    const cards = open.flatMap(({ series }) => series);
    return cards.find((one) => one.seriesInstanceUid === uid && one.id === found.series) ?? null;
  }
  const input = open.find(({ paths }) => paths.length === 1 && paths[0] === forPerson?.place);
  return input?.series.find(({ kind, map }) => kind === 'nifti' && map === undefined) ?? null;
}

/** What to open so that it is there: the folder of DICOM files, and any other file itself. null: its place is not known. */
export function placeToOpen({ seriesInstanceUid, forPerson }: LikeFound): string | null {
  if (forPerson === undefined || forPerson.place === '') return null;
  return seriesInstanceUid === null ? forPerson.place : parentOf(forPerson.place);
}
