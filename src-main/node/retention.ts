import * as fs from 'node:fs/promises';
import { freeBytes } from '../base/files.js';
import type { SeriesRecord } from '../contract/requests/node.js';
import type { NodeConfig } from './config.js';
import type { Live, Shelf } from './shelf.js';

const DAY_MS = 86_400_000;

/**
 * Removes the images and results of series that were sent: after the days that they are kept, and the oldest first
 * before that where the disk is nearly full. Never of a series that waits, is held, failed, was not committed to, or
 * has images that came late.
 */
export async function removeOld(config: NodeConfig, shelf: Shelf): Promise<void> {
  const removable = shelf.inState('sent', 'skipped').filter((live) => !live.late && isOver(live.record));
  if (removable.length === 0) return;
  const isTight = (await freeBytes(config.folder)) < config.leastFreeGb * 2 ** 30;
  for (const live of removable) {
    const age = Date.now() - Date.parse(live.record.changedAt);
    // One at a time where room is needed: the next look tells whether more is.
    if (age >= config.keepDays * DAY_MS) await remove(live, shelf);
    else if (isTight && live.record.state === 'sent') return remove(live, shelf);
  }
}

async function remove(live: Live, shelf: Shelf): Promise<void> {
  const { images, late, output, described, report } = shelf.folderOf(live);
  const { changedAt, generation } = live.record;
  await shelf.change(live, 'removed', { removed: true });
  // When it was sent is what counts for how long the record itself says it.
  await shelf.note(live, { changedAt });
  const outputs = Array.from({ length: generation }, (_, i) =>
    [output, described, report].map((of) => of(i + 1)),
  ).flat();
  for (const folder of [images, late, ...outputs]) await fs.rm(folder, { recursive: true, force: true });
}

/** Originals of a series that was skipped may still be on their way. */
function isOver({ removed, deliveries }: SeriesRecord): boolean {
  const isOnItsWay = deliveries.some(
    ({ what, state }) => what === 'originals' && (state === 'waiting' || state === 'committing'),
  );
  return !removed && !isOnItsWay;
}
