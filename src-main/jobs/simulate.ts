import * as path from 'node:path';
import { ARTIFACTS, modelFor, simulateArtifact } from '../artifacts/artifacts.js';
import { writeFileAtomic } from '../base/files.js';
import { VERSION } from '../base/version.js';
import type { Problem } from '../contract/errors.js';
import type { Emit } from '../contract/events.js';
import { exitCodeOf } from '../contract/exit.js';
import type { SimulateRequest } from '../contract/requests/requests.js';
import type { OutputsResult } from '../contract/results.js';
import type { ProcessHooks, Processor } from '../denoise/processor.js';
import { writeNifti } from '../imaging/nifti.js';
import type { Volume } from '../imaging/volume.js';
import { sigmaOfLevel, simulateNoise } from '../noise/simulate.js';
import { refuseEmpty } from '../series/asked/open-chosen.js';
import { openJournal, pixelSettings } from '../series/journal.js';
import { isNiftiName } from '../series/nifti/finder.js';
import { loadNifti } from '../series/nifti-input.js';
import { guardedPath, openInput } from '../series/open-input.js';
import { openOutputFolder, refuseOutput } from '../series/output-folder.js';
import { runDeriveJob } from './denoise/derive-job.js';

/**
 * Adds an artifact, noise of a known level, or both to every series of the input.
 *
 * @throws LimpidError wrong paths, E_NOTHING, E_NIFTI; E_VALUES for a severity out of range
 */
export async function runSimulate(request: SimulateRequest, emit: Emit): Promise<OutputsResult> {
  const severity = severityOf(request);
  if (isNiftiName(request.input) && isNiftiName(request.output)) return simulateFile(request);
  const guarded = guardedPath(request.input);
  await refuseOutput(request.output, guarded);
  const input = await openInput(request.input, emit, {
    errorMap: false,
    suffix: fileSuffix(request),
  });
  try {
    refuseEmpty(input);
    const folder = await openOutputFolder(request.output, guarded);
    try {
      const { noise, level, seed } = request;
      const settings = {
        command: 'simulate',
        version: VERSION,
        input: input.kind,
        noise: noise ?? 'none',
        level,
        artifact: request.artifact?.name ?? 'none',
        severity: severity ?? 0,
        seed,
      };
      const journal = await openJournal(folder, settings);
      const processor = simulator(request);
      const { outcomes, incomplete } = await runDeriveJob({
        input,
        folder,
        journal,
        pixelSettings: async () => pixelSettings(settings),
        processor,
        force: true,
        emit,
        pictures: 0,
        trust: null,
      });
      return resultOf(outcomes, input.problems, incomplete);
    } finally {
      await folder.release();
    }
  } finally {
    await input.close();
  }
}

async function simulateFile(request: SimulateRequest): Promise<OutputsResult> {
  const { image } = await loadNifti(request.input);
  const simulated = simulate(image.volume, request);
  const ending = request.output.toLowerCase().endsWith('.gz') ? '.nii.gz' : '.nii';
  const bytes = writeNifti(image, simulated.volume.data, {
    gzip: ending === '.nii.gz',
    datatype: 'float32',
    description: `Limpid ${suffix(request)}`,
  });
  await writeFileAtomic(path.resolve(request.output), bytes);
  return resultOf(
    [
      {
        series: 'nifti',
        status: 'done',
        problem: null,
        outputs: [`*${ending}`],
        derivedSeriesInstanceUid: null,
        forPerson: { outputs: [request.output] },
      },
    ],
    [],
    [],
  );
}

function suffix({ noise, artifact }: SimulateRequest): string {
  if (artifact === undefined) return 'SIMULATED NOISE';
  return noise === null ? 'SIMULATED ARTIFACT' : 'SIMULATED ARTIFACT, NOISE';
}

function fileSuffix({ noise }: SimulateRequest): string {
  return noise === null ? 'artifact' : 'noisy';
}

/** @throws LimpidError E_VALUES when it is out of range */
function severityOf({ artifact }: SimulateRequest): number | null {
  if (artifact === undefined) return null;
  const severity = artifact.severity ?? ARTIFACTS[artifact.name].severity.usual;
  modelFor(artifact.name, severity);
  return severity;
}

function simulator(request: SimulateRequest): Processor {
  return {
    device: null,
    suffix: suffix(request),
    fileSuffix: fileSuffix(request),
    async process({ volume }, hooks) {
      const simulated = simulate(volume, request, hooks);
      return {
        volume: simulated.volume,
        errorMap: null,
        again: null,
        training: null,
        model: null,
        description: [
          `Simulated by Limpid ${VERSION}: ${simulated.what.join('; ')}`,
          `seed ${request.seed}`,
          'not an acquired image',
          'not for diagnostic use',
        ].join('; '),
        context: 0,
        timings: [],
        warnings: [],
      };
    },
    close: async () => {},
  };
}

/** The artifact first: noise comes from the receiver. */
function simulate(
  clean: Volume,
  request: SimulateRequest,
  hooks?: ProcessHooks,
): { volume: Volume; what: readonly string[] } {
  const { artifact, noise, level, seed } = request;
  const what: string[] = [];
  let volume = clean;
  const severity = severityOf(request);
  if (artifact !== undefined && severity !== null) {
    volume = simulateArtifact(volume, { artifact: artifact.name, severity, seed }, (done, total) =>
      hooks?.progress('simulate', 'slices', done, total),
    );
    what.push(`artifact ${artifact.name} of severity ${severity} ${ARTIFACTS[artifact.name].severity.unit}`);
  }
  if (noise !== null) {
    const sigma = sigmaOfLevel(clean, level);
    volume = simulateNoise(volume, { kind: noise, sigma, seed });
    what.push(
      `${noise} noise added, standard deviation ${sigma.toPrecision(4)} (${level} % of the brightest voxel)`,
    );
  }
  return { volume, what };
}

function resultOf(
  series: OutputsResult['series'],
  refused: readonly Problem[],
  incomplete: readonly Problem[],
): OutputsResult {
  return {
    type: 'result',
    command: 'simulate',
    exitCode: exitCodeOf(series, refused),
    series,
    report: null,
    problems: [...refused, ...incomplete],
  };
}
