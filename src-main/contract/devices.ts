import { DEVICE_NAMES, type DeviceName } from './requests/choices.js';

/** A machine, as far as it decides which devices it can have. */
export interface Machine {
  /** process.platform */
  readonly system: string;
  /** process.arch */
  readonly processor: string;
  /** Whether ONNX Runtime's libraries for CUDA are there. */
  readonly cuda: boolean;
}

/** The devices that a machine can have, in order; the others are not worth a line. */
export function devicesOf({ system, processor, cuda }: Machine): DeviceName[] {
  const possible: Readonly<Record<DeviceName, boolean>> = {
    auto: true,
    cpu: true,
    webgpu: true,
    cuda,
    dml: system === 'win32',
    coreml: system === 'darwin',
    tensorflow: system === 'linux' && processor === 'x64',
  };
  return DEVICE_NAMES.filter((name) => possible[name]);
}
