import type { CodedConcept } from '../../elements/encode.js';
import { image, root, text } from './content.js';
import { type DocumentOf, document, type ImageReference, observed } from './document.js';

const KEY_OBJECT_SELECTION = '1.2.840.10008.5.1.4.1.1.88.59';
const OF_INTEREST: CodedConcept = { value: '113000', scheme: 'DCM', meaning: 'Of Interest' };
const DESCRIPTION: CodedConcept = { value: '113012', scheme: 'DCM', meaning: 'Key Object Description' };
const SERIES_NUMBER = 9911;

/**
 * Images that a person has chosen, as a Key Object Selection (PS3.3 section A.35.4, TID 2010): archives and viewers show
 * them first.
 *
 * @throws LimpidError those of `document`
 */
export function keyImages(options: DocumentOf & { readonly images: readonly ImageReference[] }): Uint8Array {
  const { images, equipment } = options;
  return document({
    ...options,
    sopClassUid: KEY_OBJECT_SELECTION,
    modality: 'KO',
    title: 'Key images',
    seriesNumber: SERIES_NUMBER,
    evidence: images,
    content: root(OF_INTEREST, '2010', [
      ...observed(equipment),
      text('CONTAINS', DESCRIPTION, 'Chosen while denoised images were looked at. Not for diagnostic use.'),
      ...images.map((one) => image('CONTAINS', one)),
    ]),
  });
}
