import { fault, type LimpidError } from '../contract/errors.js';
import type { NamedArray, NamedArrays } from '../graph/types.js';

/** All that a training run needs to go on as if it had never stopped. */
export interface Checkpoint {
  /** Fingerprint of everything that decides the result: another one must not be resumed from. */
  readonly plan: string;
  /** Where it was made: another device goes on with the same plan, and differs by rounding. */
  readonly device: string;
  /** Steps of the whole run, where no one but the run itself knows them (a limit of time). */
  readonly steps: number;
  /** Steps done. */
  readonly step: number;
  /** Whether the run has ended: no step follows. */
  readonly finished: boolean;
  readonly curve: readonly CurvePoint[];
  readonly best: { readonly step: number; readonly heldOut: number } | null;
  /** Losses since the last point of the curve. */
  readonly running: { readonly sum: number; readonly count: number };
  /** The optimiser's state. */
  readonly state: NamedArrays;
  /** The averaged weights of the best evaluation; empty before the first. */
  readonly bestWeights: NamedArrays;
}

interface Header extends Omit<Checkpoint, 'state' | 'bestWeights'> {
  readonly format: typeof FORMAT;
  readonly state: readonly Entry[];
  readonly bestWeights: readonly Entry[];
}
interface Entry {
  readonly name: string;
  readonly shape: readonly number[];
}

const FORMAT = 'limpid-checkpoint-3';

/** A checkpoint as bytes: the length of a JSON header (uint32, little endian), the header, then float32 values. */
export function encodeCheckpoint(checkpoint: Checkpoint): Uint8Array {
  const { state, bestWeights, ...rest } = checkpoint;
  const header: Header = {
    format: FORMAT,
    ...rest,
    state: entries(state),
    bestWeights: entries(bestWeights),
  };
  let json = JSON.stringify(header);
  json += ' '.repeat((4 - (Buffer.byteLength(json) % 4)) % 4);
  const head = Buffer.alloc(4);
  head.writeUInt32LE(Buffer.byteLength(json));
  const arrays = [...Object.values(state), ...Object.values(bestWeights)];
  return Buffer.concat([head, Buffer.from(json), ...arrays.map(bytesOf)]);
}

/** @throws LimpidError E_RESUME when the bytes are no whole checkpoint of this version. */
export function decodeCheckpoint(bytes: Uint8Array): Checkpoint {
  const header = readHeader(bytes);
  let offset = header.end;
  const read = (list: readonly Entry[]): NamedArrays =>
    Object.fromEntries(
      list.map(({ name, shape }) => {
        const length = shape.reduce((product, size) => product * size, 1);
        if (offset + 4 * length > bytes.length) throw damaged();
        const data = new Float32Array(length);
        new Uint8Array(data.buffer).set(bytes.subarray(offset, offset + 4 * length));
        offset += 4 * length;
        return [name, { data, shape }];
      }),
    );
  const { plan, device, steps, step, finished, curve, best, running } = header.value;
  return {
    plan,
    device,
    steps,
    step,
    finished,
    curve,
    best,
    running,
    state: read(header.value.state),
    bestWeights: read(header.value.bestWeights),
  };
}

function readHeader(bytes: Uint8Array): { value: Header; end: number } {
  if (bytes.length < 4) throw damaged();
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const end = 4 + view.readUInt32LE(0);
  if (end > bytes.length) throw damaged();
  let value: unknown;
  try {
    value = JSON.parse(view.toString('utf8', 4, end));
  } catch {
    throw damaged();
  }
  if (!isHeader(value)) throw damaged();
  return { value, end };
}

function isHeader(value: unknown): value is Header {
  return typeof value === 'object' && value !== null && 'format' in value && value.format === FORMAT;
}

function entries(arrays: NamedArrays): Entry[] {
  return Object.entries(arrays).map(([name, { shape }]) => ({ name, shape }));
}

function bytesOf({ data }: NamedArray): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

function damaged(): LimpidError {
  return fault('E_RESUME/checkpoint');
}

/** One point of the learning curve, in units of the loss. */
export interface CurvePoint {
  readonly step: number;
  readonly loss: number;
  readonly heldOut: number | null;
  /** What the family watches, on held-out images; absent where it watches nothing. */
  readonly measures?: Readonly<Record<string, number>>;
}
