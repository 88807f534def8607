import { PARAMETRIC_MAP_STORAGE } from '../../dicom/elements/codes.js';
import type { SourceFile } from '../../dicom/files/source.js';
import type { Instance } from '../../dicom/read/instance.js';
import type { MapInstance } from '../../dicom/read/parametric-map-read.js';
import type { ImageReference } from '../../dicom/write/sr/document.js';

/** An image that can be referred to, and the file that it is in. */
export interface NamedImage {
  readonly reference: ImageReference;
  readonly file: SourceFile;
  /** Columns and rows from the corner of the image to that of the plane. */
  readonly offset: readonly [number, number];
}

/** @param inFile which frame of an instance that holds several, from 0 */
export function namedImage(instance: Instance, inFile: number): NamedImage {
  const { file, part, numberOfFrames, sopClassUid, sopInstanceUid, seriesInstanceUid, studyInstanceUid } =
    instance;
  const tile = part?.tile ?? null;
  const isOne = part === null ? numberOfFrames === 1 : tile !== null;
  const number = (part === null ? inFile : part.index) + 1;
  return {
    file,
    reference: {
      sopClassUid,
      sopInstanceUid,
      seriesInstanceUid,
      studyInstanceUid,
      ...(isOne ? {} : { frame: number }),
    },
    offset: tile === null ? [0, 0] : [tile.left, tile.top],
  };
}

/** @param inFile which frame of the map, from 0 */
export function namedMap(map: MapInstance, inFile: number): NamedImage {
  const { file, sopInstanceUid, seriesInstanceUid, studyInstanceUid } = map;
  return {
    file,
    reference: {
      sopClassUid: PARAMETRIC_MAP_STORAGE,
      sopInstanceUid,
      seriesInstanceUid,
      studyInstanceUid,
      frame: inFile + 1,
    },
    offset: [0, 0],
  };
}
