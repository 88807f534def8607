import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { exists, sha256, writeFileAtomic } from '../../base/files.js';
import { startMeter } from '../../base/progress.js';
import { VERSION } from '../../base/version.js';
import { fault } from '../../contract/errors.js';
import type { Emit } from '../../contract/events.js';
import { EXIT } from '../../contract/exit.js';
import type { PretrainResult } from '../../contract/model-results.js';
import type { PretrainRequest } from '../../contract/requests/training.js';
import { openRuntime } from '../../runtime/device.js';
import { encodeGeneral } from '../../training/general.js';
import { pretrain, pretraining } from '../../training/pretrain.js';
import { proceduralStatistics } from '../../training/procedural/statistics.js';

/**
 * Makes the model that ships, from procedural images alone. A run that was stopped goes on from the checkpoint beside
 * the output.
 *
 * @throws LimpidError E_USAGE, E_EXISTS, E_DEVICE, E_RESUME, E_TRAINING, E_IO
 */
export async function runPretrain(request: PretrainRequest, emit: Emit): Promise<PretrainResult> {
  const started = performance.now();
  const output = path.resolve(request.output);
  if (await exists(output)) throw fault('E_EXISTS/pretrained', {}, output);
  const checkpoint = (phase: number): string => `${output}.checkpoint-${phase + 1}`;
  const runtime = await openRuntime(request.device);
  try {
    const { device, description, warnings } = runtime.choice;
    emit({ type: 'device', device, description });
    for (const problem of warnings) emit({ type: 'warning', series: null, problem });
    const options = pretraining(request.seed, request.steps);
    const total = options.phases.reduce((sum, { steps }) => sum + steps, 0);
    const meter = startMeter(emit, { series: null, stage: 'train', unit: 'steps', total });
    const before = (phase: number): number =>
      options.phases.slice(0, phase).reduce((sum, { steps }) => sum + steps, 0);
    const trained = await pretrain(runtime, options, (phase) => ({
      onProgress: ({ step, loss, heldOut }) => meter.at(before(phase) + step, { loss, heldOut }),
      checkpoint: {
        load: async () => ((await exists(checkpoint(phase))) ? await fs.readFile(checkpoint(phase)) : null),
        save: (bytes) => writeFileAtomic(checkpoint(phase), bytes, { replace: true }),
        moved: (problem) => emit({ type: 'warning', series: null, problem }),
      },
    }));
    const bytes = encodeGeneral(trained, VERSION, proceduralStatistics(request.seed));
    await writeFileAtomic(output, bytes);
    for (const phase of options.phases.keys()) await fs.rm(checkpoint(phase), { force: true });
    const { bestStep, curve } = trained.phases[trained.phases.length - 1].trained.result;
    return {
      type: 'result',
      command: 'pretrain',
      exitCode: EXIT.done,
      steps: total,
      bestStep: before(trained.phases.length - 1) + bestStep,
      heldOut: curve.find(({ step }) => step === bestStep)?.heldOut ?? null,
      seconds: (performance.now() - started) / 1000,
      sha256: sha256(bytes),
      bytes: bytes.length,
    };
  } finally {
    await runtime.close();
  }
}
