import type { Problem } from '../contract/errors.js';
import type { NamedArrays } from '../graph/types.js';
import type { DeviceRequest, LoadedModel } from './types.js';

/** To the process that runs a network of others: its file first, then what it is to be run on. */
export type ToApart =
  | {
      readonly type: 'load';
      readonly onnx: Uint8Array;
      readonly device: DeviceRequest;
      readonly bytes: number;
    }
  | { readonly type: 'run'; readonly inputs: NamedArrays; readonly bytes: number };

export type FromApart =
  | ({ readonly type: 'loaded' } & Pick<LoadedModel, 'metadata' | 'inputShapes' | 'outputShapes'>)
  | { readonly type: 'ran'; readonly outputs: NamedArrays }
  | { readonly type: 'failed'; readonly problem: Problem };
