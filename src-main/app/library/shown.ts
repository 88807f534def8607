import { fault, type LimpidError, problemOf } from '../../contract/errors.js';
import type { ComplexHalf } from '../../contract/results.js';
import type { TagEntry } from '../../contract/viewing.js';
import type { FrameHeader, InputId, SeriesCard } from '../../contract/window/opened.js';
import type { DecodePool } from '../../dicom/codec/decode.js';
import { storedRange } from '../../dicom/codec/stored.js';
import { walkElements } from '../../dicom/elements/elements.js';
import { readHeader } from '../../dicom/files/header.js';
import type { SourceFile } from '../../dicom/files/source.js';
import type { Details, DisplayWindow } from '../../dicom/read/details.js';
import type { Instance } from '../../dicom/read/instance.js';
import { attributeValues } from '../../dicom/read/keywords.js';
import { type MapInstance, readMapFrame } from '../../dicom/read/parametric-map-read.js';
import { listTags } from '../../dicom/read/tag-list.js';
import type { Series } from '../../dicom/series/series.js';
import { instancePlanes, sourceFiles } from '../../dicom/series/volume.js';
import { sliceView, type Volume } from '../../imaging/volume.js';
import type { LabelGrid } from '../../series/asked/label-mask.js';
import { positionsOf } from '../../series/dicom-input.js';
import type { StackInput } from '../../series/input.js';
import { volumeToMeasure } from '../../series/memory.js';
import type { NiftiContent } from '../../series/nifti/computed.js';
import { type NamedImage, namedImage, namedMap } from './named.js';
import { frameOf } from './pixels.js';
import type { Frame } from './protocol.js';

/** A series that can be looked at: its card, and how its planes are read. */
export interface Shown {
  readonly card: SeriesCard;
  /** That it is read from. */
  readonly files: readonly string[];
  /** What it holds and what it was made from, to pair a derived series with its source. */
  readonly images: readonly string[];
  readonly sourceSeries: readonly string[];
  readonly sourceImages: readonly string[];
  /** Plane frame * slices + slice. @throws LimpidError those of reading and decoding */
  plane(index: number): Promise<Frame>;
  /** What names the image that holds a plane; null of none, and of what is no DICOM. */
  named(index: number): NamedImage | null;
  /** Elements of the file that holds a plane. @throws LimpidError those of reading */
  tags(index: number): Promise<readonly TagEntry[]>;
  /** Values of attributes of its first image, by keyword or tag; none of what is no DICOM. @throws LimpidError those of reading */
  attributes(): Promise<(name: string) => readonly string[]>;
  /** Where its voxels lie, and the first pixel of each slice where that is known better; null of maps. */
  readonly grid: (LabelGrid & Pick<StackInput, 'slicePositions'>) | null;
  /** For measuring its noise. @throws LimpidError those of reading; the refusal of a series that is not eligible */
  volume(): Promise<Volume>;
}

type Card = Omit<SeriesCard, 'input' | 'key'>;

function withKey(input: InputId, name: string, card: Card): SeriesCard {
  return { ...card, input, key: `${input}.${name}` };
}

/** An image series. `details` come from one of its files; `complex`: where it is half of a complex image. */
export function shownSeries(
  input: InputId,
  series: Series,
  details: Details,
  complex: ComplexHalf | undefined,
  pool: DecodePool,
): Shown {
  const first = series.instances[0];
  const places = instancePlanes(series);
  const { geometry } = series;
  const { slices } = geometry;
  const planes = new Map(
    places.flatMap(({ instance, slice, frames }) =>
      frames.map((frame, inFile) => [frame * slices + slice, { instance, inFile }] as const),
    ),
  );
  const read = recentFile();
  const isKnown = !geometry.unplaced && !geometry.directions;
  const between = first.pixelSize.size ?? [0, 0];
  const card = withKey(input, series.id, {
    id: series.id,
    kind: 'dicom',
    modality: series.modality,
    seriesNumber: series.seriesNumber,
    studyInstanceUid: series.studyInstanceUid,
    seriesInstanceUid: series.seriesInstanceUid,
    derivedFrom: null,
    ...(series.traits.length === 0 ? {} : { traits: series.traits }),
    ...(first.derivedByLimpid ? { derived: true } : {}),
    ...derivationOf(details),
    instances: sourceFiles(series).length,
    columns: first.columns,
    rows: first.rows,
    slices,
    frames: series.frames,
    ...frameLabels(series),
    spacing: geometry.unplaced ? [between[1], between[0], first.sliceThickness ?? 0] : geometry.spacing,
    calibration: first.pixelSize.calibration,
    affine: isKnown ? geometry.affine : null,
    units: first.units,
    windows: details.windows,
    inverted: first.photometric === 'MONOCHROME1',
    viewable:
      first.samplesPerPixel === 1 &&
      /^MONOCHROME[12]$/.test(first.photometric) &&
      [8, 16, 32].includes(first.bitsAllocated),
    eligible: series.eligible || complex !== undefined,
    why: complex === undefined ? series.why : null,
    ...(complex === undefined ? {} : { complex }),
    warnings: series.warnings,
    forPerson: details.forPerson,
  });
  return {
    card,
    files: sourceFiles(series).map(({ place }) => place),
    images: series.instances.map(({ sopInstanceUid }) => sopInstanceUid),
    sourceSeries: details.sourceSeries,
    // Any image may name sources: only a series that this product wrote is shown beside what it was made from.
    sourceImages: first.derivedByLimpid ? details.sourceImages : [],
    async plane(index) {
      const place = planes.get(index);
      if (place === undefined) {
        if (index < 0 || index >= slices * series.frames || !geometry.missing.includes(index % slices))
          throw noPlane();
        return darkPlane(first);
      }
      const { instance, inFile } = place;
      const stored = await pool.decodeFrame(instance, await read(instance), inFile);
      const windows = (instance.windows[inFile] ?? instance.windows[0]).map(withoutName);
      return frameOf(stored.values, { ...instance, windows });
    },
    named(index) {
      const place = planes.get(index);
      return place === undefined ? null : namedImage(place.instance, place.inFile);
    },
    async tags(index) {
      const place = planes.get(index);
      if (place === undefined) return [];
      return tagsOf(place.instance.file, place.instance.part?.index ?? place.inFile);
    },
    attributes: () => attributeValues(first.file),
    grid: {
      ...{ columns: first.columns, rows: first.rows, slices, affine: geometry.affine },
      ...positionsOf(series),
    },
    volume: () => volumeToMeasure(series, pool.decode),
  };
}

async function tagsOf(file: SourceFile, frame: number): Promise<readonly TagEntry[]> {
  const { bytes, walked } = await readHeader(file);
  return listTags(walked ?? walkElements(bytes), frame);
}

/** Reads files whole. That of many frames is kept as long as nobody needs its memory: all are looked at one after the other. */
function recentFile(): (instance: Instance) => Promise<Uint8Array> {
  let recent: { readonly uid: string; readonly bytes: WeakRef<Uint8Array> } | null = null;
  return async ({ sopInstanceUid, file, part }) => {
    const known = recent?.uid === sopInstanceUid ? recent.bytes.deref() : undefined;
    if (known !== undefined) return known;
    const bytes = await file.read();
    if (part !== null) recent = { uid: sopInstanceUid, bytes: new WeakRef(bytes) };
    return bytes;
  };
}

/** By the first slice of each frame: 'b 1000 (0.71, 0, −0.71), TE 90 ms, +12.3 s'. */
function frameLabels({ instances, slots, frames }: Series): Pick<SeriesCard, 'frameLabels' | 'frameBValues'> {
  if (frames < 2) return {};
  const firsts = new Map<number, Instance>();
  slots.forEach(({ frame }, i) => {
    if (!firsts.has(frame)) firsts.set(frame, instances[i]);
  });
  const times = [...firsts.values()].map(({ acquisitionTime }) => secondsOf(acquisitionTime));
  const start = times.reduce<number | null>(
    (least, time) => (time === null ? least : Math.min(least ?? time, time)),
    null,
  );
  const isTimed = start !== null && new Set(times).size > 1;
  const echoes = new Set([...firsts.values()].map(({ echoTime }) => echoTime));
  const bValues = Array.from({ length: frames }, (_, frame) => firsts.get(frame)?.bValue ?? 0);
  const labels = Array.from({ length: frames }, (_, frame) => {
    const first = firsts.get(frame);
    if (first === undefined) return '';
    const time = isTimed ? secondsOf(first.acquisitionTime) : null;
    return [
      ...(first.bValue === null ? [] : [diffusionText(first.bValue, first.gradient)]),
      ...(first.echoTime === null || echoes.size < 2 ? [] : [`TE ${Number(first.echoTime.toFixed(1))} ms`]),
      ...(time === null || start === null ? [] : [`+${(time - start).toFixed(1)} s`]),
    ].join(', ');
  });
  return {
    ...(labels.every((label) => label === '') ? {} : { frameLabels: labels }),
    ...(new Set(bValues).size < 2 ? {} : { frameBValues: bValues }),
  };
}

/** The directions beside them are along the axes of the file, not of the patient: they are not shown. */
function labelledBValues(bValues: readonly number[]): Pick<SeriesCard, 'frameLabels' | 'frameBValues'> {
  return {
    frameLabels: bValues.map((bValue) => diffusionText(bValue, null)),
    ...(new Set(bValues).size < 2 ? {} : { frameBValues: bValues }),
  };
}

function diffusionText(bValue: number, gradient: readonly number[] | null): string {
  const b = `b ${Math.round(bValue)}`;
  if (bValue === 0 || gradient === null || gradient.every((part) => part === 0)) return b;
  return `${b} (${gradient.map((part) => String(Number(part.toFixed(2))).replace('-', '\u2212')).join(', ')})`;
}

/** Seconds of a date and time of DICOM since some moment that is the same for all with a date; null of none. */
function secondsOf(text: string): number | null {
  const match = /^(?:(\d{4})(\d{2})(\d{2}))?(\d{2})(\d{2})(\d{2}(?:\.\d+)?)/.exec(text);
  if (match === null) return null;
  const [, year, month, day, hours, minutes, seconds] = match;
  const date = year === undefined ? 0 : Date.UTC(Number(year), Number(month) - 1, Number(day)) / 1000;
  return date + 3600 * Number(hours) + 60 * Number(minutes) + Number(seconds);
}

interface NiftiShown {
  readonly volume: Volume;
  /** Reads it, again where it was forgotten. */
  readonly load: () => Promise<Volume>;
  /** Limpid wrote it. */
  readonly isOwn: boolean;
  /** Of each frame; null where nothing beside the file tells them. */
  readonly bValues: readonly number[] | null;
  readonly content: NiftiContent;
}

/** A NIfTI file. */
export function shownNifti(
  input: InputId,
  number: number,
  { id, relative, place }: { readonly id: string; readonly relative: string; readonly place: string },
  { volume, load, isOwn, bValues, content }: NiftiShown,
): Shown {
  const { columns, rows, slices, frames, spacing, affine, units } = volume;
  const card = withKey(input, `nifti-${number}`, {
    id,
    kind: 'nifti',
    modality: null,
    seriesNumber: null,
    studyInstanceUid: null,
    seriesInstanceUid: null,
    derivedFrom: null,
    ...(isOwn ? { derived: true } : {}),
    instances: 1,
    columns,
    rows,
    slices,
    frames,
    ...(bValues === null || frames < 2 ? {} : labelledBValues(bValues)),
    spacing,
    calibration: spacing[0] > 0 && spacing[1] > 0 ? 'patient' : 'none',
    affine,
    units,
    windows: [],
    inverted: false,
    viewable: true,
    eligible: content.why === null,
    why: content.why,
    warnings: content.warnings,
    forPerson: { patient: '', study: '', studyDate: '', description: relative },
  });
  return {
    card,
    files: [place],
    images: [],
    sourceSeries: [],
    sourceImages: [],
    async plane(index) {
      if (index >= slices * frames) throw noPlane();
      const values = sliceView(await load(), index % slices, Math.floor(index / slices));
      return frameOf(values, { columns, rows, slope: 1, intercept: 0, windows: [] });
    },
    named: () => null,
    tags: async () => [],
    attributes: async () => () => [],
    grid: { columns, rows, slices, affine },
    volume: load,
  };
}

/** Parametric maps of one series: each file is a frame (a time point), its frames are slices. */
export function shownMaps(input: InputId, id: string, maps: readonly MapInstance[], details: Details): Shown {
  const first = maps[0];
  const slices = first.order.length;
  const card = withKey(input, id, {
    id,
    kind: 'dicom',
    modality: first.modality,
    seriesNumber: first.seriesNumber,
    studyInstanceUid: first.studyInstanceUid,
    seriesInstanceUid: first.seriesInstanceUid,
    derivedFrom: null,
    derived: true,
    ...derivationOf(details),
    instances: maps.length,
    columns: first.columns,
    rows: first.rows,
    slices,
    frames: maps.length,
    spacing: first.spacing,
    calibration: first.spacing[0] > 0 && first.spacing[1] > 0 ? 'patient' : 'none',
    affine: first.affine,
    units: first.units,
    windows: first.windows,
    inverted: false,
    map: { label: first.label, explanation: first.explanation },
    viewable: true,
    eligible: false,
    why: problemOf('E_NOT_ELIGIBLE/map'),
    warnings: [],
    forPerson: details.forPerson,
  });
  return {
    card,
    files: maps.map(({ file }) => file.place),
    images: [],
    sourceSeries: details.sourceSeries,
    sourceImages: details.sourceImages,
    async plane(index) {
      const map = maps[Math.floor(index / slices)];
      if (map === undefined) throw noPlane();
      const values = readMapFrame(map, await map.file.read(), map.order[index % slices]);
      const { columns, rows } = map;
      return frameOf(values, {
        columns,
        rows,
        slope: 1,
        intercept: 0,
        windows: map.windows.map(withoutName),
      });
    },
    named(index) {
      const map = maps[Math.floor(index / slices)];
      return map === undefined ? null : namedMap(map, map.order[index % slices]);
    },
    async tags(index) {
      const map = maps[Math.floor(index / slices)];
      return map === undefined ? [] : tagsOf(map.file, map.order[index % slices]);
    },
    attributes: () => attributeValues(maps[0].file),
    grid: null,
    volume: async () => {
      throw fault('E_NOT_ELIGIBLE/map-noise');
    },
  };
}

function derivationOf({ derivation }: Details): Pick<SeriesCard, 'derivation'> {
  return derivation === '' ? {} : { derivation };
}

/** Names stay on the card: a header of HTTP holds no letters but those of ASCII. */
function withoutName({ center, width }: DisplayWindow): FrameHeader['windows'][number] {
  return { center, width };
}

const AIR_HU = -1000;

/** For a slice that its series lacks: nothing but dark, as there is no image. */
function darkPlane(instance: Instance): Frame {
  const { modality, photometric, slope, intercept } = instance;
  const zero = modality === 'CT' ? (AIR_HU - intercept) / slope : 0;
  const dark = photometric === 'MONOCHROME1' ? storedRange(instance)[1] : zero;
  const values = new Float32Array(instance.rows * instance.columns).fill(dark);
  return frameOf(values, { ...instance, windows: instance.windows[0].map(withoutName) });
}

function noPlane(): LimpidError {
  return fault('E_NOT_FOUND/series-frame');
}
