import { fault } from '../contract/errors.js';
import type { ForeignModel } from '../contract/requests/choices.js';
import type { LoadedModel } from '../runtime/types.js';

/** How a network of others is fed, told by the shapes of what goes in and comes out. */
export interface ForeignPorts {
  readonly image: string;
  readonly output: string;
  readonly layout: 'nchw' | 'nhwc';
  /** Length that the image must have; null: any. */
  readonly rows: number | null;
  readonly columns: number | null;
  /** Where the noise level goes; null: the network is told none. */
  readonly level: LevelPort | null;
}

type LevelPort =
  /** A second channel of the image. */
  | { readonly kind: 'channel' }
  /** An input of its own with the level at every pixel. */
  | { readonly kind: 'map'; readonly name: string }
  /** An input of its own with one value, in this many axes of length 1. */
  | { readonly kind: 'value'; readonly name: string; readonly axes: number };

type Dims = readonly (number | null)[];

/** @throws LimpidError E_MODEL, with what it is that cannot be used */
export function foreignPorts(model: LoadedModel, { layout }: Pick<ForeignModel, 'layout'>): ForeignPorts {
  const [output, ...others] = Object.entries(model.outputShapes);
  if (output === undefined || others.length > 0)
    throw fault('E_MODEL/outputs', { outputs: others.length + (output === undefined ? 0 : 1) });
  const inputs = Object.entries(model.inputShapes);
  const images = inputs.filter(([, dims]) => dims.length === 4 && !isOnes(dims));
  const image = images.find(([name]) => !NAMES_LEVEL.test(name)) ?? images[0];
  if (image === undefined) throw fault('E_MODEL/no-image-input', { inputs: inputs.map(told) });
  const found = layoutOf(image[1], layout);
  const [down, across, channel] = found === 'nchw' ? [2, 3, 1] : [1, 2, 3];
  const [rows, columns] = [image[1][down], image[1][across]];
  const rest = inputs.filter(([name]) => name !== image[0]);
  if (rest.length > 1) throw fault('E_MODEL/inputs', { count: inputs.length, inputs: inputs.map(told) });
  const own = rest.length === 1 ? levelPort(rest[0], channel) : null;
  const second = image[1][channel] === 2;
  if (second && own !== null) throw fault('E_MODEL/two-channels');
  if (!fitsOutput(output[1], [down, across, channel], [rows, columns]))
    throw fault('E_MODEL/other-output', { output: told(output) });
  return {
    image: image[0],
    output: output[0],
    layout: found,
    rows,
    columns,
    level: second ? { kind: 'channel' } : own,
  };
}

/** What authors call a level; FFDNet's own is `sigma`. */
const NAMES_LEVEL = /sigma|noise|level|std/i;

function isOnes(dims: Dims): boolean {
  return dims.slice(1).every((length) => length === 1);
}

function layoutOf(dims: Dims, wanted: ForeignModel['layout']): 'nchw' | 'nhwc' {
  if (dims[0] !== 1 && dims[0] !== null) throw fault('E_MODEL/batch', { images: dims[0] });
  const grey = (length: number | null): boolean => length === 1 || length === 2;
  const may = { nchw: dims[1], nhwc: dims[3] } as const;
  const found = (['nchw', 'nhwc'] as const).find((one) =>
    wanted === 'auto' ? grey(may[one]) : wanted === one && (grey(may[one]) || may[one] === null),
  );
  if (found !== undefined) return found;
  if (wanted === 'auto' && dims[1] === null && dims[3] === null) throw fault('E_MODEL/layout');
  throw fault('E_MODEL/colour', { shape: shapeText(dims) });
}

function levelPort([name, dims]: readonly [string, Dims], channel: number): LevelPort {
  const values = dims.every((length) => length === 1 || length === null);
  if (dims.length <= 2 && values) return { kind: 'value', name, axes: dims.length };
  if (dims.length === 4 && isOnes(dims)) return { kind: 'value', name, axes: 4 };
  const map =
    dims.length === 4 && [dims[0], dims[channel]].every((length) => length === 1 || length === null);
  if (map) return { kind: 'map', name };
  throw fault('E_MODEL/second-input', { input: told([name, dims]) });
}

/** An output of unknown shape is seen when the network runs. */
function fitsOutput(dims: Dims, [down, across, channel]: readonly number[], [rows, columns]: Dims): boolean {
  if (dims.length === 0) return true;
  const same = (a: number | null, b: number | null): boolean => a === null || b === null || a === b;
  const one = (length: number | null): boolean => length === 1 || length === null;
  return (
    dims.length === 4 &&
    one(dims[0]) &&
    one(dims[channel]) &&
    same(dims[down], rows) &&
    same(dims[across], columns)
  );
}

function told([name, dims]: readonly [string, Dims]): string {
  return `${name} ${shapeText(dims)}`;
}

function shapeText(dims: Dims): string {
  return `[${dims.map((length) => length ?? 'free').join(', ')}]`;
}
