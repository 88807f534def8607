import type { FrameHeader } from '../../contract/window/opened.js';
import type { StoredValues } from '../../dicom/codec/decode.js';
import type { Frame } from './protocol.js';

interface Scale {
  readonly columns: number;
  readonly rows: number;
  readonly slope: number;
  readonly intercept: number;
  readonly windows: FrameHeader['windows'];
}

/**
 * A plane as it travels to the window: 8 and 16 bits as 16-bit integers, else floats.
 *
 * @param values rows * columns stored values; value = stored * slope + intercept
 */
export function frameOf(values: StoredValues | Float32Array, scale: Scale): Frame {
  const [minimum, maximum] = range(values);
  if (values instanceof Int16Array || values instanceof Int8Array)
    return pack('int16', new Int16Array(values), scale, minimum, maximum);
  if (values instanceof Uint16Array || values instanceof Uint8Array)
    return pack('uint16', new Uint16Array(values), scale, minimum, maximum);
  return pack('float32', new Float32Array(values), scale, minimum, maximum);
}

function pack(
  pixels: FrameHeader['pixels'],
  values: Int16Array | Uint16Array | Float32Array,
  { columns, rows, slope, intercept, windows }: Scale,
  minimum: number,
  maximum: number,
): Frame {
  return {
    header: { pixels, columns, rows, slope, intercept, minimum, maximum, windows },
    // Every system that Electron and onnxruntime run on is little endian.
    pixels: new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
  };
}

function range(values: ArrayLike<number>): [number, number] {
  let minimum = Number.POSITIVE_INFINITY;
  let maximum = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (value < minimum) minimum = value;
    if (value > maximum) maximum = value;
  }
  return minimum <= maximum ? [minimum, maximum] : [0, 0];
}

/** The plane of a frame in real-world units. */
export function realValues({ header, pixels }: Frame): Float32Array {
  const { slope, intercept } = header;
  const values = new Float32Array(viewOf(header.pixels, pixels));
  // `from` with a function takes twenty times as long.
  for (let i = 0; i < values.length; i++) values[i] = values[i] * slope + intercept;
  return values;
}

function viewOf(kind: FrameHeader['pixels'], bytes: Uint8Array): Int16Array | Uint16Array | Float32Array {
  const { buffer, byteOffset, byteLength } = bytes;
  if (kind === 'int16') return new Int16Array(buffer, byteOffset, byteLength / 2);
  if (kind === 'uint16') return new Uint16Array(buffer, byteOffset, byteLength / 2);
  return new Float32Array(buffer, byteOffset, byteLength / 4);
}
