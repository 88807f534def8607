import { describe, expect, it } from 'vitest';
import { attributeValues } from '../../../src-main/dicom/read/keywords.js';
import { drawEnhanced } from '../enhanced.js';
import { item, longElement, makeDicom, memoryFile, textElement } from '../support.js';

const values = Array.from({ length: 16 }, (_, i) => i);

describe('attributes by keyword', () => {
  it('are those of the first frame of an enhanced image, wherever that keeps them', async () => {
    const image = drawEnhanced({
      frames: [
        { values, position: [0, 0, 0], echoTime: 2.3 },
        { values, position: [0, 0, 3], echoTime: 4.6 },
      ],
      shared: [
        longElement(
          0x00189112,
          'SQ',
          item(Buffer.concat([textElement(0x00180080, 'DS', '500'), textElement(0x00181314, 'DS', '12')])),
        ),
        longElement(
          0x00189115,
          'SQ',
          item(Buffer.concat([textElement(0x00189036, 'CS', 'PHASE'), textElement(0x00189081, 'CS', 'YES')])),
        ),
      ],
    });
    const of = await attributeValues(memoryFile(image));
    expect(of('EchoTime')).toEqual(['2.3']);
    expect(of('RepetitionTime')).toEqual(['500']);
    expect(of('flipangle')).toEqual(['12']);
    expect(of('PixelSpacing')).toEqual(['2', '2']);
    expect(of('SliceThickness')).toEqual(['3']);
    expect(of('PartialFourier')).toEqual(['YES']);
    expect(of('PartialFourierDirection')).toEqual(['PHASE']);
    expect(of('KVP')).toEqual([]);
    expect(of('NoSuchKeyword')).toEqual([]);
  });

  it('are none of a plain image that does not state them', async () => {
    const of = await attributeValues(memoryFile(makeDicom()));
    expect(of('EchoTime')).toEqual([]);
    expect(of('Modality')).toEqual(['MR']);
  });
});
