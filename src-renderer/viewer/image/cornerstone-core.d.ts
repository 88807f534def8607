/**
 * The few functions of cornerstone-core 2.6.1 that stage.ts uses. @types/cornerstone-core types pixels as number[] and
 * makes optional members of an image mandatory, so that no real image fits it without a cast.
 */
declare module 'cornerstone-core' {
  export interface Image {
    imageId: string;
    minPixelValue: number;
    maxPixelValue: number;
    slope: number;
    intercept: number;
    windowCenter: number;
    windowWidth: number;
    getPixelData: () => Int16Array | Uint16Array | Uint8ClampedArray;
    /** Drawn as it is where `color` is set and the window is 255 at 128. */
    getCanvas?: () => HTMLCanvasElement;
    rows: number;
    columns: number;
    height: number;
    width: number;
    color: boolean;
    rgba: boolean;
    columnPixelSpacing: number;
    rowPixelSpacing: number;
    invert: boolean;
    sizeInBytes: number;
    /** Draws it in the place of cornerstone, in an animation frame. */
    render?: (enabledElement: EnabledElement) => void;
  }
  export interface EnabledElement {
    readonly canvas: HTMLCanvasElement;
    readonly image: Image;
  }
  export interface Viewport {
    scale: number;
    translation: { x: number; y: number };
    voi: { windowWidth: number; windowCenter: number };
    invert: boolean;
    pixelReplication: boolean;
    rotation: number;
    hflip: boolean;
    vflip: boolean;
  }
  export const EVENTS: { readonly IMAGE_RENDERED: string };
  export function enable(element: HTMLElement): void;
  export function disable(element: HTMLElement): void;
  export function resize(element: HTMLElement, forceFitToWindow: boolean): void;
  export function displayImage(element: HTMLElement, image: Image, viewport: Viewport): void;
  export function setViewport(element: HTMLElement, viewport: Viewport): void;
  /** Draws the canvas of the image. */
  export function renderColorImage(enabledElement: EnabledElement, invalidated: boolean): void;
  export function pixelToCanvas(
    element: HTMLElement,
    point: { x: number; y: number },
  ): { x: number; y: number };
}
