import { Worker } from 'node:worker_threads';
import { threadScript } from '../../base/built.js';
import { threadsAllowed } from '../../base/threads.js';
import { type ErrorCode, errorFrom, fault, LimpidError } from '../../contract/errors.js';
import type { FrameFormat, Samples } from '../../imaging/jpeg/codestream.js';
import { damaged } from '../../imaging/jpeg/codestream.js';
import { type Element, type ElementFile, findElement, walkElements } from '../elements/elements.js';
import { transferSyntax } from '../elements/transfer-syntax.js';
import type { Instance, Tile } from '../read/instance.js';
import { type PixelFormat, requireNativeLength } from '../read/pixel-format.js';
import { encapsulatedFrames, type FrameBytes } from './decode-fragments.js';
import { nativeSamples } from './decode-native.js';
import type { FrameReply, FrameRequest } from './decode-worker.js';

export type StoredValues = Int8Array | Uint8Array | Int16Array | Uint16Array | Int32Array | Uint32Array;

/** The stored values of an image, masked and sign-extended to Bits Stored. */
export interface StoredPixels {
  /** Index = (frame * rows + row) * columns + column. */
  readonly values: StoredValues;
  readonly rows: number;
  readonly columns: number;
  readonly frames: number;
  /** Bits of the containers that are no part of the values, where an overlay lies in them; as long as `values`. */
  readonly beside?: Uint32Array;
}

/** Decodes the pixels of an instance from the bytes of its file. */
export type Decode = (instance: Instance, bytes: Uint8Array) => Promise<StoredPixels>;

export interface DecodePoolOptions {
  /** Threads, started when compressed images come. */
  readonly threads?: number;
  /** Time for one frame. */
  readonly frameMs?: number;
  /** The worker's script, where it is not beside this one. */
  readonly worker?: URL;
}

const PIXEL_DATA = 0x7fe00010;
const FRAME_MS = 10_000;
/** JavaScript memory of a thread; what codecs allocate is bounded by the header checks. */
const THREAD_MEMORY_MB = 512;
/** Found before a codec ran, or in its whole output. */
const HARMLESS: ReadonlySet<ErrorCode> = new Set(['E_CODEC_DIMS', 'E_CODEC_TRUNCATED']);

/**
 * Decodes images. Compressed frames go to threads, each of which is ended when a frame takes too long, when it runs
 * out of memory or when a codec fails; native pixels are read in place.
 */
export class DecodePool {
  readonly #frameMs: number;
  readonly #script: URL | undefined;
  readonly #threads: number;
  readonly #idle: Worker[] = [];
  readonly #waiting: ((worker: Worker | null) => void)[] = [];
  /** Of the files of many images that are at hand: each of these is decoded on its own. */
  readonly #files = new WeakMap<Uint8Array, OpenFile>();
  readonly #planes = new WeakMap<Uint8Array, Promise<StoredPixels>>();
  #started = 0;
  #closed = false;

  constructor(options: DecodePoolOptions = {}) {
    this.#threads = options.threads ?? Math.max(1, Math.min(4, threadsAllowed() - 1));
    this.#frameMs = options.frameMs ?? FRAME_MS;
    this.#script = options.worker;
  }

  /**
   * The stored values of a single-sample image.
   *
   * @throws LimpidError E_NOT_ELIGIBLE (colour, 1 bit, float), E_PIXEL_LENGTH, E_CODEC_DIMS, E_CODEC_TRUNCATED,
   * E_CODEC; those of `walkElements`, for a file that changed after its header was read.
   */
  readonly decode: Decode = async (instance, bytes) => {
    try {
      return await this.#decode(instance, bytes);
    } catch (error) {
      throw error instanceof LimpidError ? error.at(instance.file.place) : error;
    }
  };

  /**
   * One frame of an image, counted from 0: of a compressed file only that frame is decoded.
   *
   * @throws as `decode`; E_NOT_FOUND for a frame that the file does not have.
   */
  async decodeFrame(instance: Instance, bytes: Uint8Array, frame: number): Promise<StoredPixels> {
    if (frame < 0 || frame >= instance.numberOfFrames) throw fault('E_NOT_FOUND/image-frame');
    try {
      return await this.#decode(instance, bytes, frame);
    } catch (error) {
      throw error instanceof LimpidError ? error.at(instance.file.place) : error;
    }
  }

  /** Ends all threads; decoding that waits is refused with E_CANCELLED. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const waiting of this.#waiting.splice(0)) waiting(null);
    await Promise.all(this.#idle.splice(0).map((worker) => worker.terminate()));
  }

  /** All frames of an image, or the one that is asked for; counted in the image, which may itself be one of a file. */
  async #decode(instance: Instance, bytes: Uint8Array, only?: number): Promise<StoredPixels> {
    requireDecodable(instance);
    const tile = instance.part?.tile ?? null;
    if (tile !== null) return cropped(await this.#plane(instance, bytes), instance, tile);
    const { file, pixels, frameBytes } = this.#open(instance, bytes);
    const { rows, columns, part } = instance;
    const length = rows * columns;
    const one = part?.index ?? only;
    const frames = one === undefined ? instance.numberOfFrames : 1;
    // What was found of the file comes before memory is taken for as many frames as the header claims.
    const values = emptyValues(instance, length * frames);
    const beside = besideOf(instance, values.length);
    if (frameBytes === null)
      store(nativeSamples(file, pixels, wholeFile(instance), one), instance, values, 0, beside);
    else {
      const format = frameFormat(instance);
      for (let i = 0; i < frames; i++) {
        const samples = await this.#frame({ data: frameBytes((one ?? 0) + i), format });
        store(samples, instance, values, i * length, beside);
      }
    }
    return { values, rows, columns, frames, ...(beside === undefined ? {} : { beside }) };
  }

  /** The image that holds slices side by side, decoded once for all of them. */
  #plane(instance: Instance, bytes: Uint8Array): Promise<StoredPixels> {
    const known = this.#planes.get(bytes);
    if (known !== undefined) return known;
    const plane = this.#decode(wholeImage(instance), bytes);
    this.#planes.set(bytes, plane);
    return plane;
  }

  /** Where things lie in a file, found once for all of its frames. */
  #open(instance: Instance, bytes: Uint8Array): OpenFile {
    const known = this.#files.get(bytes);
    if (known !== undefined && known.file.transferSyntax === instance.transferSyntax) return known;
    const file = walkElements(bytes);
    const pixels = findElement(file.elements, PIXEL_DATA);
    if (pixels === undefined || file.transferSyntax !== instance.transferSyntax) throw changed();
    const frameBytes = transferSyntax(file.transferSyntax).encapsulated
      ? encapsulatedFrames(file, pixels, wholeFile(instance).numberOfFrames)
      : null;
    if (frameBytes === null) requireNativeLength(pixels.end - pixels.valueStart, wholeFile(instance));
    const opened = { file, pixels, frameBytes };
    if (instance.part !== null) this.#files.set(bytes, opened);
    return opened;
  }

  async #frame(request: FrameRequest): Promise<Samples> {
    const worker = await this.#acquire();
    const reply = await ask(worker, request, this.#frameMs);
    // After any other failure the memory of a codec is in doubt, or the thread still runs.
    if (reply.problem === undefined || HARMLESS.has(reply.problem.code)) this.#release(worker);
    else await this.#discard(worker);
    if (reply.problem !== undefined) throw reply.problem;
    return reply.samples;
  }

  async #acquire(): Promise<Worker> {
    if (this.#closed) throw closed();
    const idle = this.#idle.pop();
    if (idle !== undefined) {
      idle.ref();
      return idle;
    }
    if (this.#started < this.#threads) {
      this.#started++;
      return this.#start();
    }
    const worker = await new Promise<Worker | null>((resolve) => this.#waiting.push(resolve));
    if (worker === null) throw closed();
    return worker;
  }

  #start(): Worker {
    return new Worker(this.#script ?? threadScript('decode-worker', import.meta.url), {
      resourceLimits: { maxOldGenerationSizeMb: THREAD_MEMORY_MB },
    });
  }

  #release(worker: Worker): void {
    const next = this.#waiting.shift();
    if (next !== undefined) next(worker);
    else if (this.#closed) void worker.terminate();
    else {
      // An idle thread does not keep the process alive.
      worker.unref();
      this.#idle.push(worker);
    }
  }

  async #discard(worker: Worker): Promise<void> {
    await worker.terminate();
    const next = this.#waiting.shift();
    if (next !== undefined) next(this.#start());
    else this.#started--;
  }
}

interface OpenFile {
  readonly file: ElementFile;
  readonly pixels: Element;
  /** null where the pixels are native. */
  readonly frameBytes: FrameBytes | null;
}

/** The image that an instance is a tile of; itself where it is none. */
export function wholeImage(instance: Instance): Instance {
  const tile = instance.part?.tile ?? null;
  return tile === null ? instance : { ...instance, part: null, rows: tile.rows, columns: tile.columns };
}

/** A tile out of the image that holds it. */
export function cropped(
  whole: StoredPixels,
  { rows, columns }: PixelFormat,
  { top, left }: Tile,
): StoredPixels {
  const rowsOf = (from: StoredValues | Uint32Array) => {
    const out = from.slice(0, rows * columns);
    for (let row = 0; row < rows; row++) {
      const start = (top + row) * whole.columns + left;
      out.set(from.subarray(start, start + columns), row * columns);
    }
    return out;
  };
  const beside = whole.beside === undefined ? undefined : Uint32Array.from(rowsOf(whole.beside));
  return {
    values: rowsOf(whole.values),
    rows,
    columns,
    frames: 1,
    ...(beside === undefined ? {} : { beside }),
  };
}

/** The format of all frames of the file that an image is of. */
function wholeFile(instance: Instance): PixelFormat {
  return instance.part === null ? instance : { ...instance, numberOfFrames: instance.part.of };
}

type Answer =
  | { readonly samples: Samples; readonly problem?: never }
  | { readonly samples?: never; readonly problem: LimpidError };

/** One question, one answer: what goes wrong is an answer too. */
function ask(worker: Worker, request: FrameRequest, limitMs: number): Promise<Answer> {
  return new Promise((resolve) => {
    const finish = (answer: Answer): void => {
      clearTimeout(timer);
      worker.off('message', onMessage);
      worker.off('error', onError);
      worker.off('exit', onExit);
      resolve(answer);
    };
    const onMessage = (reply: FrameReply): void => {
      if (reply.problem === undefined) finish({ samples: reply.samples });
      else finish({ problem: errorFrom(reply.problem) });
    };
    const onError = (error: unknown): void => finish({ problem: damaged('decoder-crashed', error) });
    const onExit = (): void => finish({ problem: damaged('decoder-ended') });
    const timer = setTimeout(
      () => finish({ problem: fault('E_CODEC/slow', { seconds: limitMs / 1000 }) }),
      limitMs,
    );
    worker.on('message', onMessage);
    worker.on('error', onError);
    worker.on('exit', onExit);
    const data = Uint8Array.from(request.data);
    worker.postMessage({ data, format: request.format } satisfies FrameRequest, [data.buffer]);
  });
}

function requireDecodable(format: PixelFormat): void {
  if (
    format.samplesPerPixel !== 1 ||
    ![8, 16, 32].includes(format.bitsAllocated) ||
    /PALETTE/.test(format.photometric)
  )
    throw fault('E_NOT_ELIGIBLE/samples');
}

function frameFormat(format: PixelFormat): FrameFormat {
  const { transferSyntax, rows, columns, bitsAllocated, bitsStored } = format;
  return {
    transferSyntax,
    rows,
    columns,
    bitsAllocated,
    bitsStored,
    signed: format.pixelRepresentation === 1,
  };
}

function emptyValues(format: PixelFormat, length: number): StoredValues {
  const signed = format.pixelRepresentation === 1;
  if (format.bitsAllocated === 8) return signed ? new Int8Array(length) : new Uint8Array(length);
  if (format.bitsAllocated === 16) return signed ? new Int16Array(length) : new Uint16Array(length);
  return signed ? new Int32Array(length) : new Uint32Array(length);
}

function besideOf(instance: Instance, length: number): Uint32Array | undefined {
  return instance.overlayInPixels ? new Uint32Array(length) : undefined;
}

/** Takes the stored bits out of their container: what lies beside them is no part of the value. */
function store(
  samples: Samples,
  format: PixelFormat,
  out: StoredValues,
  start: number,
  beside: Uint32Array | undefined,
): void {
  const { bitsStored, highBit, pixelRepresentation, bitsAllocated } = format;
  const left = 31 - highBit;
  const right = 32 - bitsStored;
  if (pixelRepresentation === 1)
    for (let i = 0; i < samples.length; i++) out[start + i] = (samples[i] << left) >> right;
  else for (let i = 0; i < samples.length; i++) out[start + i] = (samples[i] << left) >>> right;
  if (beside === undefined) return;
  const value = (0xffffffff >>> right) << (highBit + 1 - bitsStored);
  const others = (0xffffffff >>> (32 - bitsAllocated)) & ~value;
  for (let i = 0; i < samples.length; i++) beside[start + i] = samples[i] & others;
}

function changed(): LimpidError {
  return fault('E_SOURCE_CHANGED/in-use');
}

function closed(): LimpidError {
  return fault('E_CANCELLED/decoding');
}
