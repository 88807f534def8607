import { fault } from '../../contract/errors.js';
import type { PlaneName } from '../../contract/viewing.js';
import type { SeriesKey } from '../../contract/window/opened.js';
import { EQUIPMENT } from '../../dicom/write/equipment.js';
import { keyImages } from '../../dicom/write/sr/key-images.js';
import { measurementReport } from '../../dicom/write/sr/measurements.js';
import type { NamedImage } from './named.js';
import type { DocumentAbout } from './protocol.js';
import type { Shown } from './shown.js';

/**
 * A DICOM document about planes of open series, of the study of the first of them. The images are read, nothing is
 * written.
 *
 * @throws LimpidError E_NOT_FOUND for planes that are not there, E_NOT_ELIGIBLE for those of no DICOM file; E_UID; those of reading
 */
export async function documentAbout(
  about: DocumentAbout,
  find: (series: SeriesKey) => Shown,
): Promise<Uint8Array> {
  const named = ({ series, index }: PlaneName): NamedImage => {
    const shown = find(series);
    const found = shown.named(index);
    if (found !== null) return found;
    throw fault(shown.card.kind === 'nifti' ? 'E_NOT_ELIGIBLE/document' : 'E_NOT_FOUND/series-frame');
  };
  const planes = about.kind === 'measurements' ? about.measured.map(({ plane }) => plane) : about.planes;
  const images = planes.map(named);
  const [first] = images;
  if (first === undefined) throw fault('E_NOT_FOUND/series-frame');
  const options = { image: await first.file.read(), equipment: EQUIPMENT, now: new Date() };
  if (about.kind === 'key-images')
    return keyImages({ ...options, images: images.map(({ reference }) => reference) });
  return measurementReport({
    ...options,
    measured: about.measured.map(({ plane, shape }) => {
      const { reference, offset } = named(plane);
      const { modality, units, calibration } = find(plane.series).card;
      return { ...shape, image: reference, offset, modality, units, calibration };
    }),
  });
}
