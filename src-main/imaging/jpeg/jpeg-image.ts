import type { CodestreamInfo } from './codestream.js';
import type { HuffmanTable } from './jpeg-huffman.js';

/** A parsed JPEG stream with one component and one scan (ITU-T T.81 annex B). */
export interface JpegImage extends CodestreamInfo {
  /** Low byte of the start-of-frame marker: 0xc0 baseline, 0xc1 extended, 0xc3 lossless. */
  readonly process: number;
  /** Quantisation steps of the component in zigzag order; null for lossless. */
  readonly quantisation: Uint16Array | null;
  readonly dc: HuffmanTable;
  /** Null for lossless. */
  readonly ac: HuffmanTable | null;
  /** Predictor, for lossless. */
  readonly spectralStart: number;
  readonly pointTransform: number;
  /** MCUs between restart markers; 0 for none. */
  readonly restartInterval: number;
  /** Entropy-coded bytes, restart markers included. */
  readonly scan: Uint8Array;
}
