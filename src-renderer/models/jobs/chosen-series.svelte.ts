import type { SeriesCard, SeriesKey } from '../../../src-main/contract/window/opened.js';
import { isDerived, isSecondHalf } from '../../state/results.js';
import type { Session } from '../../state/session.svelte.js';
import type { ChosenSeries } from './chosen.js';

/** Which of the open series a form is about: all originals that can be denoised, until a person chooses others. */
export class SeriesChoice {
  private readonly session: Session;
  private chosen = $state.raw<readonly SeriesKey[] | null>(null);
  /** Those that can be looked at at all. */
  readonly usable: readonly SeriesCard[] = $derived.by(() =>
    this.session.library.series.filter((card) => card.map === undefined && card.viewable),
  );
  readonly keys: readonly SeriesKey[] = $derived.by(
    () =>
      this.chosen ??
      this.usable
        .filter((card) => !isDerived(card) && card.eligible && !isSecondHalf(card))
        .map(({ key }) => key),
  );
  /** Each with the path that it is read from. */
  readonly series: readonly ChosenSeries[] = $derived.by(() =>
    this.usable.flatMap((card): ChosenSeries[] => {
      const path = this.session.library.pathOf(card);
      return this.keys.includes(card.key) && path !== null ? [{ path, card }] : [];
    }),
  );

  constructor(session: Session) {
    this.session = session;
  }

  choose(keys: readonly SeriesKey[]): void {
    this.chosen = keys;
  }
}
