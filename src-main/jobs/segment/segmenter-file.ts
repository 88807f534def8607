import { pixelFeatures } from '../../analysis/segment/pixel-features.js';
import { readRegular } from '../../base/reading.js';
import { VERSION } from '../../base/version.js';
import { SegmenterFile } from '../../contract/encoders/segment.js';
import { fault } from '../../contract/errors.js';
import { NOTICE } from '../../contract/report-version.js';
import { readText } from '../../contract/schema/schema.js';
import type { ModelSource } from '../../store/model-source.js';
import type { Segmenter } from './learn-segments.js';

/** What was learnt, as a file of plain numbers. */
export function segmenterFile(
  { features, components, classes, teller }: Segmenter,
  model: SegmenterFile['model'],
): SegmenterFile {
  return {
    format: 'limpid-segmenter-1',
    notice: NOTICE,
    version: VERSION,
    model,
    features: features.kinds,
    components:
      components === null
        ? null
        : {
            mean: [...components.mean],
            vectors: [...components.vectors],
            variances: [...components.variances],
          },
    classes,
    teller:
      teller.kind === 'linear'
        ? {
            kind: 'linear',
            first: teller.first,
            scaling: teller.scaling,
            factors: [...teller.map.factors],
          }
        : { kind: 'clusters', scaling: teller.scaling, centres: [...teller.centres] },
  };
}

/** @throws LimpidError E_MODEL for another file, or one that does not fit itself; E_NOT_FOUND */
export async function readSegmenterFile(file: string): Promise<SegmenterFile> {
  const reading = readText(SegmenterFile, (await readRegular(file)).toString('utf8'));
  if (reading.fits) return reading.value;
  throw fault('E_MODEL/segmenter-file', { field: reading.path || 'the whole', expected: reading.expected });
}

/** @throws LimpidError E_MODEL for another model than it was learnt with, and numbers that do not fit each other */
export function openSegmenter(file: SegmenterFile, source: ModelSource | null): Segmenter {
  if (file.model !== null && source?.sha256 !== file.model.sha256)
    throw fault('E_MODEL/segmenter-model', { start: file.model.sha256.slice(0, 12) });
  const { teller, classes } = file;
  const components =
    file.components === null
      ? null
      : {
          mean: Float64Array.from(file.components.mean),
          vectors: Float64Array.from(file.components.vectors),
          variances: Float64Array.from(file.components.variances),
        };
  const features = pixelFeatures(file.features, source?.model ?? null, components);
  const { length } = features;
  const isWhole = (
    { mean, deviation }: { mean: readonly number[]; deviation: readonly number[] },
    n: number,
  ) => mean.length === n && deviation.length === n;
  const fits =
    teller.kind === 'linear'
      ? isWhole(teller.first, length) &&
        isWhole(teller.scaling, 2 * length) &&
        teller.factors.length === classes.length * (2 * length + 1)
      : isWhole(teller.scaling, length) && teller.centres.length === classes.length * length;
  const isSquare =
    components === null ||
    (components.vectors.length === components.mean.length * components.variances.length &&
      Math.round(Math.sqrt(components.mean.length)) ** 2 === components.mean.length);
  const areLabels = classes.length > 0 && classes.every(({ label }) => label <= 255);
  if (!(length > 0 && fits && isSquare && areLabels))
    throw fault('E_MODEL/segmenter-file', { field: 'teller', expected: 'as long as its features ask for' });
  return {
    features,
    components,
    classes,
    teller:
      teller.kind === 'linear'
        ? {
            kind: 'linear',
            first: teller.first,
            scaling: teller.scaling,
            map: { factors: Float64Array.from(teller.factors), outputs: classes.length },
          }
        : { kind: 'clusters', scaling: teller.scaling, centres: Float64Array.from(teller.centres) },
  };
}
