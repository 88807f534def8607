import { fault, LimpidError } from '../contract/errors.js';
import type { ForeignModel } from '../contract/requests/choices.js';
import type { NamedArray, NamedArrays } from '../graph/types.js';
import { mirrorPlane } from '../imaging/tiles.js';
import type { LoadedModel } from '../runtime/types.js';
import type { ForeignPorts } from './foreign-ports.js';

/** An image scaled to [0, 1] and, for networks that are told it, the standard deviation of its noise, scaled alike. */
export interface ForeignInput {
  readonly image: Float32Array;
  readonly rows: number;
  readonly columns: number;
  readonly sigma: number;
}

/**
 * Runs it on an image of any size: a network of one size in windows that overlap by half or more, each weighted down
 * towards its edges, so that no edge of a window shows.
 *
 * @returns `reconstruction` [1, rows, columns, 1], scaled like the image
 * @throws LimpidError E_MODEL when it gives an image of another size; as `runShaped`
 */
export async function runForeign(
  model: LoadedModel,
  ports: ForeignPorts,
  how: Pick<ForeignModel, 'gives' | 'white'>,
  input: ForeignInput,
): Promise<NamedArrays> {
  const { rows, columns } = input;
  const [height, width] = [ports.rows ?? rows, ports.columns ?? columns];
  const whole = height === rows && width === columns;
  const data = whole
    ? await runOnce(model, ports, how, input)
    : await windowed(input, height, width, (window) =>
        runOnce(model, ports, how, { image: window, rows: height, columns: width, sigma: input.sigma }),
      );
  return { reconstruction: { data, shape: [1, rows, columns, 1] } };
}

/** What sides may have to be multiples of, and an image of each whose sides are multiples of no more. */
const TRIED = [
  { multiple: 16, side: 80 },
  { multiple: 32, side: 96 },
  { multiple: 64, side: 192 },
] as const;

/**
 * Runs it on one small image, to know before the work that it can be used and what a pixel costs.
 *
 * @param least what sides are multiples of already
 * @returns what sides have to be multiples of
 * @throws LimpidError E_MODEL for a network that does not run, takes too much, or gives no numbers
 */
export async function tryForeign(
  model: LoadedModel,
  ports: ForeignPorts,
  how: Pick<ForeignModel, 'gives' | 'white'>,
  least = 0,
): Promise<number> {
  let cause: unknown;
  for (const { multiple, side } of TRIED.filter((one) => one.multiple >= least)) {
    const [rows, columns] = [ports.rows ?? side, ports.columns ?? side];
    const image = Float32Array.from({ length: rows * columns }, (_, i) => 0.5 + 0.3 * Math.sin(i / 7));
    try {
      const { reconstruction } = await runForeign(model, ports, how, { image, rows, columns, sigma: 0.05 });
      if (reconstruction.data.every(Number.isFinite)) return multiple;
    } catch (error) {
      // Halvings that do not come out even end like this.
      if (!(error instanceof LimpidError) || error.code !== 'E_DEVICE') throw error;
      cause = error;
    }
  }
  throw fault(cause === undefined ? 'E_MODEL/gives-no-numbers' : 'E_MODEL/no-size-runs');
}

async function windowed(
  { image, rows, columns }: ForeignInput,
  height: number,
  width: number,
  run: (window: Float32Array) => Promise<Float32Array>,
): Promise<Float32Array> {
  // A smaller image is mirrored up to the size of a window.
  const padded = grown(image, rows, columns, Math.max(rows, height), Math.max(columns, width));
  const sum = new Float64Array(padded.rows * padded.columns);
  const total = new Float64Array(sum.length);
  const [down, across] = [ramp(height), ramp(width)];
  const window = new Float32Array(height * width);
  for (const top of starts(padded.rows, height))
    for (const left of starts(padded.columns, width)) {
      for (let y = 0; y < height; y++) {
        const from = (top + y) * padded.columns + left;
        window.set(padded.values.subarray(from, from + width), y * width);
      }
      const out = await run(window);
      for (let y = 0; y < height; y++)
        for (let x = 0; x < width; x++) {
          const at = (top + y) * padded.columns + left + x;
          const weight = down[y] * across[x];
          sum[at] += weight * out[y * width + x];
          total[at] += weight;
        }
    }
  const result = new Float32Array(rows * columns);
  for (let y = 0; y < rows; y++)
    for (let x = 0; x < columns; x++) {
      const at = y * padded.columns + x;
      result[y * columns + x] = sum[at] / total[at];
    }
  return result;
}

/** Mirrored at the bottom and the right to exactly this size. */
function grown(
  image: Float32Array,
  rows: number,
  columns: number,
  height: number,
  width: number,
): { values: Float32Array; rows: number; columns: number } {
  if (rows === height && columns === width) return { values: image, rows, columns };
  // Its multiple is one for both axes: what is too much is cut off.
  const { values, columns: stride } = mirrorPlane(image, rows, columns, 0, Math.max(height, width));
  const out = new Float32Array(height * width);
  for (let y = 0; y < height; y++) out.set(values.subarray(y * stride, y * stride + width), y * width);
  return { values: out, rows: height, columns: width };
}

/** Where windows start that cover a length evenly and overlap by half or more. */
function starts(length: number, size: number): number[] {
  const count = length === size ? 1 : Math.ceil((length - size) / Math.max(1, size >> 1)) + 1;
  return Array.from({ length: count }, (_, i) =>
    count === 1 ? 0 : Math.round((i * (length - size)) / (count - 1)),
  );
}

/** Weights of a window (Hann): flat in the middle and next to nothing at its edges, yet nowhere 0. */
function ramp(size: number): Float64Array {
  return Float64Array.from({ length: size }, (_, i) => Math.sin((Math.PI * (i + 0.5)) / size) ** 2);
}

async function runOnce(
  model: LoadedModel,
  ports: ForeignPorts,
  { gives, white }: Pick<ForeignModel, 'gives' | 'white'>,
  { image, rows, columns, sigma }: ForeignInput,
): Promise<Float32Array> {
  const data = image.map((value) => value * white);
  const { [ports.output]: output } = await model.runShaped(
    feedsOf(ports, data, rows, columns, sigma * white),
  );
  if (output === undefined || output.data.length !== image.length) throw fault('E_MODEL/other-size');
  return output.data.map((value, i) => (gives === 'noise' ? data[i] - value : value) / white);
}

/** With one channel the two layouts hold the same values in the same order. */
function feedsOf(
  { image, layout, level }: ForeignPorts,
  data: Float32Array,
  rows: number,
  columns: number,
  sigma: number,
): NamedArrays {
  const shape = (channels: number): number[] =>
    layout === 'nhwc' ? [1, rows, columns, channels] : [1, channels, rows, columns];
  const fed: NamedArray = { data, shape: shape(1) };
  switch (level?.kind) {
    case undefined:
      return { [image]: fed };
    case 'value':
      return {
        [image]: fed,
        [level.name]: { data: Float32Array.of(sigma), shape: Array(level.axes).fill(1) },
      };
    case 'map':
      return { [image]: fed, [level.name]: { data: data.map(() => sigma), shape: shape(1) } };
    case 'channel': {
      const both = new Float32Array(2 * data.length).fill(sigma);
      if (layout === 'nchw') both.set(data);
      else for (let i = 0; i < data.length; i++) both[2 * i] = data[i];
      return { [image]: { data: both, shape: shape(2) } };
    }
  }
}
