import { describe, expect, it } from 'vitest';
import { readInstance } from '../../../src-main/dicom/read/instance.js';
import { element, makeDicom, memoryFile, type TestImage, textElement } from '../support.js';

function computedOf(image: TestImage) {
  const bytes = makeDicom(image);
  return readInstance(memoryFile(bytes), bytes).computedOf;
}
const UNITS = (units: string): TestImage => ({ more: [[0x00281054, textElement(0x00281054, 'LO', units)]] });

describe('what an image was computed to', () => {
  it.each([
    ['DERIVED\\PRIMARY\\DIFFUSION\\ADC\\ND\\NORM', 'diffusion'],
    ['DERIVED\\PRIMARY\\ADC\\ADC\\UNSPECIFIED', 'diffusion'],
    ['ORIGINAL\\PRIMARY\\ADC_UNSPECIFIED\\ADC\\UNSPECIFIED', 'diffusion'],
    ['DERIVED\\PRIMARY\\DIFFUSION\\FA\\ND', 'diffusion'],
    ['DERIVED\\PRIMARY\\M\\T1 MAP', 'time'],
    ['DERIVED\\PRIMARY\\T2 MAP\\T2\\UNSPECIFIED', 'time'],
    ['DERIVED\\PRIMARY\\T2_STAR MAP\\ND', 'time'],
    ['DERIVED\\PRIMARY\\QUANT\\T1', 'time'],
    ['DERIVED\\PRIMARY\\M\\R2_STAR', 'time'],
    ['DERIVED\\PRIMARY\\PERFUSION\\NONE\\RELCBF', 'perfusion'],
    ['DERIVED\\PRIMARY\\PERFUSION\\TTP', 'time'],
    ['DERIVED\\PRIMARY\\DIXON\\FAT_FRACTION', 'fraction'],
    ['DERIVED\\PRIMARY\\M\\T_TEST', 'statistic'],
    ['DERIVED\\PRIMARY\\M\\UNI', 'uniform'],
    ['DERIVED\\PRIMARY\\M\\UNI_DEN', 'suppressed'],
    ['DERIVED\\PRIMARY\\M\\DIVISION', 'ratio'],
    ['DERIVED\\SECONDARY\\M\\MIP\\PROJECTION IMAGE', 'projection'],
    ['DERIVED\\PRIMARY\\M\\MIP_SW', 'projection'],
    ['DERIVED\\PRIMARY\\M\\MNIP', 'projection'],
    ['DERIVED\\SECONDARY\\AXIAL\\CT_SOM5 MIP', 'projection'],
    ['DERIVED\\SECONDARY\\REFORMATTED\\MAXIMUM', 'projection'],
    ['DERIVED\\PRIMARY\\METABOLITE_MAP', 'quantity'],
    ['ORIGINAL\\PRIMARY\\B1_MAP', 'field'],
    ['DERIVED\\PRIMARY\\M\\SUB', 'difference'],
    ['DERIVED\\PRIMARY\\M\\SUBTRACTION', 'difference'],
  ])('is told by the image type %s', (imageType, expected) => {
    expect(computedOf({ imageType })).toBe(expected);
  });

  it.each([
    'ORIGINAL\\PRIMARY\\M\\ND\\NORM',
    'ORIGINAL\\PRIMARY\\T1\\NONE',
    'ORIGINAL\\PRIMARY\\T2_STAR\\NONE',
    'DERIVED\\PRIMARY\\T1\\RESAMPLED',
    'DERIVED\\SECONDARY',
    'DERIVED\\SECONDARY\\REFORMATTED\\AVERAGE',
    'DERIVED\\SECONDARY\\MPR',
    'DERIVED\\PRIMARY\\DIFFUSION\\TRACEW\\ND',
    'DERIVED\\PRIMARY\\DIXON\\WATER',
    'DERIVED\\PRIMARY\\M\\SW',
    'ORIGINAL\\PRIMARY\\PHASE MAP\\P\\FFE',
    'ORIGINAL\\PRIMARY\\PERFUSION\\NONE',
    'ORIGINAL\\PRIMARY\\AXIAL\\CT_SOM5 SPI',
  ])('is nothing where %s shows a signal', (imageType) => {
    expect(computedOf({ imageType })).toBeNull();
  });

  it.each([
    ['ms', 'time'],
    ['*10^-6 mm^2/s', 'diffusion'],
    ['mm2/s', 'diffusion'],
    ['cm/s', 'velocity'],
    ['Hz', 'field'],
    ['kPa', 'stiffness'],
    ['ppm', 'susceptibility'],
    ['ml/100g/min', 'perfusion'],
    ['MGML', 'material'],
    ['%', 'fraction'],
    ['US', null],
    ['HU', null],
    ['normalized', null],
  ])('is told by the units %s', (units, expected) => {
    expect(computedOf(UNITS(units))).toBe(expected);
  });

  it('is told by the description of a derived image only', () => {
    const seriesDescription = 'ep2d_diff_b50_800_ADC';
    expect(computedOf({ seriesDescription, imageType: 'DERIVED\\SECONDARY' })).toBe('diffusion');
    expect(computedOf({ seriesDescription, imageType: 'ORIGINAL\\PRIMARY\\M' })).toBeNull();
    expect(computedOf({ seriesDescription, imageType: 'DERIVED\\PRIMARY\\DIFFUSION\\TRACEW' })).toBeNull();
    const derived = 'DERIVED\\SECONDARY\\COMBINED';
    for (const name of ['ADC (10^-6 mm2/s)', 'dADC Map', 'eADC', 'ADC:Jan 01 2020'])
      expect(computedOf({ seriesDescription: name, imageType: derived })).toBe('diffusion');
    expect(computedOf({ seriesDescription: 'ADC protocol b800', imageType: derived })).toBeNull();
    const apparent = 'Apparent Diffusion Coefficient (mm2/s)';
    expect(computedOf({ seriesDescription: apparent, imageType: 'DERIVED\\SECONDARY\\COMBINED' })).toBe(
      'diffusion',
    );
  });

  it('is told by the number that GE gives maps of anisotropy', () => {
    const of = (kind: number) =>
      computedOf({
        imageType: 'DERIVED\\SECONDARY\\PROCESSED',
        more: [
          [0x00430010, textElement(0x00430010, 'LO', 'GEMS_PARM_01')],
          [0x00431030, element(0x00431030, 'SS', Buffer.from([kind, 0]))],
        ],
      });
    expect([14, 16, 18, 19].map(of)).toEqual([null, null, 'diffusion', null]);
  });

  it('is an image of MP2RAGE without its background where only the description tells it from the other', () => {
    const imageType = 'DERIVED\\PRIMARY\\M\\ND\\UNI';
    expect(computedOf({ imageType, seriesDescription: 't1_mp2rage_sag_UNI_Images' })).toBe('uniform');
    expect(computedOf({ imageType, seriesDescription: 't1_mp2rage_sag_UNI-DEN' })).toBe('suppressed');
  });
});
