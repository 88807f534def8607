import { valuesOf } from '../image/pixels.js';
import { type Paint, Painter } from '../session/painter.js';
import type { Scene, ShownPlane } from '../session/scene.js';
import type { LabelPlane } from '../session/segments.js';
import type { ViewerSession } from '../session/viewing.svelte.js';
import { type Axis, indexIn, planeCard, planeFrame, type Volume, type Voxel } from './volume.js';

/** What the planes are cut from, and where. */
export interface Cut {
  readonly before: Volume | null;
  /** On the voxels of before; null where there is none. */
  readonly after: Volume | null;
  /** Numbers of the segments on the voxels of before; null where none are shown. */
  readonly labels: Volume | null;
  readonly voxel: Voxel;
}

/** The plane of one axis: it is made anew only when the voxel leaves it. */
export class PlaneView {
  readonly axis: Axis;
  readonly #session: ViewerSession;
  readonly #cut: () => Cut;
  readonly #painter = new Painter();
  readonly index = $derived.by(() => indexIn(this.axis, this.#cut().voxel));
  readonly scene = $derived.by<Scene | null>(() => {
    const { before, after } = this.#volumes;
    if (before === null) return null;
    const [first, second] = [this.#plane(before), after === null ? null : this.#plane(after)];
    return {
      slice: this.index,
      frame: this.#session.view.frame,
      before: first,
      after: second,
      error: null,
      comparable: second !== null,
      errorFits: false,
    };
  });
  readonly labels = $derived.by<LabelPlane | null>(() => {
    const [volume, { segmentation }] = [this.#labels, this.#session];
    if (volume === null || segmentation === null) return null;
    const values = valuesOf(planeFrame(volume, this.axis, this.index));
    return { slice: this.index, frame: segmentation.frame, values };
  });
  readonly paint = $derived.by<Paint>(() => {
    const { view, strength, autoResidual, autoError } = this.#session;
    const segments = this.#session.paintedSegments(this.labels);
    return this.#painter.paint(this.scene, strength, view, autoResidual, autoError, segments);
  });
  readonly #before = $derived.by(() => this.#cut().before);
  readonly #after = $derived.by(() => this.#cut().after);
  readonly #labels = $derived.by(() => this.#cut().labels);

  constructor(axis: Axis, session: ViewerSession, cut: () => Cut) {
    this.axis = axis;
    this.#session = session;
    this.#cut = cut;
  }

  get #volumes(): Pick<Cut, 'before' | 'after'> {
    return { before: this.#before, after: this.#after };
  }

  #plane(volume: Volume): ShownPlane {
    const frame = planeFrame(volume, this.axis, this.index);
    return { card: planeCard(volume.card, this.axis), slice: this.index, frame, values: valuesOf(frame) };
  }
}
