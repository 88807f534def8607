import { mirrored, type Orientation, type Rotation, rotated, STORED } from '../image/geometry.js';
import type { Shape } from '../image/measure.js';
import type { Window } from '../image/window.js';

export const PANE_KINDS = ['before', 'after', 'swipe', 'flicker', 'residual', 'error'] as const;
export type PaneKind = (typeof PANE_KINDS)[number];
export const LAYOUTS = ['one', 'two', 'three', 'four'] as const;
export type Layout = (typeof LAYOUTS)[number];
export const TOOLS = ['window', 'probe', 'rectangle', 'ellipse', 'line', 'angle', 'arrow', 'text'] as const;
export type Tool = (typeof TOOLS)[number];
export const OVERLAYS = ['none', 'error', 'residual', 'segments'] as const;
export type Overlay = (typeof OVERLAYS)[number];

export interface Measurement extends Shape {
  readonly id: string;
  /** Where it was drawn: slice and frame of the series before. */
  readonly slice: number;
  readonly frame: number;
  /** Of an arrow or a text: what a person wrote. It may name somebody. */
  readonly text?: string;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** All that viewports share: plain data, fit for JSON. Pixel coordinates are those of measure.ts. */
export interface ViewState {
  /** mm along the normal of the series before: viewports are linked by it. */
  position: number;
  /** Time point, from 0. */
  frame: number;
  window: Window;
  /** 1: the whole plane fits. */
  zoom: number;
  /** How far the plane is moved on screen, in mm: right and down. */
  pan: Point;
  rotation: Rotation;
  flipX: boolean;
  flipY: boolean;
  invert: boolean;
  /** Linear between pixels instead of squares. */
  smooth: boolean;
  layout: Layout;
  /** What each of the four places shows; a layout shows the first of them. */
  panes: readonly PaneKind[];
  /** Divider of swipe: percent of the width that shows before. */
  split: number;
  /** What flicker shows now, and whether it changes by itself. */
  flickerAfter: boolean;
  flickerRuns: boolean;
  overlay: Overlay;
  /** 0 to 1. */
  opacity: number;
  /** Share of the limit under which overlays stay clear, 0 to 1: 2 of the 5 sigma that an error map ends at. */
  threshold: number;
  /** Where the colours end: of the residual in units of the series, of the error map in its own. null: automatic. */
  residualLimit: number | null;
  errorLimit: number | null;
  /** Means over small neighbourhoods stand for the values of residual and error map: noise averages out, structure does not. */
  smoothed: boolean;
  tool: Tool;
  measurements: readonly Measurement[];
  /** Images that a person has marked, in the order of their marking. */
  keyImages: readonly { readonly slice: number; readonly frame: number }[];
  selected: string | null;
  /** Pixel that the probe reads, in the series before. */
  probe: Point | null;
  /** Three planes through one voxel take the place of the viewports. */
  planes: boolean;
  /** Slices by time points, or a map of how steady pixels are over time, take the place of the viewports. */
  overTime: 'none' | 'matrix' | 'tsnr';
  /** Where they cross in a slice, in its pixels; null: in the middle. */
  cross: Point | null;
  annotations: boolean;
  /** Who it is and how it was taken, on the images. */
  details: boolean;
  /** Window, overlay and measurements beside the viewports. */
  panel: boolean;
  /** Open series to choose from, above the viewports. */
  strip: boolean;
  cine: boolean;
  /** Slices, or time points, a second. */
  cineRate: number;
  /** Wheel and cine go through time points instead of slices. */
  throughTime: boolean;
  /** What was on screen before one viewport took all the room. */
  enlargedFrom: Pick<ViewState, 'layout' | 'panes'> | null;
}

const MAXIMUM_ZOOM = 32;
const MINIMUM_ZOOM = 0.25;

export function initialState(): ViewState {
  return {
    position: 0,
    frame: 0,
    window: { center: 0, width: 1 },
    zoom: 1,
    pan: { x: 0, y: 0 },
    rotation: 0,
    flipX: false,
    flipY: false,
    invert: false,
    smooth: true,
    layout: 'one',
    panes: ['before', 'after', 'residual', 'error'],
    split: 50,
    flickerAfter: true,
    flickerRuns: false,
    overlay: 'none',
    opacity: 0.6,
    threshold: 0.4,
    residualLimit: null,
    errorLimit: null,
    smoothed: false,
    tool: 'window',
    measurements: [],
    keyImages: [],
    selected: null,
    probe: null,
    planes: false,
    overTime: 'none',
    cross: null,
    annotations: true,
    details: true,
    panel: true,
    strip: true,
    cine: false,
    cineRate: 12,
    throughTime: false,
    enlargedFrom: null,
  };
}

/** How many places a layout shows. */
function placesOf(layout: Layout): number {
  return { one: 1, two: 2, three: 3, four: 4 }[layout];
}

/** What is on screen, in order. Without a series after, everything but before and the error map has nothing to show. */
export function shownPanes(view: ViewState): readonly PaneKind[] {
  return view.panes.slice(0, placesOf(view.layout));
}

const USUAL: readonly PaneKind[] = ['before', 'after', 'residual', 'error'];

/** A layout, with the usual content of its places. */
export function withLayout(view: ViewState, layout: Layout, hasAfter: boolean): void {
  view.enlargedFrom = null;
  view.planes = false;
  view.overTime = 'none';
  view.layout = layout;
  view.panes = layout === 'one' && hasAfter ? ['after', 'before', 'residual', 'error'] : USUAL;
}

/** One large viewport that compares, or back to two side by side. */
export function toggleCompare(view: ViewState, kind: 'swipe' | 'flicker'): void {
  if (view.layout === 'one' && view.panes[0] === kind) withLayout(view, 'two', true);
  else {
    view.enlargedFrom = null;
    view.planes = false;
    view.overTime = 'none';
    view.layout = 'one';
    view.panes = [kind, 'after', 'residual', 'error'];
  }
}

/** Gives one of several viewports all the room; of one, takes it back. */
export function enlarge(view: ViewState, place: number): void {
  const { enlargedFrom } = view;
  if (enlargedFrom !== null) {
    view.layout = enlargedFrom.layout;
    view.panes = enlargedFrom.panes;
    view.enlargedFrom = null;
  } else if (view.layout !== 'one') {
    view.enlargedFrom = { layout: view.layout, panes: view.panes };
    const kind = view.panes[place] ?? 'before';
    view.panes = [kind, ...view.panes.filter((other) => other !== kind)];
    view.layout = 'one';
  }
}

export function withPane(view: ViewState, place: number, kind: PaneKind): void {
  view.panes = view.panes.map((other, i) => (i === place ? kind : other));
}

export function zoomBy(view: ViewState, factor: number): void {
  const zoom = Math.min(MAXIMUM_ZOOM, Math.max(MINIMUM_ZOOM, view.zoom * factor));
  view.zoom = Math.abs(zoom - 1) < 0.02 ? 1 : zoom;
}

/** As large as `zoom` says, about the middle of the screen. */
export function zoomTo(view: ViewState, zoom: number): void {
  view.zoom = Math.min(MAXIMUM_ZOOM, Math.max(MINIMUM_ZOOM, zoom));
}

/** Zooms so that the point of the plane under the pointer stays there; `at` is in mm from the middle of the screen. */
export function zoomAt(view: ViewState, factor: number, at: Point): void {
  const before = view.zoom;
  zoomBy(view, factor);
  // a point at p + pan (in mm of the plane at zoom 1) is seen at zoom * (p + pan)
  const change = 1 / view.zoom - 1 / before;
  view.pan = { x: view.pan.x + at.x * change, y: view.pan.y + at.y * change };
}

/** Moves the plane by mm at the present zoom. */
export function panBy(view: ViewState, dx: number, dy: number): void {
  view.pan = { x: view.pan.x + dx, y: view.pan.y + dy };
}

export function orientationOf({ rotation, flipX, flipY }: ViewState): Orientation {
  return { rotation, flipX, flipY };
}

export function setOrientation(view: ViewState, { rotation, flipX, flipY }: Orientation): void {
  view.rotation = rotation;
  view.flipX = flipX;
  view.flipY = flipY;
}

export function rotate(view: ViewState): void {
  setOrientation(view, rotated(orientationOf(view)));
}

export function mirror(view: ViewState, axis: 'x' | 'y'): void {
  setOrientation(view, mirrored(orientationOf(view), axis));
}

/** Window, zoom, pan, orientation and colours as at the opening of the series; measurements and layout stay. */
export function reset(view: ViewState, window: Window, orientation: Orientation = STORED): void {
  view.window = window;
  view.zoom = 1;
  view.pan = { x: 0, y: 0 };
  view.invert = false;
  view.split = 50;
  view.opacity = 0.6;
  view.threshold = 0.4;
  view.residualLimit = null;
  view.errorLimit = null;
  view.smoothed = false;
  setOrientation(view, orientation);
}

/** Adds a measurement, selects it and shows its numbers. Ids count up, so that labels stay what they were when others go. */
export function addMeasurement(view: ViewState, shape: Shape, slice: number, frame: number): void {
  const id = String(1 + Math.max(0, ...view.measurements.map((m) => Number(m.id))));
  view.measurements = [...view.measurements, { ...shape, id, slice, frame }];
  view.selected = id;
  view.panel = true;
}

export function removeSelected(view: ViewState): void {
  view.measurements = view.measurements.filter(({ id }) => id !== view.selected);
  view.selected = null;
}

/** Moves the selected measurement, or only its second corner, by pixels. */
export function moveSelected(view: ViewState, dx: number, dy: number, corner: boolean): void {
  view.measurements = view.measurements.map((m) =>
    m.id !== view.selected
      ? m
      : {
          ...m,
          x0: corner ? m.x0 : m.x0 + dx,
          y0: corner ? m.y0 : m.y0 + dy,
          x1: m.x1 + dx,
          y1: m.y1 + dy,
          ...(m.x2 === undefined || m.y2 === undefined ? {} : { x2: m.x2 + dx, y2: m.y2 + dy }),
        },
  );
}

export function writeText(view: ViewState, id: string, text: string): void {
  view.measurements = view.measurements.map((m) => (m.id === id ? { ...m, text } : m));
}

/** Marks an image as a key image, or takes the mark off. */
export function toggleKeyImage(view: ViewState, slice: number, frame: number): void {
  const others = view.keyImages.filter((one) => one.slice !== slice || one.frame !== frame);
  view.keyImages = others.length < view.keyImages.length ? others : [...others, { slice, frame }];
}
