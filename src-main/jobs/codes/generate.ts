import { codebookOf, codeGrid, latentOfCodes } from '../../analysis/code-prior.js';
import { sha256 } from '../../base/files.js';
import { startMeter } from '../../base/progress.js';
import { Random } from '../../base/random.js';
import { VERSION } from '../../base/version.js';
import { fault } from '../../contract/errors.js';
import type { Emit } from '../../contract/events.js';
import { EXIT } from '../../contract/exit.js';
import type { GenerateResult } from '../../contract/model-results.js';
import { NOTICE } from '../../contract/report-version.js';
import type { GenerateRequest } from '../../contract/requests/requests.js';
import type { NamedArray } from '../../graph/types.js';
import { burnSynthetic, LABEL_SIZE } from '../../imaging/label.js';
import { writeNiftiFromVolume } from '../../imaging/nifti.js';
import { grayPng } from '../../imaging/png.js';
import { type OpenModel, planePriorIn, priorIn } from '../../model-files/model-file.js';
import { sampleCodes } from '../../models/code-prior.js';
import { samplePlane } from '../../models/plane-prior.js';
import { decodeLatent } from '../../restore/apply.js';
import { openResultFolder, writeResult } from '../../series/result-folder.js';
import { openModelSource } from '../../store/model-source.js';
import { readModel } from '../../store/model-store.js';

/** Written last. */
const RECORD_FILE = 'generate.json';
const LABEL = 'SYNTHETIC: made by an autoencoder, of no patient';
const GAP = 4;
/** Pixels of all images together: what fits into memory and into a picture. */
const MOST_PIXELS = 2 ** 26;

interface Image {
  readonly values: Float32Array;
  readonly rows: number;
  readonly columns: number;
}

interface Latents {
  readonly prior: GenerateResult['prior'];
  readonly draw: (random: Random) => NamedArray;
}

/**
 * Writes new images: a contact sheet (PNG) and a stack (NIfTI, a slice an image, scaled as the training images, 0 to
 * 1 for most values). Every image says SYNTHETIC in its pixels, the files in their metadata. Same seed, same bytes.
 *
 * @throws LimpidError E_MODEL (a family that cannot, a model without prior, images too small for the label), E_USAGE,
 * E_TOO_LARGE, E_EXISTS, E_DEVICE, E_NOT_FOUND, E_IO
 */
export async function runGenerate(request: GenerateRequest, emit: Emit): Promise<GenerateResult> {
  const { count, seed } = request;
  if (count < 1) throw fault('E_USAGE/no-count');
  const folder = await openResultFolder(request.output, [request.model], RECORD_FILE);
  try {
    const bytes = await readModel(request.model);
    const source = await openModelSource(request.model, request.device, emit);
    try {
      const latents = latentsOf(source.model, bytes);
      const images = await decodeAll(source.model, latents, request, emit);
      const [{ rows, columns }] = images;
      const text = `${LABEL}; Limpid ${VERSION}; ${source.model.card.family}; seed ${seed}`;
      const record = {
        format: 'limpid-generate-1',
        notice: NOTICE,
        label: LABEL,
        version: VERSION,
        model: { family: source.model.card.family, sha256: sha256(bytes) },
        prior: latents.prior,
        seed,
        count,
        rows,
        columns,
      };
      const files: [string, Uint8Array | string][] = [
        ['synthetic.png', contactSheet(images, text)],
        ['synthetic.nii.gz', nifti(images, seed)],
        [RECORD_FILE, `${JSON.stringify(record)}\n`],
      ];
      return {
        type: 'result',
        command: 'generate',
        exitCode: EXIT.done,
        family: source.model.card.family,
        prior: latents.prior,
        count,
        rows,
        columns,
        files: await writeResult(folder, files),
      };
    } finally {
      await source.close();
    }
  } finally {
    await folder.release();
  }
}

async function decodeAll(
  model: OpenModel,
  latents: Latents,
  { count, seed }: GenerateRequest,
  emit: Emit,
): Promise<Image[]> {
  const random = new Random(seed).fork('generate');
  const meter = startMeter(emit, { series: null, stage: 'apply', unit: 'slices', total: count });
  const images: Image[] = [];
  for (let i = 0; i < count; i++) {
    const image = await decodeLatent(model, latents.draw(random.fork(`${i}`)));
    const { rows, columns } = image;
    if (columns < LABEL_SIZE[0] || rows < LABEL_SIZE[1])
      throw fault('E_MODEL/small-images', { columns, rows });
    if (count * rows * columns > MOST_PIXELS) throw fault('E_TOO_LARGE/images');
    const values = Float32Array.from(image.values);
    burnSynthetic(values, rows, columns, { dark: 0, bright: 1 });
    images.push({ values, rows, columns });
    meter.at(i + 1);
  }
  return images;
}

/** @throws LimpidError E_MODEL for a family whose latent has no known distribution */
function latentsOf({ card }: OpenModel, bytes: Uint8Array): Latents {
  const { latent, input, tasks } = card;
  if (latent === null || !tasks.includes('generate'))
    throw fault('E_MODEL/makes-none', { family: card.family });
  if (latent.codebook !== null) return codeLatents(bytes, latent.channels);
  if (input.planeSide === null) throw fault('E_MODEL/patches');
  const side = Math.max(1, Math.round(input.planeSide / latent.cell));
  const shape = [1, side, side, latent.channels];
  return {
    prior: 'standard normal',
    draw: (random) => ({ data: random.normals(new Float32Array(side * side * latent.channels)), shape }),
  };
}

/**
 * Planes of codes from a prior in the model, looked up in its codebook: of whole planes where it is known, so that
 * anatomy holds together, else of neighbours.
 */
function codeLatents(bytes: Uint8Array, channels: number): Latents {
  const codebook = codebookOf(bytes);
  const planes = planePriorIn(bytes);
  if (planes !== null && planes.channels === channels && codebook.shape[1] === channels)
    return {
      prior: 'components of code planes',
      draw: (random) => latentOfCodes(codebook, codeGrid({ latent: samplePlane(planes, random) }, codebook)),
    };
  const prior = priorIn(bytes);
  if (prior === null || codebook.shape.join() !== `${prior.codes},${channels}`)
    throw fault('E_MODEL/no-prior');
  return {
    prior: 'Markov mesh of codes',
    draw(random) {
      return latentOfCodes(codebook, sampleCodes(prior, random));
    },
  };
}

function contactSheet(images: readonly Image[], text: string): Uint8Array {
  const [{ rows, columns }] = images;
  const across = Math.ceil(Math.sqrt(images.length));
  const width = across * (columns + GAP) + GAP;
  const height = Math.ceil(images.length / across) * (rows + GAP) + GAP;
  const sheet = new Float32Array(width * height);
  images.forEach(({ values }, i) => {
    const left = GAP + (i % across) * (columns + GAP);
    const top = GAP + Math.floor(i / across) * (rows + GAP);
    for (let y = 0; y < rows; y++)
      sheet.set(values.subarray(y * columns, (y + 1) * columns), (top + y) * width + left);
  });
  return grayPng(sheet, width, height, { low: 0, high: 1 }, { Title: 'SYNTHETIC', Description: text });
}

function nifti(images: readonly Image[], seed: number): Uint8Array {
  const [{ rows, columns }] = images;
  const data = new Float32Array(images.length * rows * columns);
  images.forEach(({ values }, i) => {
    data.set(values, i * rows * columns);
  });
  const volume = {
    data,
    columns,
    rows,
    slices: images.length,
    frames: 1,
    spacing: [1, 1, 1] as const,
    affine: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1],
    units: 'a.u.',
    measured: null,
    quantum: 0,
  };
  return writeNiftiFromVolume(volume, {
    gzip: true,
    description: `SYNTHETIC, of no patient; Limpid ${VERSION}, seed ${seed}`,
  });
}
