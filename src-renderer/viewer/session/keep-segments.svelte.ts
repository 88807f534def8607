import { untrack } from 'svelte';
import type { AppBridge } from '../../../src-main/contract/window/app.js';
import type { Segmentation } from '../../shared/segments/segmentations.js';
import { SegmentPlanes } from './segments.js';
import type { ViewerSession } from './viewing.svelte.js';

/** Slices ahead whose segments are asked for, so that scrolling shows them at once. */
const AHEAD = 4;

/**
 * Keeps the segments of the slice on screen in the session, and shows a segmentation when a person asks for it. To be
 * called while the viewer is set up.
 *
 * @param wanted what there is of the series before, and which of it was asked for
 */
export function followSegments(
  session: ViewerSession,
  bridge: AppBridge,
  wanted: () => { readonly all: readonly Segmentation[]; readonly shown: string | null },
  onfailed: () => void,
): void {
  const planes = $derived.by(() => {
    const { segmentation, series } = session;
    return segmentation === null || series.before === null
      ? null
      : new SegmentPlanes(bridge, segmentation, series.before.key);
  });
  $effect(() => {
    session.segmentPlanes = planes;
  });
  $effect(() => {
    const { all, shown } = wanted();
    untrack(() => {
      const next = all.find(({ job }) => job === shown) ?? null;
      if (next === null && session.view.overlay === 'segments') session.view.overlay = 'none';
      if (next !== null && next.job !== session.segmentation?.job) session.view.overlay = 'segments';
      if (next?.job === session.segmentation?.job) return;
      session.segmentation = next;
      session.hiddenSegments = [];
      session.everyTime = false;
    });
  });
  $effect(() => {
    const { scene, segmentation } = session;
    if (planes === null || scene === null || segmentation === null || session.view.overlay !== 'segments') {
      session.labels = null;
      return;
    }
    const { slice } = scene;
    session.labels = planes.held(slice);
    let isOver = false;
    const from = planes;
    void (async () => {
      try {
        const plane = await from.plane(slice);
        if (!isOver) session.labels = plane;
        for (let ahead = 1; ahead <= AHEAD && !isOver; ahead++)
          for (const next of [slice + ahead, slice - ahead])
            if (next >= 0 && next < scene.before.card.slices) await from.plane(next);
      } catch {
        // The folder of the job may have been moved: the images stay, and that the segments are not there is said.
        if (!isOver) onfailed();
      }
    })();
    return () => {
      isOver = true;
    };
  });
}
