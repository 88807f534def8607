import type { Calibration } from '../../src-main/contract/calibration.js';
import type { Command, ShortcutGroup } from './shortcuts.js';
import type { Layout, Overlay, PaneKind, Tool } from './state.js';

/** All that the viewer says. Another language is another object of this shape, given as the property `words`. */
export interface ViewerWords {
  readonly viewer: string;
  readonly notForDiagnosis: string;
  readonly emptyTitle: string;
  readonly emptyText: string;
  readonly loading: string;
  readonly retry: string;
  readonly notViewable: string;
  readonly noSliceHere: string;
  readonly noAfter: string;
  readonly otherGrid: string;
  readonly panes: Readonly<Record<PaneKind, string>>;
  readonly absoluteChange: string;
  readonly paneContent: string;
  readonly layouts: Readonly<Record<Layout, string>>;
  readonly layout: string;
  readonly tools: Readonly<Record<Tool, string>>;
  readonly tool: string;
  readonly overlays: Readonly<Record<Overlay, string>>;
  readonly overlay: string;
  readonly opacity: string;
  readonly threshold: string;
  readonly limit: string;
  readonly strength: string;
  readonly window: string;
  readonly preset: string;
  readonly custom: string;
  readonly level: string;
  readonly width: string;
  readonly view: string;
  readonly zoom: string;
  readonly rotate: string;
  readonly flipX: string;
  readonly flipY: string;
  readonly invert: string;
  readonly smooth: string;
  readonly reset: string;
  readonly annotations: string;
  readonly panel: string;
  readonly compare: string;
  readonly divider: string;
  readonly percentBefore: string;
  readonly showBefore: string;
  readonly showAfter: string;
  readonly flickerRun: string;
  readonly slice: string;
  readonly of: string;
  readonly time: string;
  readonly play: string;
  readonly pause: string;
  readonly rate: string;
  readonly perSecond: string;
  readonly measurements: string;
  readonly measureHint: string;
  readonly remove: string;
  readonly goTo: string;
  readonly mean: string;
  readonly sd: string;
  readonly snr: string;
  readonly area: string;
  readonly length: string;
  readonly pixels: string;
  readonly profile: string;
  readonly distance: string;
  /** What millimetres are where they are not lengths in the patient. */
  readonly calibration: Readonly<Record<Exclude<Calibration, 'patient'>, string>>;
  readonly probe: string;
  readonly position: string;
  readonly groups: Readonly<Record<ShortcutGroup, string>>;
  readonly commands: Readonly<Record<Command, string>>;
}

export const ENGLISH: ViewerWords = {
  viewer: 'Viewer',
  notForDiagnosis: 'Not for diagnostic use',
  emptyTitle: 'No series is open',
  emptyText: 'Choose a series to look at it here.',
  loading: 'Loading slice',
  retry: 'Try again',
  notViewable: 'This series cannot be shown.',
  noSliceHere: 'No slice at this position',
  noAfter: 'No denoised series yet',
  otherGrid: 'The two series differ in matrix or place: their pixels cannot be compared.',
  panes: {
    before: 'Before',
    after: 'After',
    swipe: 'Swipe',
    flicker: 'Flicker',
    residual: 'Residual',
    error: 'Error map',
  },
  absoluteChange: 'Absolute change',
  paneContent: 'Content of viewport',
  layouts: { one: '1', two: '2', four: '2 × 2' },
  layout: 'Layout',
  tools: { window: 'Window', probe: 'Probe', rectangle: 'Rectangle', ellipse: 'Ellipse', line: 'Profile' },
  tool: 'Left button',
  overlays: { none: 'None', error: 'Error map', residual: 'Residual' },
  overlay: 'Overlay',
  opacity: 'Opacity',
  threshold: 'Clear below',
  limit: 'Colours end at',
  strength: 'Strength',
  window: 'Window',
  preset: 'Preset',
  custom: 'Custom',
  level: 'Level',
  width: 'Width',
  view: 'View',
  zoom: 'Zoom',
  rotate: 'Rotate',
  flipX: 'Flip left–right',
  flipY: 'Flip top–bottom',
  invert: 'Invert',
  smooth: 'Smooth pixels',
  reset: 'Reset',
  annotations: 'Annotations',
  panel: 'Window, overlay and measurements',
  compare: 'Compare',
  divider: 'Divider between before, on the left, and after',
  percentBefore: '% before',
  showBefore: 'Show before',
  showAfter: 'Show after',
  flickerRun: 'Change by itself',
  slice: 'Slice',
  of: 'of',
  time: 'Time point',
  play: 'Play',
  pause: 'Pause',
  rate: 'Slices a second',
  perSecond: '/s',
  measurements: 'Measurements',
  measureHint: 'Choose a tool and drag on the image, or press Enter to place one in the middle.',
  remove: 'Remove',
  goTo: 'Go to slice',
  mean: 'Mean',
  sd: 'SD',
  snr: 'SNR',
  area: 'Area',
  length: 'Length',
  pixels: 'pixels',
  profile: 'Profile',
  distance: 'Distance (mm)',
  calibration: {
    geometry: 'calibrated by geometry',
    fiducial: 'calibrated by an object',
    detector: 'at the detector',
    none: 'not calibrated',
  },
  probe: 'Pixel',
  position: 'Position',
  groups: {
    scroll: 'Scroll',
    window: 'Window and level',
    view: 'View',
    compare: 'Compare',
    measure: 'Measure',
  },
  commands: {
    'slice-next': 'Next slice',
    'slice-previous': 'Previous slice',
    'slice-forward-10': 'Ten slices on',
    'slice-back-10': 'Ten slices back',
    'slice-first': 'First slice',
    'slice-last': 'Last slice',
    'frame-next': 'Next time point',
    'frame-previous': 'Previous time point',
    'window-wider': 'Wider window',
    'window-narrower': 'Narrower window',
    'level-up': 'Higher level (darker)',
    'level-down': 'Lower level (brighter)',
    'preset-next': 'Next preset',
    'window-auto': 'Window from this slice',
    invert: 'Invert',
    'zoom-in': 'Zoom in',
    'zoom-out': 'Zoom out',
    fit: 'Fit to viewport',
    'pan-left': 'Move left',
    'pan-right': 'Move right',
    'pan-up': 'Move up',
    'pan-down': 'Move down',
    rotate: 'Rotate a quarter clockwise',
    'flip-x': 'Flip left to right',
    'flip-y': 'Flip top to bottom',
    smooth: 'Smooth or sharp pixels',
    reset: 'Reset window, zoom, orientation',
    'layout-one': 'One viewport',
    'layout-two': 'Before and after',
    'layout-four': 'Before, after, residual, error map',
    swipe: 'Swipe compare',
    'split-left': 'Divider left',
    'split-right': 'Divider right',
    flicker: 'Flicker compare',
    'flicker-switch': 'In flicker: before or after',
    overlay: 'Next overlay',
    'strength-up': 'More strength',
    'strength-down': 'Less strength',
    cine: 'Play or pause',
    'tool-window': 'Left button: window and level',
    'tool-probe': 'Left button: probe',
    'tool-rectangle': 'Left button: rectangle',
    'tool-ellipse': 'Left button: ellipse',
    'tool-line': 'Left button: profile line',
    place: 'Place a measurement in the middle',
    'probe-left': 'Probe left; moves a selected measurement',
    'probe-right': 'Probe right; moves a selected measurement',
    'probe-up': 'Probe up; moves a selected measurement',
    'probe-down': 'Probe down; moves a selected measurement',
    remove: 'Remove the selected measurement',
    escape: 'Back to the window tool; selects nothing',
    annotations: 'Show or hide annotations',
    panel: 'Show or hide the panel beside the viewports',
  },
};
