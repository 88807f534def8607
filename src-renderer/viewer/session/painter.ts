import { divergingColour, ERROR_CLEAR, ERROR_LIMIT, sequentialColour } from '../../ui/palette.js';
import {
  blend,
  type ColourScale,
  colourTable,
  followsStrength,
  multiply,
  quantise,
  type ReadLine,
  readBlend,
  readDifferences,
  readSizes,
  readValues,
  smoothNoise,
  subtract,
  subtractStored,
} from '../image/pixels.js';
import type { Picture } from '../image/stage.js';
import {
  once,
  place,
  rangeOfFrame,
  readPicture,
  SEQUENTIAL,
  scaledPicture,
  storedPicture,
  Words,
} from './picture.js';
import type { Scene, ShownPlane } from './scene.js';
import type { LabelPlane } from './segments.js';
import type { ViewState } from './view-state.js';

/** What the panes draw of a scene. Pictures are made when asked for, and once for a scene and its settings. */
export interface Paint {
  readonly scene: Scene | null;
  readonly before: () => Picture | null;
  readonly after: () => Picture | null;
  /** Values of the series after at the present strength; null where there is none to compare. */
  readonly afterValues: () => Float32Array | null;
  readonly residual: () => Picture | null;
  readonly error: () => Picture | null;
  readonly errorValues: () => Float32Array | null;
  readonly overlay: () => Picture | null;
  readonly residualScale: ColourScale;
  readonly errorScale: ColourScale;
  readonly residualUnits: string;
  readonly errorUnits: string;
  /** No error map: |before - after| stands for it. */
  readonly errorIsChange: boolean;
}

/** Segments of a slice, and their colours. */
export interface PaintedSegments {
  readonly plane: LabelPlane;
  readonly scale: ColourScale;
  /** Whether they are shown at time points, too, that they were not marked at. */
  readonly everyTime: boolean;
}

const DIVERGING = colourTable(divergingColour);
/** Over a picture, weak values are faint too: dark colours would be taken for dark tissue. */
const DIVERGING_OVER = colourTable(divergingColour, (share) => Math.min(1, 3 * Math.abs(share - 0.5)));
const SEQUENTIAL_OVER = colourTable(sequentialColour, (share) => Math.min(1, 1.5 * share));

/** Keeps the buffers that pictures are made in, so that a slider moves without a garbage collection. */
export class Painter {
  readonly #buffers = new Map<string, Float32Array>();
  readonly #words = new Map<string, Words>();
  readonly #grey = new WeakMap<ShownPlane, Picture>();

  paint(
    scene: Scene | null,
    strength: number,
    view: ViewState,
    autoResidual: number,
    autoError: number,
    segments: PaintedSegments | null = null,
  ): Paint {
    const residualLimit = view.residualLimit ?? (autoResidual || 1);
    const inSigma = errorUnits(scene) === 'σ';
    const errorLimit = view.errorLimit ?? (inSigma ? ERROR_LIMIT : autoError || 1);
    const residualScale = { table: DIVERGING, low: -residualLimit, high: residualLimit, threshold: 0 };
    const clear = inSigma ? Math.min(ERROR_CLEAR, errorLimit) : 0;
    const errorScale = { table: SEQUENTIAL, low: 0, high: errorLimit, threshold: clear };
    const { overlay, threshold, smoothed } = view;

    const afterValues = once(() => this.#afterValues(scene, strength));
    const residualValues = once(() => {
      if (scene?.after == null || !scene.comparable) return null;
      const out = this.#buffer('residual', scene.after.frame.pixels.length);
      const blended = strength === 1 ? null : afterValues();
      if (blended === null) subtractStored(scene.before.frame, scene.after.frame, out);
      else subtract(scene.before.values, blended, out);
      return out;
    });
    const shownResidual = once(() => {
      const residual = residualValues();
      return residual === null || scene === null || !smoothed
        ? residual
        : this.#smooth('residual', scene, residual);
    });
    const errorValues = once(() => {
      if (scene?.error != null) {
        const map = this.#mapValues(scene, scene.error, strength);
        if (!smoothed || !inSigma || map === null) return map;
        const residual = residualValues();
        if (residual === null) return map;
        return this.#smooth(
          'error',
          scene,
          map.map((value, i) => (residual[i] < 0 ? -value : value)),
        ).map(Math.abs);
      }
      const residual = shownResidual();
      if (residual === null) return null;
      const out = this.#buffer('change', residual.length);
      for (let i = 0; i < out.length; i++) out[i] = Math.abs(residual[i]);
      return out;
    });
    const coloured = (name: string, values: Float32Array | null, scale: ColourScale): Picture | null =>
      scene === null || values === null
        ? null
        : scaledPicture(scene.before, values, scale, this.#wordsOf(name));
    /** Of a plane that is drawn small, only the pixels of the screen are worked out. */
    const read = (
      name: string,
      line: ReadLine | null,
      values: () => Float32Array | null,
      scale: ColourScale,
    ): Picture | null => {
      if (scene === null || line === null || smoothed) return coloured(name, values(), scale);
      const whole = () => values() ?? new Float32Array(0);
      return readPicture(scene.before, line, whole, scale, this.#wordsOf(name));
    };
    const differences =
      scene?.after == null || !scene.comparable
        ? null
        : readDifferences(scene.before.frame, scene.after.frame, strength);
    const residual = (name: string, scale: ColourScale): Picture | null =>
      read(name, differences, shownResidual, scale);
    const error = (name: string, scale: ColourScale): Picture | null => {
      if (scene?.error == null)
        return read(name, differences === null ? null : readSizes(differences), errorValues, scale);
      const map = scene.errorFits ? readValues(scene.error.values, mapFactor(scene, strength)) : null;
      return read(name, map, errorValues, scale);
    };

    return {
      scene,
      before: once(() => (scene === null ? null : this.#stored(scene.before))),
      after: once(() => {
        if (scene?.after == null) return null;
        if (strength === 1 || !scene.comparable) return this.#stored(scene.after);
        return this.#blended(scene.before, scene.after, strength);
      }),
      afterValues,
      residual: once(() => residual('residual', residualScale)),
      error: once(() => error('error', errorScale)),
      errorValues,
      overlay: once(() => {
        if (overlay === 'residual')
          return residual('overlay', {
            ...residualScale,
            table: DIVERGING_OVER,
            threshold: threshold * residualLimit,
          });
        if (overlay === 'error')
          return error('overlay', {
            ...errorScale,
            table: SEQUENTIAL_OVER,
            threshold: threshold * errorLimit,
          });
        if (overlay === 'segments' && scene !== null && segments !== null) {
          const { plane, scale, everyTime } = segments;
          const isHere = plane.slice === scene.slice && (everyTime || plane.frame === scene.frame);
          return isHere ? coloured('overlay', plane.values, scale) : null;
        }
        return null;
      }),
      residualScale,
      errorScale,
      residualUnits: scene?.before.card.units ?? '',
      errorUnits: errorUnits(scene),
      errorIsChange: scene?.error == null,
    };
  }

  #afterValues(scene: Scene | null, strength: number): Float32Array | null {
    if (scene?.after == null || !scene.comparable) return null;
    if (strength === 1) return scene.after.values;
    const out = this.#buffer('blend', scene.after.values.length);
    blend(scene.before.values, scene.after.values, strength, out);
    return out;
  }

  #smooth(name: string, { before }: Scene, values: Float32Array): Float32Array {
    const out = this.#buffer(`smooth ${name}`, values.length);
    smoothNoise(values, before.frame.columns, before.frame.rows, out);
    return out;
  }

  #mapValues(scene: Scene, error: ShownPlane, strength: number): Float32Array | null {
    if (!scene.errorFits) return null;
    const factor = mapFactor(scene, strength);
    if (factor === 1) return error.values;
    const out = this.#buffer('map', error.values.length);
    multiply(error.values, factor, out);
    return out;
  }

  #blended(before: ShownPlane, after: ShownPlane, strength: number): Picture {
    // the range of both, so that moving the slider does not move the steps of grey
    const [b, a] = [rangeOfFrame(before), rangeOfFrame(after)];
    const [low, high] = [Math.min(b.low, a.low), Math.max(b.high, a.high)];
    const whole = once(() => {
      const values = this.#buffer('blend', after.frame.pixels.length);
      blend(before.values, after.values, strength, values);
      return quantise(values, low, high, this.#levels(values.length));
    });
    return {
      ...place(after),
      plane: { read: readBlend(before.frame, after.frame, strength), low, high, whole },
    };
  }

  #stored(shown: ShownPlane): Picture {
    const known = this.#grey.get(shown);
    if (known !== undefined) return known;
    const picture = storedPicture(shown);
    this.#grey.set(shown, picture);
    return picture;
  }

  #wordsOf(name: string): Words {
    const known = this.#words.get(name) ?? new Words();
    this.#words.set(name, known);
    return known;
  }

  #levelsBuffer = new Uint16Array(0);
  #levels(length: number): Uint16Array {
    if (this.#levelsBuffer.length !== length) this.#levelsBuffer = new Uint16Array(length);
    return this.#levelsBuffer;
  }

  #buffer(name: string, length: number): Float32Array {
    const known = this.#buffers.get(name);
    if (known?.length === length) return known;
    const made = new Float32Array(length);
    this.#buffers.set(name, made);
    return made;
  }
}

/** By what a map is multiplied at a strength. */
function mapFactor({ error, comparable }: Scene, strength: number): number {
  return comparable && followsStrength(error?.card.map) ? strength : 1;
}

/** 'σ' is the noise level: what most error maps are measured in. */
function errorUnits(scene: Scene | null): string {
  if (scene?.error == null) return scene?.before.card.units ?? '';
  const { map, units } = scene.error.card;
  return followsStrength(map) ? 'σ' : units;
}
