import { SvelteMap } from 'svelte/reactivity';
import type { LabelPlane } from '../session/segments.js';
import type { ViewerSession } from '../session/viewing.svelte.js';

/**
 * Segments of slices, by slice, as they come. Called while a component is made.
 *
 * @param wanted slices on screen
 * @param isShown whether segments lie over any of them
 */
export function segmentsOfSlices(
  session: () => ViewerSession,
  wanted: () => readonly number[],
  isShown: () => boolean,
): ReadonlyMap<number, LabelPlane> {
  const labels = new SvelteMap<number, LabelPlane>();
  $effect(() => {
    void session().segmentPlanes;
    labels.clear();
  });
  $effect(() => {
    const [planes, slices] = [session().segmentPlanes, wanted()];
    if (planes === null || !isShown()) return;
    let goesOn = true;
    void (async () => {
      try {
        for (const slice of slices) {
          const plane = await planes.plane(slice);
          if (!goesOn) return;
          labels.set(slice, plane);
        }
      } catch {
        // The viewer, which shows the same segments, says that they are gone.
      }
    })();
    return () => {
      goesOn = false;
    };
  });
  return labels;
}
