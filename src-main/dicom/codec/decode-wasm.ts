import { createRequire } from 'node:module';
import { damaged } from '../../imaging/jpeg/codestream.js';

/** A decoder object of an Emscripten module; it lives in the module's memory until deleted. */
interface WasmDecoder {
  getEncodedBuffer(length: number): Uint8Array;
  decode(): void;
  getDecodedBuffer(): Uint8Array;
  delete(): void;
}

interface WasmModule {
  readonly JpegLSDecoder?: new () => WasmDecoder;
  readonly J2KDecoder?: new () => WasmDecoder;
  readonly HTJ2KDecoder?: new () => WasmDecoder;
}

type Factory = (options: { print: () => void; printErr: () => void }) => Promise<WasmModule>;

const require = createRequire(import.meta.url);
const PACKAGES = {
  JpegLSDecoder: '@cornerstonejs/codec-charls/decodewasmjs',
  J2KDecoder: '@cornerstonejs/codec-openjpeg/decodewasmjs',
  HTJ2KDecoder: '@cornerstonejs/codec-openjph/wasmjs',
} as const;

export type WasmCodec = keyof typeof PACKAGES;

const modules = new Map<WasmCodec, Promise<WasmModule>>();

/**
 * Decodes with a WebAssembly codec. A throw leaves the module's memory in doubt: the caller ends its thread.
 *
 * @returns the decoder's bytes: one a sample up to 8 bits, else two, little endian.
 * @throws LimpidError E_CODEC.
 */
export async function decodeWasm(codec: WasmCodec, data: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  const module = await load(codec);
  const Decoder = module[codec];
  if (Decoder === undefined) throw damaged('codec-missing');
  const decoder = new Decoder();
  try {
    decoder.getEncodedBuffer(data.length).set(data);
    decoder.decode();
    return Uint8Array.from(decoder.getDecodedBuffer());
  } catch (error) {
    // The codecs throw bare numbers: addresses of C++ exceptions.
    throw damaged('codec-refused', error instanceof Error ? error : undefined);
  } finally {
    decoder.delete();
  }
}

function load(codec: WasmCodec): Promise<WasmModule> {
  const known = modules.get(codec);
  if (known !== undefined) return known;
  const factory: Factory = require(PACKAGES[codec]);
  const loaded = factory({ print: () => {}, printErr: () => {} });
  modules.set(codec, loaded);
  return loaded;
}
