import { startMeter } from '../base/progress.js';
import { fault, type Problem, problemOf } from '../contract/errors.js';
import type { Emit } from '../contract/events.js';
import { EXIT } from '../contract/exit.js';
import type { EvaluateRequest } from '../contract/requests/requests.js';
import type { EvaluatedPair, EvaluateResult, EvaluationNumbers } from '../contract/results.js';
import { isTakenByName } from '../dicom/series/series.js';
import { evaluate } from '../imaging/metrics.js';
import type { Volume } from '../imaging/volume.js';
import { openChooser } from '../series/asked/choose.js';
import { pairsOf } from '../series/asked/pairs.js';
import type { InputSet, StackInput } from '../series/input.js';
import { loadNifti } from '../series/nifti-input.js';
import { openInput } from '../series/open-input.js';

/**
 * Compares images with a reference: one with one, or the series of a tree with their counterparts in another.
 *
 * @throws LimpidError those of reading, E_SHAPE, E_VALUES, E_NOT_FOUND (no series has a counterpart)
 */
export async function runEvaluate(request: EvaluateRequest, emit: Emit): Promise<EvaluateResult> {
  const opened: InputSet[] = [];
  const open = async (path: string, choice: Parameters<typeof openChooser>[0]): Promise<StackInput[]> => {
    const input = await openInput(path, emit, { errorMap: false, suffix: 'unused' });
    opened.push(input);
    const chooser = openChooser(choice);
    const { units, leftOut } = await chooser.pick(input);
    chooser.end();
    const stacks = [...units.flatMap((unit) => unit.stacks), ...leftOut];
    // What was computed of images can be compared as well as images, whatever its noise.
    return stacks.filter(({ why }) => why === null || isTakenByName(why));
  };
  try {
    const { series, where } = request;
    const condition = where === undefined ? {} : { where };
    const references = await open(request.reference, {
      ...condition,
      ...(series === undefined ? {} : { series }),
    });
    const tests = await open(request.test, condition);
    const noisy = request.noisy === null ? null : await open(request.noisy, condition);
    const isTree = [references, tests, noisy ?? []].some(({ length }) => length > 1);
    return isTree
      ? await compareTrees(request, { references, tests, noisy }, emit)
      : await compareOne(request, { references, tests, noisy }, emit);
  } finally {
    for (const input of opened) await input.close();
  }
}

interface Images {
  readonly references: readonly StackInput[];
  readonly tests: readonly StackInput[];
  readonly noisy: readonly StackInput[] | null;
}

async function compareOne(
  { reference, test, noisy: noisyPath, mask: asked }: EvaluateRequest,
  { references, tests, noisy }: Images,
  emit: Emit,
): Promise<EvaluateResult> {
  const [clean, made] = [await loadOne(references, reference, emit), await loadOne(tests, test, emit)];
  const before = noisy === null || noisyPath === null ? undefined : await loadOne(noisy, noisyPath, emit);
  const mask = asked.kind === 'auto' ? undefined : await loadMask(asked.path);
  const measured = evaluate(clean, made, before, mask);
  return { type: 'result', command: 'evaluate', exitCode: EXIT.done, ...measured };
}

async function loadMask(path: string): Promise<Uint8Array> {
  return Uint8Array.from((await loadNifti(path)).image.volume.data, (value) => (value === 0 ? 0 : 1));
}

async function loadOne([stack]: readonly StackInput[], path: string, emit: Emit): Promise<Volume> {
  if (stack === undefined) throw fault('E_USAGE/compare-none', {}, path);
  return load(stack, emit);
}

async function load(stack: StackInput, emit: Emit): Promise<Volume> {
  const { id, instances } = stack;
  const meter = startMeter(emit, { series: id, stage: 'read', unit: 'files', total: instances });
  return (await stack.load((done) => meter.at(done))).volume;
}

/** The numbers of each pair, and their means. */
async function compareTrees(
  { reference, test, noisy: noisyPath, mask }: EvaluateRequest,
  { references, tests, noisy }: Images,
  emit: Emit,
): Promise<EvaluateResult> {
  if (mask.kind === 'file') throw fault('E_USAGE/one-mask');
  const { pairs, alone } = await pairsOf(references, tests, [reference, test]);
  const before =
    noisy === null ? null : (await pairsOf(references, noisy, [reference, noisyPath ?? ''])).pairs;
  const compared: EvaluatedPair[] = [];
  let protocol: EvaluateResult['protocol'] | null = null;
  for (const pair of pairs) {
    const noisyStack = before?.find((one) => one.reference === pair.reference)?.test;
    const measured = evaluate(
      await load(pair.reference, emit),
      await load(pair.test, emit),
      noisyStack === undefined ? undefined : await load(noisyStack, emit),
    );
    protocol = measured.protocol;
    const { peak, maskVoxels, voxels, test: numbers, noisy: noisyNumbers, gain } = measured;
    const about = { reference: pair.reference.id, series: pair.test.id };
    const forPerson = { description: pair.test.forPerson.description };
    compared.push({
      ...about,
      peak,
      maskVoxels,
      voxels,
      test: numbers,
      noisy: noisyNumbers,
      gain,
      forPerson,
    });
  }
  if (protocol === null) throw fault('E_NOT_FOUND/counterparts');
  const problems = alone.map(withoutCounterpart);
  for (const problem of problems) emit({ type: 'warning', series: null, problem });
  return {
    type: 'result',
    command: 'evaluate',
    exitCode: problems.length === 0 ? EXIT.done : EXIT.failed,
    protocol,
    peak: Math.max(...compared.map(({ peak }) => peak)),
    maskVoxels: sum(compared.map((one) => one.maskVoxels)),
    voxels: sum(compared.map((one) => one.voxels)),
    test: meanOf(compared.map((one) => one.test)) ?? compared[0].test,
    noisy: meanOf(compared.flatMap((one) => one.noisy ?? [])),
    gain: meanOf(compared.flatMap((one) => one.gain ?? [])),
    pairs: compared,
    problems,
  };
}

function withoutCounterpart({ id }: StackInput): Problem {
  return problemOf('E_NOT_FOUND/counterpart', { id });
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** Images that are equal have no PSNR and count in the others only. */
function meanOf(all: readonly EvaluationNumbers[]): EvaluationNumbers | null {
  if (all.length === 0) return null;
  const mean = (values: readonly number[]) => sum(values) / values.length;
  const psnr = all.flatMap((one) => one.psnr ?? []);
  return {
    psnr: psnr.length === 0 ? null : mean(psnr),
    ssim: mean(all.map((one) => one.ssim)),
    nrmse: mean(all.map((one) => one.nrmse)),
  };
}
