import type { Matrix, Size } from '../image/geometry.js';
import type { Shape } from '../image/measure.js';
import { toPixel } from '../image/stage.js';
import { draggedWindow } from '../image/window.js';
import { addMeasurement, type Point, panBy, zoomAt } from './view-state.js';
import type { ViewerSession } from './viewing.svelte.js';

/** What hands need to know of the viewport that they work in, as it is at the moment. */
export interface Touched {
  readonly session: ViewerSession;
  /** Residual and error map have colours of their own, no window. */
  readonly colours: boolean;
  /** Pixels of the plane to CSS pixels; null before the first picture. */
  readonly matrix: Matrix | null;
  /** CSS pixels. */
  readonly size: Size;
  /** CSS pixels to a millimetre. */
  readonly scale: number;
}

type Drag = 'window' | 'pan' | 'zoom' | 'draw' | null;

/** CSS pixels that a button may move while it is pressed and still be a click. */
const CLICK = 4;
/** CSS pixels of a touchpad for one slice. */
const TOUCHPAD_STEP = 40;
/** Of `wheelDeltaY`, for one notch of a wheel, whatever number of lines the system scrolls by it. */
const NOTCH = 120;

/** Pointer and wheel over one viewport. */
export class Hands {
  readonly #touched: () => Touched;
  readonly #draw: (shape: Shape | null) => void;
  readonly #menu: (at: Point) => void;
  #drag: Drag = null;
  #draft: Shape | null = null;
  /** The first leg of an angle is drawn, the second is not. */
  #opening = false;
  #last = { x: 0, y: 0 };
  #start = { x: 0, y: 0 };
  #turned = 0;

  /**
   * @param draw shows a shape that is being drawn; null: none
   * @param menu asks for the menu at a point of the window, in CSS pixels
   */
  constructor(
    touched: () => Touched,
    draw: (shape: Shape | null) => void,
    menu: (at: { readonly x: number; readonly y: number }) => void,
  ) {
    this.#touched = touched;
    this.#draw = draw;
    this.#menu = menu;
  }

  down(event: PointerEvent, element: HTMLElement): void {
    const { session, colours } = this.#touched();
    const { view } = session;
    if (session.scene === null) return;
    // the default would begin a selection of text, or scroll by the middle button; the focus is ours to set
    event.preventDefault();
    element.focus();
    element.setPointerCapture(event.pointerId);
    this.#last = { x: event.clientX, y: event.clientY };
    this.#start = this.#last;
    if (this.#opening && this.#draft !== null && event.button === 0) {
      this.#end(this.#draft);
      return;
    }
    if (event.button === 1 || (event.button === 0 && event.shiftKey)) this.#drag = 'pan';
    else if (event.button === 2) this.#drag = 'zoom';
    else if (view.tool === 'window') this.#drag = colours ? null : 'window';
    else if (view.tool === 'probe') this.#drag = null;
    else {
      const start = this.#pixelOf(event, element);
      if (start === null) return;
      this.#drag = 'draw';
      this.#show({ kind: view.tool, x0: start.x, y0: start.y, x1: start.x, y1: start.y });
    }
  }

  move(event: PointerEvent, element: HTMLElement): void {
    const { session, scale, size } = this.#touched();
    const { view } = session;
    view.probe = this.#pixelOf(event, element);
    const [dx, dy] = [event.clientX - this.#last.x, event.clientY - this.#last.y];
    this.#last = { x: event.clientX, y: event.clientY };
    if (this.#opening && this.#draft !== null && view.probe !== null)
      this.#show({ ...this.#draft, x2: view.probe.x, y2: view.probe.y });
    else if (this.#drag === 'window') view.window = draggedWindow(view.window, dx, dy);
    else if (this.#drag === 'pan') panBy(view, dx / scale, dy / scale);
    else if (this.#drag === 'zoom')
      zoomAt(
        view,
        1.01 ** -dy,
        fromMiddle(
          pointOf({ clientX: this.#start.x, clientY: this.#start.y }, element),
          size,
          scale / view.zoom,
        ),
      );
    else if (this.#drag === 'draw' && this.#draft !== null && view.probe !== null)
      this.#show({ ...this.#draft, x1: view.probe.x, y1: view.probe.y });
  }

  up(event: PointerEvent): void {
    const { session } = this.#touched();
    const { view } = session;
    const draft = this.#draft;
    const isOpening = this.#drag === 'draw' && draft?.kind === 'angle' && lengthOf(draft) >= 1;
    if (this.#drag === 'draw' && draft !== null && !isOpening) {
      if (lengthOf(draft) >= 1 || draft.kind === 'text') this.#end(draft);
      else view.selected = null;
    }
    const { x, y } = this.#start;
    const still = Math.hypot(event.clientX - x, event.clientY - y) < CLICK;
    if (event.type === 'pointerup' && event.button === 2 && this.#drag === 'zoom' && still)
      this.#menu({ x: event.clientX, y: event.clientY });
    // the second leg of an angle follows the pointer until the next press
    this.#opening = isOpening;
    if (!isOpening) this.#show(null);
    this.#drag = null;
  }

  leave(): void {
    const { view } = this.#touched().session;
    if (view.tool !== 'probe') view.probe = null;
  }

  /** Slices, or with Shift time points; with Control, as touchpads send a pinch, zoom to the pointer. */
  wheel(event: WheelEvent, element: HTMLElement): void {
    event.preventDefault();
    const { session, scale, size } = this.#touched();
    const { view } = session;
    if (event.ctrlKey) {
      const at = fromMiddle(pointOf(event, element), size, scale / view.zoom);
      zoomAt(view, 1.002 ** -event.deltaY, at);
      return;
    }
    const steps = this.#steps(event);
    if (steps !== 0) session.walk(steps, event.shiftKey !== view.throughTime);
  }

  /** Notches of a wheel as they are; the many small steps of a touchpad add up to at most one an event. */
  #steps(event: WheelEvent): number {
    // with Shift most systems turn the wheel sideways
    const sideways = event.deltaY === 0;
    const notches = -Number(Reflect.get(event, sideways ? 'wheelDeltaX' : 'wheelDeltaY')) / NOTCH;
    if (Number.isInteger(notches) && notches !== 0) {
      this.#turned = 0;
      return notches;
    }
    const delta = sideways ? event.deltaX : event.deltaY;
    this.#turned += event.deltaMode === WheelEvent.DOM_DELTA_PIXEL ? delta : delta * TOUCHPAD_STEP;
    const step = Math.abs(this.#turned) >= TOUCHPAD_STEP ? Math.sign(this.#turned) : 0;
    // what a fast swipe leaves over is not gone on with when the fingers have left
    this.#turned = Math.min(TOUCHPAD_STEP, Math.max(-TOUCHPAD_STEP, this.#turned - step * TOUCHPAD_STEP));
    return step;
  }

  #end(shape: Shape): void {
    const { view, scene } = this.#touched().session;
    if (scene !== null) addMeasurement(view, shape, scene.slice, scene.frame);
    this.#opening = false;
    this.#show(null);
  }

  #pixelOf(event: MouseEvent, element: HTMLElement): Point | null {
    const { matrix } = this.#touched();
    if (matrix === null) return null;
    const { x, y } = pointOf(event, element);
    return toPixel(matrix, x, y);
  }

  #show(shape: Shape | null): void {
    this.#draft = shape;
    this.#draw(shape);
  }
}

function lengthOf({ x0, y0, x1, y1 }: Shape): number {
  return Math.hypot(x1 - x0, y1 - y0);
}

/** Where the pointer is in an element, in CSS pixels. */
function pointOf({ clientX, clientY }: Pick<MouseEvent, 'clientX' | 'clientY'>, element: HTMLElement): Point {
  const box = element.getBoundingClientRect();
  return { x: clientX - box.left, y: clientY - box.top };
}

/** A point of the screen in mm from the middle, at zoom 1. */
function fromMiddle({ x, y }: Point, { width, height }: Size, fit: number): Point {
  return { x: (x - width / 2) / fit, y: (y - height / 2) / fit };
}
