import { type Problem, problemFrom } from '../../../src-main/contract/errors.js';
import type { KeptView } from '../../../src-main/contract/viewing.js';
import type { AppBridge } from '../../../src-main/contract/window/app.js';
import { openingSlice, type SeriesCard } from '../../../src-main/contract/window/opened.js';
import type { Segmentation } from '../../shared/segments/segmentations.js';
import { askBeside } from '../image/asking.js';
import { FrameWindows } from '../image/frame-windows.js';
import { type Frame, FrameStore, frameLoader, neighbours } from '../image/frames.js';
import { defaultOrientation, nearestSlice, slicePosition } from '../image/geometry.js';
import { roundLimit, subtract } from '../image/pixels.js';
import { initialWindow, type Preset, percentiles, type Window } from '../image/window.js';
import { History } from './history.js';
import { type Paint, type PaintedSegments, Painter } from './painter.js';
import { areKin, framesAt, type OpenSeries, sceneOf, type Target } from './places.js';
import type { Scene, ShownPlane } from './scene.js';
import { type LabelPlane, type SegmentPlanes, segmentScale } from './segments.js';
import {
  initialState,
  OVERLAYS,
  type Overlay,
  reset,
  setOrientation,
  type ViewState,
  withLayout,
} from './view-state.js';

/** What panes are called that show something else than a source and its result. */
export interface PaneNames {
  readonly before?: string;
  readonly after?: string;
}

const PARALLEL_SCENES = 3;

export type Asked = 'tags' | 'measurements' | 'report' | 'key-images' | 'picture' | 'copy' | 'like';

/** What a viewer holds while it is mounted: state, frames under way, and the scene on screen. */
export class ViewerSession {
  readonly view = $state<ViewState>(initialState());
  scene = $state.raw<Scene | null>(null);
  problem = $state.raw<Problem | null>(null);
  /** Slices are under way for longer than the eye forgives. */
  late = $state(false);
  series = $state.raw<OpenSeries>({ before: null, after: null, errorMap: null });
  names = $state.raw<PaneNames>({});
  strength = $state(1);
  /** Whether after was made from before; else a person chose the two. */
  related = $state(true);
  presets = $state.raw<readonly Preset[]>([]);
  /** Colour limits from the first scene that has one. */
  autoResidual = $state(1);
  autoError = $state(1);
  /** Segments of the series before that were chosen, and those of the slice on screen once they are there. */
  segmentation = $state.raw<Segmentation | null>(null);
  labels = $state.raw<LabelPlane | null>(null);
  /** Labels of segments that a person has taken off the images. */
  hiddenSegments = $state.raw<readonly number[]>([]);
  /** Where the segments of any slice come from; null: none were chosen. */
  segmentPlanes = $state.raw<SegmentPlanes | null>(null);
  /** Whether segments are shown at time points, too, that they were not marked at. */
  everyTime = $state(false);
  readonly segmentScale = $derived(
    this.segmentation === null ? null : segmentScale(this.segmentation, this.hiddenSegments),
  );
  /** Overlays that there is something for. */
  readonly overlays: readonly Overlay[] = $derived(
    OVERLAYS.filter((one) => {
      if (one === 'none') return true;
      if (one === 'segments') return this.segmentation !== null;
      return this.series.after !== null || this.series.errorMap !== null;
    }),
  );
  readonly #painter = new Painter();
  /** That of the second of two series that a person chose: it follows the first, each from what it opens with. */
  readonly secondWindow: Window = $derived.by(() => {
    const { view, related, scene } = this;
    const [first, second] = [this.#windows.opened, scene?.after ?? null];
    if (related || second === null || second.card.units === 'HU') return view.window;
    const opened = this.#openedSecond(second);
    return {
      center: opened.center + ((view.window.center - first.center) * opened.width) / first.width,
      width: (view.window.width * opened.width) / first.width,
    };
  });
  #second: { readonly key: string; readonly opened: Window } | null = null;

  #openedSecond({ card, values, frame }: ShownPlane): Window {
    if (this.#second?.key !== card.key)
      this.#second = { key: card.key, opened: initialWindow(card, values, frame.windows) };
    return this.#second.opened;
  }

  readonly paint: Paint = $derived.by(() =>
    this.#painter.paint(
      this.scene,
      this.strength,
      this.view,
      this.autoResidual,
      this.autoError,
      this.paintedSegments(this.labels),
    ),
  );

  /** How a plane of segments is painted; null where none is to be seen. */
  paintedSegments(plane: LabelPlane | null): PaintedSegments | null {
    const { segmentScale: scale, everyTime } = this;
    return plane === null || scale === null ? null : { plane, scale, everyTime };
  }

  /** Whether segments are shown at a time point. */
  showsSegmentsAt(frame: number): boolean {
    const { segmentation, view, everyTime } = this;
    return (
      view.overlay === 'segments' && segmentation !== null && (everyTime || segmentation.frame === frame)
    );
  }

  /** Where the menu of a viewport is open, in CSS pixels of the window; null: it is not. */
  menu = $state.raw<{ readonly x: number; readonly y: number; readonly place: number } | null>(null);
  /** Of the viewports, all of one size: CSS pixels to a mm where the whole plane fits, device pixels to a CSS pixel. */
  pane = { fit: 1, ratio: 1 };
  /** The place that had the focus last. */
  focused = 0;
  readonly history: History;
  /** What a command asks of the window around: files and the clipboard. */
  onAsk: (what: Asked) => void = () => {};

  readonly #store: FrameStore;
  #windows = new FrameWindows();
  /** To be put in place of that of the first frame. */
  #wantedWindow: Window | null = null;
  #running = 0;
  #waiting: Target | null = null;
  #asked = 0;
  #shown = 0;
  #generation = 0;
  #direction = 0;
  #lastSlice: number | null = null;
  #lateTimer: ReturnType<typeof setTimeout> | null = null;

  readonly #onStrength: (strength: number) => void;

  constructor(bridge: AppBridge, limitMebibytes: number, onStrength: (strength: number) => void) {
    this.#onStrength = onStrength;
    this.history = new History(this.view);
    this.#store = new FrameStore(
      frameLoader((series, index) => bridge.resourceUrl({ kind: 'frame', series, index }), askBeside),
      limitMebibytes,
    );
  }

  /** Index of the slice that is wanted; the one on screen is scene.slice. */
  get wantedSlice(): number {
    const { before } = this.series;
    return before === null ? 0 : nearestSlice(before, this.view.position);
  }

  /** Takes other series. The view starts anew where `before` is another one. */
  open(next: OpenSeries): void {
    const last = this.series;
    const changed = (a: SeriesCard | null, b: SeriesCard | null): boolean => a?.key !== b?.key;
    const fresh = changed(last.before, next.before) && !areKin(last.before, next.before);
    if (
      !changed(last.before, next.before) &&
      !changed(last.after, next.after) &&
      !changed(last.errorMap, next.errorMap)
    ) {
      this.series = next;
      return;
    }
    this.series = next;
    this.#generation++;
    this.problem = null;
    if (fresh) this.#start(next.before);
    else this.scene = null;
    if (fresh || (last.after === null) !== (next.after === null))
      this.history.follow(() =>
        withLayout(this.view, next.after === null ? 'one' : 'two', next.after !== null),
      );
    this.autoResidual = 0;
    this.autoError = 0;
    this.request();
  }

  #start(before: SeriesCard | null): void {
    this.#store.forget();
    this.scene = null;
    this.presets = [];
    this.#windows = new FrameWindows();
    Object.assign(this.view, initialState(), {
      tool: this.view.tool,
      smooth: this.view.smooth,
      annotations: this.view.annotations,
      details: this.view.details,
      panel: this.view.panel,
      strip: this.view.strip,
    });
    this.#lastSlice = null;
    if (before !== null) {
      this.view.position = slicePosition(before, openingSlice(before));
      setOrientation(this.view, defaultOrientation(before));
    }
    this.history.forget();
  }

  /** Goes to a slice of the series before; beyond the ends, to the end. */
  goTo(slice: number, frame = this.view.frame): void {
    const { before } = this.series;
    if (before === null) return;
    const clamp = (value: number, count: number) => Math.min(count - 1, Math.max(0, value));
    this.view.position = slicePosition(before, clamp(Math.round(slice), before.slices));
    this.view.frame = clamp(Math.round(frame), before.frames);
    this.request();
  }

  /** Some slices on, or time points; beyond the ends, to the end. */
  walk(steps: number, time: boolean): void {
    if (time) this.goTo(this.wantedSlice, this.view.frame + steps);
    else this.goTo(this.wantedSlice + steps);
  }

  /** Puts the probe on a pixel of the series before, where every pane shows it, and lets three planes cross there. */
  mark({ column, row }: { readonly column: number; readonly row: number }): void {
    this.view.tool = 'probe';
    const middle = { x: column + 0.5, y: row + 0.5 };
    this.view.probe = middle;
    this.view.cross = middle;
  }

  /** One step of cine, around the end; waits for the slice on screen, so that none is left out. */
  advance(): void {
    const { before } = this.series;
    const { scene, view } = this;
    if (before === null || scene?.slice !== this.wantedSlice || scene.frame !== view.frame) return;
    if (view.throughTime) this.goTo(this.wantedSlice, (view.frame + 1) % before.frames);
    else this.goTo((this.wantedSlice + 1) % before.slices);
  }

  ask(what: Asked): void {
    this.onAsk(what);
  }

  /** Another place of what is open, for numbers; null where the series before has none there. @throws as frames are read */
  sceneAt(slice: number, frame: number): Promise<Scene | null> {
    return this.#load({ ...this.series, slice, frame, related: this.related });
  }

  /** As it was looked at last. */
  restore(kept: KeptView): void {
    const { before } = this.series;
    if (before === null) return;
    const { position, frame, window, measurements, keyImages = [], ...rest } = kept;
    const isThere = (m: { readonly slice: number; readonly frame: number }) =>
      m.slice < before.slices && m.frame < before.frames;
    this.history.follow(() => {
      Object.assign(this.view, rest, {
        measurements: measurements.filter(isThere),
        keyImages: keyImages.filter(isThere),
      });
      if (window !== null) this.#wantedWindow = window;
      if (window !== null && this.scene !== null) this.view.window = window;
    });
    this.view.position = position;
    this.view.frame = Math.min(frame, before.frames - 1);
    this.history.forget();
    this.goTo(this.wantedSlice);
  }

  /** What is kept of the view; the window where a person chose it. */
  kept(): KeptView {
    const { position, frame, window, zoom, pan, rotation, flipX, flipY, invert, measurements, keyImages } =
      $state.snapshot(this.view);
    const { center, width } = this.#windows.opened;
    const own = window.center !== center || window.width !== width;
    return {
      ...{ position, frame, window: own && this.scene !== null ? window : null },
      ...{ zoom, pan, rotation, flipX, flipY, invert, measurements, keyImages },
    };
  }

  setStrength(strength: number): void {
    this.#onStrength(Math.round(100 * Math.min(1, Math.max(0, strength))) / 100);
  }

  reset(): void {
    const { before } = this.series;
    if (before !== null) reset(this.view, this.#windows.opened, defaultOrientation(before));
  }

  retry(): void {
    this.problem = null;
    this.request();
  }

  /** Loads what the state asks for. While others are under way, only the latest wish is kept. */
  request(): void {
    const { before } = this.series;
    if (before === null || !before.viewable) return;
    const slice = this.wantedSlice;
    if (this.#lastSlice !== null && slice !== this.#lastSlice) {
      const direction = Math.sign(slice - this.#lastSlice);
      // what was fetched ahead lies behind now
      if (direction !== this.#direction) this.#store.prefetch([]);
      this.#direction = direction;
    }
    this.#lastSlice = slice;
    this.#waiting = { ...this.series, slice, frame: this.view.frame, related: this.related };
    this.#pump();
  }

  dispose(): void {
    this.#generation++;
    this.#waiting = null;
    if (this.#lateTimer !== null) clearTimeout(this.#lateTimer);
    this.#store.forget();
  }

  #pump(): void {
    if (this.#waiting === null || this.#running >= PARALLEL_SCENES) return;
    const target = this.#waiting;
    this.#waiting = null;
    const order = ++this.#asked;
    const generation = this.#generation;
    const held = this.#held(target);
    if (held !== null) {
      this.#commit(order, held);
      return;
    }
    this.#lateTimer ??= setTimeout(() => {
      this.late = true;
    }, 150);
    this.#running++;
    this.#load(target)
      .then(
        (scene) => {
          // an older wish may still be shown while scrolling, but never after a newer one, nor for another series
          if (generation === this.#generation && order > this.#shown && scene !== null)
            this.#commit(order, scene);
        },
        (error: unknown) => {
          if (generation === this.#generation && order === this.#asked) this.problem = problemFrom(error);
        },
      )
      .finally(() => {
        this.#running--;
        if (this.#running === 0) this.#onTime();
        this.#pump();
      });
  }

  #onTime(): void {
    if (this.#lateTimer !== null) clearTimeout(this.#lateTimer);
    this.#lateTimer = null;
    this.late = false;
  }

  #commit(order: number, scene: Scene): void {
    this.#shown = order;
    const { before } = scene;
    const plane = {
      card: before.card,
      frame: scene.frame,
      windows: before.frame.windows,
      get values() {
        return before.values;
      },
    };
    const next = this.#windows.next(plane, this.view.window);
    const window = this.#wantedWindow ?? next;
    this.#wantedWindow = null;
    if (window.center !== this.view.window.center || window.width !== this.view.window.width)
      this.history.follow(() => {
        this.view.window = window;
      });
    this.presets = this.#windows.presets;
    if (this.autoResidual === 0 && scene.after !== null && scene.comparable)
      this.autoResidual = limitOf(differences(scene.before.values, scene.after.values));
    if (this.autoError === 0)
      this.autoError = scene.error === null ? this.autoResidual : limitOf(scene.error.values);
    this.scene = scene;
    this.problem = null;
    this.#prefetch(scene);
  }

  #prefetch(scene: Scene): void {
    const { before } = this.series;
    if (before === null) return;
    const { slice, frame } = scene;
    const reach = this.#store.reach(bytesOf(scene));
    const ahead = neighbours(slice, before.slices, this.#direction, reach).flatMap((index) =>
      framesAt({ ...this.series, slice: index, frame, related: this.related }).filter(
        (place) => place !== null,
      ),
    );
    this.#store.prefetch(ahead.map(({ card, index }) => [card.key, index] as const));
  }

  #held(target: Target): Scene | null {
    const frames: (Frame | null)[] = [];
    for (const place of framesAt(target)) {
      const frame = place === null ? null : this.#store.held(place.card.key, place.index);
      if (place !== null && frame === null) return null;
      frames.push(frame);
    }
    return sceneOf(target, frames);
  }

  async #load(target: Target): Promise<Scene | null> {
    return sceneOf(
      target,
      await Promise.all(
        framesAt(target).map((place) =>
          place === null ? Promise.resolve(null) : this.#store.frame(place.card.key, place.index),
        ),
      ),
    );
  }
}

function bytesOf({ before, after, error }: Scene): number {
  return [before, after, error].reduce((sum, plane) => sum + (plane?.frame.pixels.byteLength ?? 0), 0);
}

function differences(before: Float32Array, after: Float32Array): Float32Array {
  const out = new Float32Array(before.length);
  subtract(before, after, out);
  return out;
}

function limitOf(values: Float32Array): number {
  return roundLimit(percentiles(values.map(Math.abs), [0.995])[0]);
}
