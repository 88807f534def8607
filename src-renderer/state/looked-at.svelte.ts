import type { SeriesCard, SeriesKey } from '../../src-main/contract/window/opened.js';
import type { Library } from './library.svelte.js';
import { type Comparison, comparisonFor, isDerived } from './results.js';

const NOTHING: Comparison = { source: null, before: null, after: null, errorMap: null };

/** A place in a series, from 0. */
export interface Place {
  readonly slice: number;
  readonly frame: number;
  /** A pixel to mark there; absent: none. */
  readonly point?: { readonly column: number; readonly row: number };
}

/** The series that is selected, and what the viewer shows of it. */
export class LookedAt {
  selected = $state<SeriesKey | null>(null);
  shown = $state.raw<Comparison>(NOTHING);
  /** Where the viewer goes in what it shows, each time that another one is given. */
  place = $state.raw<Place | null>(null);
  /** The job whose segments lie over the images; null: none. */
  segmentation = $state<string | null>(null);
  /** 0 (before) to 1 (after). */
  strength = $state(1);
  /** The series that the Denoise panel is about: what the shown images were made of, or a derived one that is shown alone. */
  subject = $derived(this.shown.source ?? this.shown.before);
  /** A derived series whose source is not open. */
  isDerivedAlone = $derived(this.subject !== null && isDerived(this.subject));
  /** Whether two results are compared with one another. */
  isAgainst = $derived(this.shown.source !== null && this.shown.before?.key !== this.shown.source.key);
  /** Whether a person put the series side by side, instead of a result and its source. */
  apart = $state(false);
  /** Whether the Denoise panel is open. */
  panel = $state(true);
  /** Whether the panel is to take the focus, where a run is started. */
  toStart = $state(false);
  card = $derived.by(() => (this.selected === null ? null : this.library.card(this.selected)));
  private readonly library: Library;

  constructor(library: Library) {
    this.library = library;
  }

  /** A series with its source or its result, where these are open. `place`: null leaves it. */
  show(card: SeriesCard, place: Place | null): void {
    this.selected = card.key;
    this.place = place;
    if (Object.values(this.shown).some((one: SeriesCard | null) => one?.key === card.key)) return;
    this.shown = comparisonFor(card, this.library.series);
    this.apart = false;
    this.strength = 1;
  }

  /** Any series beside any other. A result beside its source is that, whoever put it there. */
  put(role: 'before' | 'after', card: SeriesCard): void {
    const { series } = this.library;
    const next = { before: this.shown.before, after: this.shown.after, [role]: card };
    const { before, after } = next;
    const usual = after === null ? null : comparisonFor(after, series);
    const isResult = usual !== null && usual.after !== null && usual.before?.key === before?.key;
    // two results of one source are told apart by their runs
    const shared =
      before !== null && after !== null && before.derivedFrom === after.derivedFrom
        ? before.derivedFrom
        : null;
    const source = shared === null ? null : (series.find((one) => one.seriesInstanceUid === shared) ?? null);
    this.shown = isResult ? usual : { source: source ?? before, before, after, errorMap: null };
    this.apart = !isResult && source === null && after !== null;
    this.selected = before?.key ?? card.key;
    this.strength = 1;
  }

  /** A result beside its source. False: neither is open. */
  compare(found: Comparison): boolean {
    const card = found.source ?? found.before ?? found.after;
    if (card === null) return false;
    this.shown = found;
    this.apart = false;
    this.selected = card.key;
    this.strength = 1;
    return true;
  }

  /** Looks at nothing of an input that was closed. */
  leave(input: string): void {
    if (Object.values(this.shown).some((one: SeriesCard | null) => one?.input === input))
      this.shown = NOTHING;
    if (this.card === null) this.selected = null;
  }
}
