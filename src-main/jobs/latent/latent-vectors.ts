import { startMeter } from '../../base/progress.js';
import type { LatentMap } from '../../contract/encoders/latent.js';
import { fault } from '../../contract/errors.js';
import type { Emit } from '../../contract/events.js';
import type { NamedArray } from '../../graph/types.js';
import type { Volume } from '../../imaging/volume.js';
import type { OpenModel } from '../../model-files/model-file.js';
import { encodePlane, type ScaledStack, scaledStack } from '../../restore/apply.js';
import { requireNeighbours } from '../../store/model-source.js';
import { type IntensityScale, intensityScale } from '../../training/samples/corpus.js';
import type { SeriesRead } from '../train/train-input.js';

/** Planes of series with a vector each. */
export interface Described {
  readonly stacks: readonly ScaledStack[];
  /** Row by row: which plane (frame * slices + slice) of which stack. */
  readonly places: readonly { readonly series: number; readonly plane: number }[];
  readonly data: Float32Array;
  /** Numbers a row. */
  readonly length: number;
}

export type VectorKind = LatentMap['vectors']['kind'];

/** @throws LimpidError E_MODEL for a model without latent */
export function vectorKind({ card }: OpenModel): VectorKind {
  const { planeSide } = card.input;
  if (card.latent === null) throw fault('E_MODEL/no-features', { family: card.family });
  return planeSide !== null && card.latent.cell === planeSide ? 'plane' : 'cell moments';
}

/**
 * One vector for the planes of every series, all or evenly chosen ones: what the encoder gives for the whole plane, or mean and standard
 * deviation of each channel over the cells.
 *
 * @param most planes of a series that are looked at
 * @throws LimpidError E_MODEL as `vectorKind`, or where the model needs neighbours that a series has not; E_TOO_SMALL, E_VALUES
 */
export function describeSeries(
  model: OpenModel,
  reads: readonly SeriesRead[],
  emit: Emit,
  most = Number.POSITIVE_INFINITY,
): Promise<Described> {
  return describePlanes(model, reads, emit, (count) => evenly(count, most));
}

/** The same for the planes that are chosen of as many as a series has. @throws LimpidError as `describeSeries` */
export async function describePlanes(
  model: OpenModel,
  reads: readonly SeriesRead[],
  emit: Emit,
  chosen: (count: number) => readonly number[],
): Promise<Described> {
  const kind = vectorKind(model);
  const stacks = reads.map((read) => scaledStack(read.volume, describable(model, read)));
  const places = stacks.flatMap(({ slices, frames }, series) =>
    chosen(slices * frames).map((plane) => ({ series, plane })),
  );
  const meter = startMeter(emit, { series: null, stage: 'apply', unit: 'slices', total: places.length });
  const vectors: Float32Array[] = [];
  for (const { series, plane } of places) {
    const { latent } = await encodePlane(model, stacks[series], plane);
    vectors.push(vectorOf(latent, kind));
    meter.at(vectors.length);
  }
  const length = vectors[0]?.length ?? 0;
  const data = new Float32Array(vectors.length * length);
  vectors.forEach((vector, i) => {
    data.set(vector, i * length);
  });
  return { stacks, places, data, length };
}

/** The scale of a series that a model can describe. @throws LimpidError as `describeSeries`, for one it cannot */
export function describable(model: OpenModel, { stack, volume }: SeriesRead): IntensityScale {
  requireNeighbours(model, stack.only2d);
  refuseSmall(model, volume);
  return intensityScale(volume);
}

/** All of `count` planes, or as many as are wanted, each the middle of an equal part. */
function evenly(count: number, most: number): number[] {
  const chosen = Math.min(count, most);
  return Array.from({ length: chosen }, (_, i) => Math.floor(((i + 0.5) * count) / chosen));
}

/** Mirroring up to a whole cell, or window, would describe a plane that is mostly its own mirror image. */
function refuseSmall({ card }: OpenModel, { rows, columns }: Volume): void {
  const { multiple, planeSide, fixedSide } = card.input;
  const least = fixedSide === undefined ? multiple : Math.ceil(fixedSide / 2);
  if (planeSide !== null || Math.min(rows, columns) >= least) return;
  throw fault('E_TOO_SMALL/latent', { columns, rows, least });
}

/** @param latent [1, rows, columns, channels] */
export function vectorOf({ data, shape }: NamedArray, kind: VectorKind): Float32Array {
  if (kind === 'plane') return data;
  const channels = shape[3];
  const cells = data.length / channels;
  const vector = new Float32Array(2 * channels);
  for (let c = 0; c < channels; c++) {
    let sum = 0;
    for (let i = 0; i < cells; i++) sum += data[i * channels + c];
    const mean = sum / cells;
    let squares = 0;
    for (let i = 0; i < cells; i++) squares += (data[i * channels + c] - mean) ** 2;
    vector[c] = mean;
    vector[channels + c] = Math.sqrt(squares / cells);
  }
  return vector;
}
