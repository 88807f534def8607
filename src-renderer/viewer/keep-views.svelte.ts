import { untrack } from 'svelte';
import type { KeptView } from '../../src-main/contract/viewing.js';
import type { AppApi } from '../../src-main/contract/window/app.js';
import type { SeriesKey } from '../../src-main/contract/window/opened.js';
import type { ViewerSession } from './session/viewing.svelte.js';

/** Milliseconds without a change before a view is written. */
const REST = 500;

/** Shows each series as it was looked at last, and has the app keep how it is looked at. Called while a component is made. */
export function keepViews(session: ViewerSession, api: () => Pick<AppApi, 'keptView' | 'keepView'>): void {
  /** The series whose view was asked for, and how it was then: nothing is written before something changes. */
  let known: { readonly key: SeriesKey; written: string } | null = null;
  let waiting: { readonly key: SeriesKey; readonly view: KeptView } | null = null;

  const write = (): void => {
    if (waiting === null) return;
    const { key, view } = waiting;
    waiting = null;
    api()
      .keepView(key, view)
      .catch(() => {
        // a view that cannot be kept is lost with the window, and nothing else is
      });
  };

  $effect(() => {
    const key = session.series.before?.key ?? null;
    untrack(write);
    known = null;
    if (key === null) return;
    api()
      .keptView(key)
      .catch(() => {
        // without it the series is shown as any other
        return null;
      })
      .then((kept) => {
        if (session.series.before?.key !== key) return;
        // what was measured meanwhile stays: the kept measurements would take its place
        if (kept !== null && session.view.measurements.length === 0) session.restore(kept);
        known = { key, written: JSON.stringify(session.kept()) };
      });
    return write;
  });

  $effect(() => {
    const view = session.kept();
    const text = JSON.stringify(view);
    const of = known;
    if (session.scene === null || of === null || of.key !== session.series.before?.key) return;
    if (text === of.written) return;
    of.written = text;
    waiting = { key: of.key, view };
    const timer = setTimeout(write, REST);
    return () => clearTimeout(timer);
  });
}
