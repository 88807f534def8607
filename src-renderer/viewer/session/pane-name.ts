import { t } from '../../words/text.svelte.js';
import type { PaneKind } from './view-state.js';
import type { ViewerSession } from './viewing.svelte.js';

/** What a viewport is called: as whoever opened the series names it, before and after of a result, or first and second of two that a person chose. */
export function paneName({ related, names }: ViewerSession, kind: PaneKind): string {
  if (kind === 'before' || kind === 'after') {
    const given = names[kind];
    if (given !== undefined) return given;
    return related ? t(`viewer.panes.${kind}`) : t(`viewer.apart.${kind}`);
  }
  return kind === 'residual' && !related ? t('viewer.apart.residual') : t(`viewer.panes.${kind}`);
}
