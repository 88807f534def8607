import type { Command } from '../../shared/viewer-keys.js';
import { pixelSpacing } from '../image/geometry.js';
import type { Shape } from '../image/measure.js';
import { autoWindow, numberedPresets } from '../image/window.js';
import {
  addMeasurement,
  enlarge,
  mirror,
  moveSelected,
  panBy,
  removeSelected,
  rotate,
  type Tool,
  toggleCompare,
  toggleKeyImage,
  withLayout,
  zoomBy,
  zoomTo,
} from './view-state.js';
import type { ViewerSession } from './viewing.svelte.js';

/**
 * Does what a key or a button says, as a step that can be taken back.
 *
 * @param digit of the key, for the commands of numbers
 */
export function perform(session: ViewerSession, command: Command, digit = 1): void {
  session.history.mark();
  const { view, scene } = session;
  const hasAfter = session.series.after !== null;
  const slice = session.wantedSlice;
  const change = (width: number, center: number): void => {
    const step = view.window.width;
    view.window = { width: step * width, center: view.window.center + step * center };
  };
  const pan = (x: number, y: number): void => {
    const step =
      (scene === null ? 10 : pixelSpacing(scene.before.card)[0] * scene.before.card.columns) / 20 / view.zoom;
    panBy(view, x * step, y * step);
  };
  const actions: Record<Command, () => void> = {
    'slice-next': () => session.goTo(slice + 1),
    'slice-previous': () => session.goTo(slice - 1),
    'slice-forward-10': () => session.goTo(slice + 10),
    'slice-back-10': () => session.goTo(slice - 10),
    'slice-first': () => session.goTo(0),
    'slice-last': () => session.goTo(Number.MAX_SAFE_INTEGER),
    'frame-next': () => session.goTo(slice, view.frame + 1),
    'frame-previous': () => session.goTo(slice, view.frame - 1),
    'window-wider': () => change(1.1, 0),
    'window-narrower': () => change(1 / 1.1, 0),
    'level-up': () => change(1, 0.05),
    'level-down': () => change(1, -0.05),
    'preset-next': () => nextPreset(session),
    preset: () => {
      const chosen = numberedPresets(session.presets)[digit - 1];
      if (chosen !== undefined) view.window = { center: chosen.center, width: chosen.width };
    },
    undo: () => session.history.undo(),
    redo: () => session.history.redo(),
    menu: () => openMenu(session),
    enlarge: () => enlarge(view, session.focused),
    'through-time': () => {
      view.throughTime = !view.throughTime && (session.series.before?.frames ?? 1) > 1;
    },
    'window-auto': () => {
      if (scene !== null) view.window = autoWindow(scene.before.values);
    },
    invert: () => {
      view.invert = !view.invert;
    },
    'zoom-in': () => zoomBy(view, 1.25),
    'zoom-out': () => zoomBy(view, 0.8),
    fit: () => {
      view.zoom = 1;
      view.pan = { x: 0, y: 0 };
    },
    'one-to-one': () => {
      if (scene === null) return;
      const { fit, ratio } = session.pane;
      zoomTo(view, 1 / (fit * ratio * Math.min(...pixelSpacing(scene.before.card))));
    },
    'pan-left': () => pan(-1, 0),
    'pan-right': () => pan(1, 0),
    'pan-up': () => pan(0, -1),
    'pan-down': () => pan(0, 1),
    rotate: () => rotate(view),
    'flip-x': () => mirror(view, 'x'),
    'flip-y': () => mirror(view, 'y'),
    smooth: () => {
      view.smooth = !view.smooth;
    },
    annotations: () => {
      view.annotations = !view.annotations;
    },
    details: () => {
      view.details = !view.details;
    },
    tags: () => session.ask('tags'),
    panel: () => {
      view.panel = !view.panel;
    },
    reset: () => session.reset(),
    'layout-one': () => withLayout(view, 'one', hasAfter),
    'layout-two': () => withLayout(view, 'two', hasAfter),
    'layout-three': () => withLayout(view, 'three', hasAfter),
    strip: () => {
      view.strip = !view.strip;
    },
    'layout-four': () => withLayout(view, 'four', hasAfter),
    planes: () => {
      view.planes = !view.planes && (session.series.before?.slices ?? 0) > 1;
      view.overTime = 'none';
    },
    'over-time': () => {
      const next = { none: 'matrix', matrix: 'tsnr', tsnr: 'none' } as const;
      view.overTime = (session.series.before?.frames ?? 1) > 1 ? next[view.overTime] : 'none';
      view.planes = false;
    },
    swipe: () => toggleCompare(view, 'swipe'),
    'split-left': () => {
      view.split = Math.max(0, view.split - 5);
    },
    'split-right': () => {
      view.split = Math.min(100, view.split + 5);
    },
    flicker: () => toggleCompare(view, 'flicker'),
    'flicker-switch': () => {
      view.flickerAfter = !view.flickerAfter;
    },
    overlay: () => {
      const { overlays } = session;
      view.overlay = overlays[(overlays.indexOf(view.overlay) + 1) % overlays.length] ?? 'none';
    },
    'strength-up': () => session.setStrength(session.strength + 0.05),
    'strength-down': () => session.setStrength(session.strength - 0.05),
    cine: () => {
      view.cine = !view.cine;
    },
    'tool-window': () => {
      view.tool = 'window';
    },
    'tool-probe': () => {
      view.tool = 'probe';
      view.probe ??= middle(session);
    },
    'tool-rectangle': () => {
      view.tool = 'rectangle';
    },
    'tool-ellipse': () => {
      view.tool = 'ellipse';
    },
    'tool-line': () => {
      view.tool = 'line';
    },
    'tool-angle': () => {
      view.tool = 'angle';
    },
    'tool-arrow': () => {
      view.tool = 'arrow';
    },
    'tool-text': () => {
      view.tool = 'text';
    },
    'save-measurements': () => session.ask('measurements'),
    'save-report': () => session.ask('report'),
    like: () => session.ask('like'),
    'save-key-images': () => session.ask('key-images'),
    'key-image': () => {
      if (scene !== null) toggleKeyImage(view, scene.slice, scene.frame);
    },
    'save-picture': () => session.ask('picture'),
    'copy-picture': () => session.ask('copy'),
    place: () => placeInMiddle(session),
    'probe-left': () => step(session, -1, 0),
    'probe-right': () => step(session, 1, 0),
    'probe-up': () => step(session, 0, -1),
    'probe-down': () => step(session, 0, 1),
    remove: () => removeSelected(view),
    escape: () => {
      view.tool = 'window';
      view.selected = null;
      view.probe = null;
    },
  };
  actions[command]();
}

/** In the middle of the viewport that had the focus last. */
function openMenu(session: ViewerSession): void {
  const viewports = document.querySelectorAll('.viewer .picture');
  const box = (viewports[session.focused] ?? viewports[0])?.getBoundingClientRect();
  if (box === undefined) return;
  session.menu = { x: box.left + box.width / 2, y: box.top + box.height / 3, place: session.focused };
}

function nextPreset({ view, presets }: ViewerSession): void {
  if (presets.length === 0) return;
  const { center, width } = view.window;
  const present = presets.findIndex((preset) => preset.center === center && preset.width === width);
  const next = presets[(present + 1) % presets.length];
  view.window = { center: next.center, width: next.width };
}

function middle({ scene }: ViewerSession): { x: number; y: number } | null {
  if (scene === null) return null;
  const { columns, rows } = scene.before.frame;
  return { x: Math.floor(columns / 2) + 0.5, y: Math.floor(rows / 2) + 0.5 };
}

/** A measurement of the chosen kind (a rectangle where none is chosen), an eighth of the plane in size. */
function placeInMiddle(session: ViewerSession): void {
  const { view, scene } = session;
  const at = view.probe ?? middle(session);
  if (scene === null || at === null) return;
  const half = Math.max(2, Math.round(Math.min(scene.before.frame.columns, scene.before.frame.rows) / 16));
  const [x, y] = [Math.floor(at.x), Math.floor(at.y)];
  const region = { x0: x - half, y0: y - half, x1: x + half, y1: y + half };
  const shapes: Record<Tool, Shape> = {
    window: { kind: 'rectangle', ...region },
    probe: { kind: 'rectangle', ...region },
    rectangle: { kind: 'rectangle', ...region },
    ellipse: { kind: 'ellipse', ...region },
    line: { kind: 'line', x0: x - 2 * half, y0: y + 0.5, x1: x + 2 * half, y1: y + 0.5 },
    angle: { kind: 'angle', x0: x + 2 * half, y0: y, x1: x, y1: y, x2: x, y2: y - 2 * half },
    arrow: { kind: 'arrow', x0: x, y0: y, x1: x + 2 * half, y1: y - 2 * half },
    text: { kind: 'text', x0: x, y0: y, x1: x, y1: y },
  };
  const shape = shapes[view.tool];
  addMeasurement(view, shape, scene.slice, scene.frame);
}

function step(session: ViewerSession, dx: number, dy: number): void {
  const { view, scene } = session;
  if (view.selected !== null) {
    moveSelected(view, dx, dy, false);
    return;
  }
  const at = view.probe ?? middle(session);
  if (scene === null || at === null) return;
  const clamp = (value: number, count: number) =>
    Math.min(count - 0.5, Math.max(0.5, Math.floor(value) + 0.5));
  view.tool = 'probe';
  view.probe = {
    x: clamp(at.x + dx, scene.before.frame.columns),
    y: clamp(at.y + dy, scene.before.frame.rows),
  };
}
