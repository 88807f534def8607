import { startMeter } from '../base/progress.js';
import { LimpidError } from '../contract/errors.js';
import type { Emit } from '../contract/events.js';
import type { EvaluateRequest } from '../contract/requests.js';
import { type EvaluateResult, EXIT } from '../contract/results.js';
import { evaluate } from '../imaging/metrics.js';
import type { Volume } from '../imaging/volume.js';
import { loadNifti } from '../series/nifti-input.js';
import { openInput } from '../series/open-input.js';

/** Compares images with a reference. @throws LimpidError those of reading, E_SHAPE, E_VALUES */
export async function runEvaluate(request: EvaluateRequest, emit: Emit): Promise<EvaluateResult> {
  const reference = await loadImage(request.reference, emit);
  const test = await loadImage(request.test, emit);
  const noisy = request.noisy === null ? undefined : await loadImage(request.noisy, emit);
  const mask = request.mask.kind === 'auto' ? undefined : await loadMask(request.mask.path);
  const measured = evaluate(reference, test, noisy, mask);
  return { type: 'result', command: 'evaluate', exitCode: EXIT.done, ...measured };
}

async function loadMask(path: string): Promise<Uint8Array> {
  return Uint8Array.from((await loadNifti(path)).image.volume.data, (value) => (value === 0 ? 0 : 1));
}

/** A NIfTI file, or the one series at a path. */
async function loadImage(path: string, emit: Emit): Promise<Volume> {
  const input = await openInput(path, emit, { errorMap: false, suffix: 'unused' });
  try {
    const found = input.units.flatMap(({ stacks }) => stacks).filter(({ why }) => why === null);
    if (found.length !== 1)
      throw new LimpidError(
        'E_USAGE',
        `An image to compare must be one series; here are ${found.length}.`,
        'Give a folder with exactly one MR or CT series or NIfTI image, or a file.',
        path,
      );
    const [stack] = found;
    const { id, instances } = stack;
    const meter = startMeter(emit, { series: id, stage: 'read', unit: 'files', total: instances });
    return (await stack.load((done) => meter.at(done))).volume;
  } finally {
    await input.close();
  }
}
