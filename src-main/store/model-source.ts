import { sha256 } from '../base/files.js';
import { fault } from '../contract/errors.js';
import type { Emit } from '../contract/events.js';
import type { DeviceName } from '../contract/requests/choices.js';
import { isOfUnitNoise } from '../model-files/model-card.js';
import { type OpenModel, openModelFile, placesIn } from '../model-files/model-file.js';
import { openRuntime } from '../runtime/device.js';
import type { DeviceChoice } from '../runtime/types.js';
import type { UsualPlaces } from '../trust/usual-places.js';
import { readModel } from './model-store.js';

/** A model file on its device. Close it. */
export interface ModelSource {
  readonly model: OpenModel;
  readonly sha256: string;
  /** What is usual at places of its training images; null where the file does not tell. */
  readonly places: UsualPlaces | null;
  readonly device: DeviceChoice;
  readonly close: () => Promise<void>;
}

/**
 * Opens a model that `limpid train` wrote, by file or from the library, and tells the device.
 *
 * @throws LimpidError E_DEVICE, E_NOT_FOUND, E_IO; E_MODEL for another kind of file, for a denoiser that must be told
 * the noise, and for one that asks for other channels than neighbouring slices
 */
export async function openModelSource(given: string, device: DeviceName, emit: Emit): Promise<ModelSource> {
  const bytes = await readModel(given);
  const runtime = await openRuntime(device);
  try {
    const choice = runtime.files;
    emit({ type: 'device', device: choice.device, description: choice.description });
    for (const problem of choice.warnings) emit({ type: 'warning', series: null, problem });
    const model = await openModelFile(runtime, bytes);
    if (isOfUnitNoise(model.card)) throw fault('E_MODEL/denoises-only');
    const { channels, context } = model.card.input;
    if (channels !== 2 * context + 1) throw fault('E_MODEL/channels', { channels });
    return {
      model,
      sha256: sha256(bytes),
      places: placesIn(bytes),
      device: choice,
      async close() {
        await model.close();
        await runtime.close();
      },
    };
  } catch (error) {
    await runtime.close();
    throw error;
  }
}

/** @throws LimpidError E_MODEL for a series whose slices are no neighbours, where the model looks at neighbours */
export function requireNeighbours({ card }: OpenModel, only2d: boolean): void {
  if (only2d && card.input.context > 0 && card.input.along !== 'frames') throw fault('E_MODEL/neighbours-2d');
}
