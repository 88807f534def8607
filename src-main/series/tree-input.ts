import { startMeter } from '../base/progress.js';
import type { Emit } from '../contract/events.js';
import { DecodePool } from '../dicom/codec/decode.js';
import type { Source } from '../dicom/files/source.js';
import { scan } from '../dicom/series/scan.js';
import { dicomUnits } from './dicom-input.js';
import type { InputSet, Wants } from './input.js';
import { isNiftiName, NiftiFinder, niftiStem, SIDECAR_KINDS } from './nifti/finder.js';
import { niftiUnits } from './nifti-input.js';

/** Names at the top of an output folder that are reports. */
const REPORTS = ['report.json', 'report.html', 'scores.csv'];

/** Scans a source into units: series of DICOM in the order of their studies, then NIfTI images in that of the tree. */
export async function openTree(source: Source, emit: Emit, wants: Wants): Promise<InputSet> {
  const meter = startMeter(emit, { series: null, stage: 'scan', unit: 'files', total: null });
  const pool = new DecodePool();
  const finder = new NiftiFinder();
  const found = await scan(wants.known === undefined ? source : limited(source, wants.known.files), {
    onProgress: (done) => meter.at(done),
    decode: pool.decode,
    tryPixels: true,
    claim: (file, bytes, isImage) => finder.take(file, bytes, isImage),
  });
  const { images, problems: refused } = finder.all();
  const problems = [...found.problems, ...refused, ...found.passedOver];
  emit({
    type: 'scan',
    files: found.filesSeen,
    series: found.series.length + images.length,
    refused: found.problems.length + refused.length,
    others: found.others,
  });
  for (const problem of problems) emit({ type: 'warning', series: null, problem });
  const { units, leftOut } = dicomUnits(found.series, pool, wants);
  const taken = units.flatMap(({ entries }) => entries.map(({ visible }) => visible));
  const niftis = await niftiUnits(images, [...taken, ...REPORTS], wants);
  return {
    kind: images.length === 0 ? 'dicom' : found.series.length === 0 ? 'nifti' : 'mixed',
    units: [...units, ...niftis.units],
    leftOut: [...leftOut, ...niftis.leftOut],
    problems,
    filesSeen: found.filesSeen,
    async close() {
      await pool.close();
      await source.close();
    },
  };
}

/** A source of which only some files are looked at, and what lies beside NIfTI images of these. */
function limited(source: Source, places: ReadonlySet<string>): Source {
  const stems = new Set([...places].filter(isNiftiName).map(niftiStem));
  const isBeside = (place: string) =>
    (isNiftiName(place) && stems.has(niftiStem(place))) ||
    SIDECAR_KINDS.some((kind) => place.endsWith(`.${kind}`) && stems.has(place.slice(0, -kind.length - 1)));
  return {
    ...source,
    async *files() {
      for await (const file of source.files()) if (places.has(file.place) || isBeside(file.place)) yield file;
    },
    get passedOver() {
      return source.passedOver;
    },
    close: () => source.close(),
  };
}
