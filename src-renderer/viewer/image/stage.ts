/** The one place that knows cornerstone-core: a host element in which one picture is drawn. */
import * as cornerstone from 'cornerstone-core';
import type { Matrix, Size } from './geometry.js';
import { GreyTable } from './grey.js';
import { type Coloured, Layer } from './layer.js';
import type { DrawnPlane, ReadPlane } from './pixels.js';
import { screenOf } from './screen.js';

/** Grey by window and level, or colours as they are. `columns` x `rows` pixels of `spacing` mm. */
export type Picture = {
  readonly columns: number;
  readonly rows: number;
  readonly spacing: readonly [number, number];
} & ({ readonly plane: DrawnPlane | ReadPlane } | Pick<Coloured, 'colours'>);

/** Where and how a picture is drawn. */
export interface Placement {
  /** CSS pixels a mm. */
  readonly scale: number;
  /** mm on screen. */
  readonly pan: { readonly x: number; readonly y: number };
  readonly rotation: number;
  readonly flipX: boolean;
  readonly flipY: boolean;
  readonly center: number;
  readonly width: number;
  readonly invert: boolean;
  readonly smooth: boolean;
}

export interface Stage {
  /** CSS pixels, and device pixels to one of them. */
  resize(size: Size, ratio: number): void;
  /** Draws in the next animation frame; the last call before it wins. */
  show(picture: Picture, placement: Placement): void;
  /** Of what was last given to `show`; null before. */
  matrix(): Matrix | null;
  dispose(): void;
}

let pictures = 0;

/** @param onDrawn called in the same animation frame, after the picture is on screen, with the time it took in ms */
export function createStage(host: HTMLElement, onDrawn: (milliseconds: number) => void): Stage {
  const element = document.createElement('div');
  element.style.transformOrigin = '0 0';
  element.style.position = 'absolute';
  host.append(element);
  let ratio = 1;
  let size: Size = { width: 1, height: 1 };
  let shown: { picture: Picture; placement: Placement } | null = null;
  const images = new WeakMap<Picture, cornerstone.Image>();
  const greys = new Greys();
  const layer = new Layer();

  const drawn = (event: Event): void => {
    onDrawn(event instanceof CustomEvent ? Number(event.detail?.renderTimeInMs) : 0);
  };
  cornerstone.enable(element);
  element.addEventListener(cornerstone.EVENTS.IMAGE_RENDERED, drawn);

  function show(picture: Picture, placement: Placement): void {
    const same = shown?.picture === picture;
    shown = { picture, placement };
    const viewport = viewportOf(picture, placement, ratio);
    const image = images.get(picture) ?? { ...imageOf(picture), render };
    images.set(picture, image);
    if (same) cornerstone.setViewport(element, viewport);
    else cornerstone.displayImage(element, image, viewport);
  }

  /** In the animation frame, so that what changes several times before it is worked out once. */
  function render(enabled: cornerstone.EnabledElement): void {
    if (shown === null) return;
    const { picture, placement } = shown;
    const coloured = 'plane' in picture ? greys.of(picture, picture.plane, placement) : picture;
    const { center, width, invert, smooth } = placement;
    const key = 'plane' in picture ? [center, width, invert].join() : '';
    const screen = screenOf(matrixOf(), size, ratio, picture, smooth);
    if (screen === null) {
      enabled.image.getCanvas = () => layer.plane(coloured, picture, key);
      cornerstone.renderColorImage(enabled, false);
      return;
    }
    const context = enabled.canvas.getContext('2d', { desynchronized: true });
    if (context === null) return;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.fillStyle = 'black';
    context.fillRect(0, 0, enabled.canvas.width, enabled.canvas.height);
    layer.put(context, coloured, screen, picture, key);
  }

  function matrixOf(): Matrix {
    const [o, x, y] = [
      [0, 0],
      [1, 0],
      [0, 1],
    ].map(([px, py]) => cornerstone.pixelToCanvas(element, { x: px, y: py }));
    return {
      a: (x.x - o.x) / ratio,
      b: (x.y - o.y) / ratio,
      c: (y.x - o.x) / ratio,
      d: (y.y - o.y) / ratio,
      e: o.x / ratio,
      f: o.y / ratio,
    };
  }

  return {
    show,
    resize(given, devicePixels) {
      size = given;
      ratio = devicePixels;
      // cornerstone gives its canvas as many pixels as the element has CSS pixels: make it larger, then shrink it
      element.style.width = `${Math.max(1, Math.round(size.width * ratio))}px`;
      element.style.height = `${Math.max(1, Math.round(size.height * ratio))}px`;
      element.style.transform = `scale(${1 / ratio})`;
      cornerstone.resize(element, false);
      if (shown !== null) show(shown.picture, shown.placement);
    },
    matrix() {
      return shown === null ? null : matrixOf();
    },
    dispose() {
      element.removeEventListener(cornerstone.EVENTS.IMAGE_RENDERED, drawn);
      cornerstone.disable(element);
      element.remove();
    },
  };
}

function viewportOf(picture: Picture, placement: Placement, ratio: number): cornerstone.Viewport {
  const [sx, sy] = picture.spacing;
  const quarter = placement.rotation === 90 || placement.rotation === 270;
  return {
    // cornerstone's scale is that of the finer axis; its translation is in stored pixels along the screen's axes
    scale: placement.scale * ratio * Math.min(sx, sy),
    translation: {
      x: placement.pan.x / (quarter ? sy : sx),
      y: placement.pan.y / (quarter ? sx : sy),
    },
    // a canvas is drawn as it is
    voi: { windowWidth: 255, windowCenter: 128 },
    invert: false,
    pixelReplication: !placement.smooth,
    rotation: placement.rotation,
    hflip: placement.flipX,
    vflip: placement.flipY,
  };
}

/** What cornerstone is given: colours, which we draw ourselves. */
function imageOf({ columns, rows, spacing }: Picture): cornerstone.Image {
  return {
    imageId: `limpid:${++pictures}`,
    windowCenter: 128,
    windowWidth: 255,
    rows,
    columns,
    height: rows,
    width: columns,
    columnPixelSpacing: spacing[0],
    rowPixelSpacing: spacing[1],
    invert: false,
    minPixelValue: 0,
    maxPixelValue: 255,
    slope: 1,
    intercept: 0,
    color: true,
    rgba: true,
    sizeInBytes: 4 * columns * rows,
    getPixelData: () => new Uint8ClampedArray(0),
  };
}

/** Planes of one stage in greys. */
class Greys {
  readonly #table = new GreyTable();

  of({ columns, rows }: Picture, plane: DrawnPlane | ReadPlane, scale: Placement): Coloured {
    return {
      columns,
      rows,
      colours: (screen) => {
        const { width, height } = screen ?? { width: columns, height: rows };
        const out = scratch(width * height);
        this.#table.draw(plane, scale, screen, out);
        return out;
      },
    };
  }
}

let words = new Uint32Array(0);

/** Words of all stages, for one drawing. */
function scratch(length: number): Uint32Array {
  if (words.length < length) words = new Uint32Array(length);
  return words;
}

/** The pixel under a point of the host, in CSS pixels. */
export function toPixel(m: Matrix, x: number, y: number): { x: number; y: number } {
  const determinant = m.a * m.d - m.b * m.c;
  const [dx, dy] = [x - m.e, y - m.f];
  return { x: (m.d * dx - m.c * dy) / determinant, y: (m.a * dy - m.b * dx) / determinant };
}

/** Where a pixel is seen in the host, in CSS pixels. */
export function toScreen(m: Matrix, x: number, y: number): { x: number; y: number } {
  return { x: m.a * x + m.c * y + m.e, y: m.b * x + m.d * y + m.f };
}
