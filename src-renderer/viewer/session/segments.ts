import type { SegmentSize } from '../../../src-main/contract/encoders/segment.js';
import { segmentColour } from '../../../src-main/contract/encoders/segment-colours.js';
import type { AppBridge } from '../../../src-main/contract/window/app.js';
import type { SeriesKey } from '../../../src-main/contract/window/opened.js';
import type { Segmentation } from '../../shared/segments/segmentations.js';
import { type ColourScale, colourTable } from '../image/pixels.js';

/** Segments of the slice on screen: rows * columns numbers of classes, 0 none. */
export interface LabelPlane {
  readonly slice: number;
  readonly frame: number;
  readonly values: Float32Array;
}

/** Planes of labels that are held: those around the slice on screen, and where one was before. */
const MOST_HELD = 128;
const MOST_LABELS = 256;

/** Planes of one segmentation, by slice. */
export class SegmentPlanes {
  readonly #held = new Map<number, LabelPlane>();
  readonly #asked = new Map<number, Promise<LabelPlane>>();
  readonly #bridge: AppBridge;
  readonly #segmentation: Segmentation;
  readonly #series: SeriesKey;

  constructor(bridge: AppBridge, segmentation: Segmentation, series: SeriesKey) {
    this.#bridge = bridge;
    this.#segmentation = segmentation;
    this.#series = series;
  }

  held(slice: number): LabelPlane | null {
    return this.#held.get(slice) ?? null;
  }

  /** @throws TypeError where the app does not answer; Error with its status where there are no such segments */
  async plane(slice: number): Promise<LabelPlane> {
    const asked = this.#held.get(slice) ?? this.#asked.get(slice) ?? this.#ask(slice);
    return asked;
  }

  async #ask(slice: number): Promise<LabelPlane> {
    const asking = this.#fetched(slice).finally(() => this.#asked.delete(slice));
    this.#asked.set(slice, asking);
    const plane = await asking;
    this.#held.set(slice, plane);
    // A Map keeps the order of insertion: the oldest stand first.
    for (const oldest of this.#held.keys()) if (this.#held.size > MOST_HELD) this.#held.delete(oldest);
    return plane;
  }

  async #fetched(slice: number): Promise<LabelPlane> {
    const { frame } = this.#segmentation;
    return { slice, frame, values: Float32Array.from(await this.numbers(slice)) };
  }

  /**
   * Numbers of the classes of a slice, rows * columns, which are not held here.
   *
   * @throws TypeError where the app does not answer; Error with its status where there are no such segments
   */
  async numbers(slice: number): Promise<Uint8Array> {
    const { job } = this.#segmentation;
    const url = this.#bridge.resourceUrl({ kind: 'labels', job, series: this.#series, slice });
    const answer = await fetch(url);
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    return new Uint8Array(await answer.arrayBuffer());
  }
}

/** Colours of the numbers of classes; what is none of the segments, or is hidden, is clear. */
export function segmentScale({ segments }: Segmentation, hidden: readonly number[]): ColourScale {
  const places = new Map(
    segments.map(({ label }, place) => [label, place] as const).filter(([label]) => !hidden.includes(label)),
  );
  const labelOf = (share: number) => Math.round(share * (MOST_LABELS - 1));
  const table = colourTable(
    (share) => segmentColour(places.get(labelOf(share)) ?? 0),
    (share) => (places.has(labelOf(share)) ? 1 : 0),
    MOST_LABELS,
  );
  return { table, low: 0, high: MOST_LABELS - 1, threshold: 1 };
}

/** Segments of some planes, in the order of their colours. */
export function segmentsIn(
  { segments }: Segmentation,
  planes: readonly LabelPlane[],
): readonly SegmentSize[] {
  const found = planes.map(({ values }) => new Set(values));
  return segments.filter(({ label }) => found.some((one) => one.has(label)));
}
