import { problemFrom } from '../contract/errors.js';
import type { Emit, ResultEvent } from '../contract/events.js';
import { exitCodeFor } from '../contract/exit.js';
import type { DenoiseRequest, JobRequest } from '../contract/requests/requests.js';
import { modelHash } from '../denoise/autoencoder.js';
import { openDenoiser } from '../denoise/denoiser.js';
import type { Wish } from '../process/port.js';
import { openPlan } from '../series/asked/plan-file.js';
import { runAnomaly } from './anomaly/anomaly.js';
import { runCompress, runDecompress } from './codes/compress.js';
import { runGenerate } from './codes/generate.js';
import { runDenoise } from './denoise/denoise.js';
import { runPlan } from './denoise/plan.js';
import { runEcho } from './echo.js';
import { runEvaluate } from './evaluate.js';
import { runFetch } from './fetch.js';
import { runInspect } from './inspect.js';
import { runIndex } from './latent/index-series.js';
import { runLatent } from './latent/latent.js';
import { runLike } from './latent/like.js';
import { runModels } from './models.js';
import { runMotion } from './motion.js';
import { runProbe } from './probe/probe.js';
import { runSegment } from './segment/segment.js';
import { runSend } from './send.js';
import { runSimulate } from './simulate.js';
import { runPretrain } from './train/pretrain.js';
import { runTrain } from './train/train.js';
import { checkTraining } from './train/train-check.js';
import { listFamilies } from './train/train-families.js';

/** Runs any request; what stops the whole job is a result too. */
export async function runJob(
  request: JobRequest,
  emit: Emit,
  wish: () => Wish | null = () => null,
): Promise<ResultEvent> {
  try {
    return await dispatch(request, emit, wish);
  } catch (error) {
    const stopped = problemFrom(error);
    return { type: 'result', command: request.type, exitCode: exitCodeFor(stopped), stopped };
  }
}

function dispatch(request: JobRequest, emit: Emit, wish: () => Wish | null): Promise<ResultEvent> {
  switch (request.type) {
    case 'inspect':
      return runInspect(request, emit);
    case 'denoise':
      return denoise(request, emit);
    case 'echo':
      return runEcho(request);
    case 'send':
      return runSend(request, emit);
    case 'fetch':
      return runFetch(request, emit);
    case 'evaluate':
      return runEvaluate(request, emit);
    case 'simulate':
      return runSimulate(request, emit);
    case 'pretrain':
      return runPretrain(request, emit);
    case 'train':
      return runTrain(request, emit, { wish });
    case 'check-training':
      return checkTraining(request);
    case 'families':
      return listFamilies();
    case 'anomaly':
      return runAnomaly(request, emit);
    case 'motion':
      return runMotion(request, emit);
    case 'latent':
      return runLatent(request, emit);
    case 'probe':
      return runProbe(request, emit);
    case 'segment':
      return runSegment(request, emit);
    case 'index':
      return runIndex(request, emit);
    case 'like':
      return runLike(request, emit);
    case 'generate':
      return runGenerate(request, emit);
    case 'compress':
      return runCompress(request, emit);
    case 'decompress':
      return runDecompress(request, emit);
    case 'models':
      return runModels(request);
  }
}

async function denoise(request: DenoiseRequest, emit: Emit): Promise<ResultEvent> {
  const dependencies = { openProcessor: openDenoiser, modelHash };
  if (request.plan !== undefined) {
    const planned = await openPlan(request);
    if (request.dryRun === true) return runPlan(planned.request, emit, modelHash, planned);
    return runDenoise(planned.request, emit, { ...dependencies, planned });
  }
  return request.dryRun === true
    ? runPlan(request, emit, modelHash)
    : runDenoise(request, emit, dependencies);
}
