import { type OverlaidPlane, shownPlanes } from '../../analysis/segment/overlay.js';
import { tellClasses } from '../../analysis/segment/segmenter.js';
import { startMeter } from '../../base/progress.js';
import { VERSION } from '../../base/version.js';
import { problemFrom } from '../../contract/errors.js';
import type { SegmentSeries } from '../../contract/segment-report.js';
import type { Volume } from '../../imaging/volume.js';
import { type UnitInput, withSettings } from '../../series/input.js';
import { SEGMENTS } from '../../series/maps-output.js';
import type { OutputFolder } from '../../series/output-folder.js';
import { requireNeighbours } from '../../store/model-source.js';
import type { HeldOut, Segmenter } from './learn-segments.js';
import type { ReadStack, SegmentWork, StackToSegment } from './work.js';

export interface Marking {
  readonly work: SegmentWork;
  readonly folder: OutputFolder;
  readonly segmenter: Segmenter;
  readonly heldOut: HeldOut | null;
  /** Whether a person marked some of it. */
  readonly guided: boolean;
  /** All that decides the pixels besides the images. */
  readonly settings: string;
  readonly now: Date;
}

export interface Marked {
  readonly series: Omit<SegmentSeries, 'warnings'>;
  readonly shown: readonly OverlaidPlane[];
}

export function workOf(folder: OutputFolder, { unit }: UnitInput): string {
  return folder.own('work', unit.key);
}

/** What the segments of a unit are called once they are visible. */
export function namesOf({ unit, entries }: UnitInput): {
  readonly visible: string;
  readonly reported: string;
} {
  const image = entries.find(({ name }) => name === 'image');
  // Of a DICOM series the images are called as the series itself.
  const named = (text: string): string => (text === unit.key ? `${text}-${SEGMENTS}` : text);
  return { visible: named(image?.visible ?? unit.key), reported: named(image?.reported ?? unit.key) };
}

/** Marks one series and writes its segments into the work folder; what fails is told and stops no other. */
export async function markStack(marking: Marking, one: StackToSegment): Promise<Marked> {
  const { work, segmenter, folder } = marking;
  const { stack, unit } = one;
  try {
    if (work.source !== null) requireNeighbours(work.source.model, stack.only2d);
    const read = await work.load(one);
    const { labels, shown } = await labelsOf(marking, one, read);
    const segments = segmenter.classes.filter(({ label }) => label > 0);
    const settings = `segments ${marking.settings} ${read.frame}`;
    await stack.writeSegments({
      unit: withSettings(unit.unit, settings),
      folder: workOf(folder, unit),
      loaded: read.loaded,
      frame: read.frame,
      labels,
      classes: segments,
      guided: marking.guided,
      algorithm: `Limpid ${VERSION} ${segmenter.teller.kind === 'linear' ? 'linear probe' : 'k-means'} of pixels`,
      description: description(marking),
      now: marking.now,
    });
    const volume = millilitres(read.volume);
    const sizes = segments.map(({ label, name }) => {
      const voxels = labels.reduce((sum, value) => sum + (value === label ? 1 : 0), 0);
      return { label, name, voxels, millilitres: voxels * volume };
    });
    const outputs = [namesOf(unit).reported];
    return { series: { id: stack.id, status: 'done', problem: null, segments: sizes, outputs }, shown };
  } catch (error) {
    // Of a unit of several stacks the others stay: each is a file of its own, written whole.
    const failed = { id: stack.id, status: 'failed', problem: problemFrom(error) } as const;
    return { series: { ...failed, segments: [], outputs: [] }, shown: [] };
  }
}

async function labelsOf(
  { work, segmenter, heldOut }: Marking,
  one: StackToSegment,
  { stack }: ReadStack,
): Promise<{ readonly labels: Uint8Array; readonly shown: readonly OverlaidPlane[] }> {
  const { rows, columns, slices, values, measured } = stack;
  const area = rows * columns;
  const labels = new Uint8Array(area * slices);
  const shown: OverlaidPlane[] = [];
  const wanted = new Set(shownPlanes(stack));
  const places = segmenter.classes.filter(({ label }) => label > 0).map(({ label }) => label);
  const meter = startMeter(work.emit, {
    series: one.stack.id,
    stage: 'apply',
    unit: 'slices',
    total: slices,
  });
  for (let slice = 0; slice < slices; slice++) {
    const [from, to] = [slice * area, (slice + 1) * area];
    const vectors = await segmenter.features.of(stack, slice);
    const plane = values.subarray(from, to);
    tellClasses(segmenter.teller, vectors).forEach((k, i) => {
      if (measured === null || measured[from + i] === 1) labels[from + i] = segmenter.classes[k].label;
    });
    heldOut?.judge(one, slice, vectors, plane);
    if (wanted.has(slice)) {
      const segments = labels.slice(from, to).map((label) => places.indexOf(label) + 1);
      shown.push({ values: plane, segments, rows, columns });
    }
    meter.at(slice + 1);
  }
  return { labels, shown };
}

/** Of a voxel. */
function millilitres({ spacing: [x, y, z] }: Volume): number {
  return Math.abs(x * y * z) / 1000;
}

/** For Derivation Description. */
function description({ segmenter, work, guided }: Marking): string {
  const { source } = work;
  const model = segmenter.features.kinds.includes('latent') && source !== null;
  return [
    `Segments by Limpid ${VERSION}`,
    `pixels described by ${segmenter.features.kinds.join(', ')}`,
    ...(model ? [`${source.model.card.family} autoencoder, file SHA-256 ${source.sha256.slice(0, 16)}`] : []),
    segmenter.teller.kind === 'clusters'
      ? 'clustered'
      : `told by a linear probe learnt from labels${guided ? ' of this run' : ''}`,
    'not for diagnostic use',
  ].join('; ');
}
