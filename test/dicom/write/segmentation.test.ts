import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { describe, expect, it } from 'vitest';
import { Random } from '../../../src-main/base/random.js';
import { problemFrom } from '../../../src-main/contract/errors.js';
import { SPATIAL_CONCEPT, UNLIKE_TRAINING } from '../../../src-main/dicom/elements/codes.js';
import { asciiValue, findElement, walkElements } from '../../../src-main/dicom/elements/elements.js';
import { newUid } from '../../../src-main/dicom/elements/uid.js';
import { type SegmentationOptions, segmentation } from '../../../src-main/dicom/write/segmentation.js';
import { hasTool, PYTHON, pythonLacks } from '../../support/tools.js';
import { daikonFile, temporaryFolder } from '../fixtures.js';
import { complaints, newLines } from '../validators.js';

const folder = temporaryFolder();
const hasDciodvfy = hasTool('dciodvfy');
const BRAIN = Array.from({ length: 5 }, (_, i) => `volume/brain_${String(i + 1).padStart(3, '0')}.dcm`);

function optionsFor(names: readonly string[], area = 256 * 256): SegmentationOptions {
  const random = new Random(3);
  const files = names.map(daikonFile);
  return {
    template: files[0],
    frames: files.map((bytes) => {
      const { elements } = walkElements(bytes);
      const text = (tag: number) => asciiValue(bytes, findElement(elements, tag)) ?? '';
      const [x, y, z] = text(0x00200032).split('\\').map(Number);
      const plane = Uint8Array.from({ length: area }, () => (random.uniform() < 0.2 ? 1 : 0));
      return {
        source: { sopClassUid: text(0x00080016), sopInstanceUid: text(0x00080018) },
        position: [x, y, z],
        plane,
      };
    }),
    seriesInstanceUid: newUid(),
    sopInstanceUid: newUid(),
    seriesNumber: 9003,
    seriesDescriptionSuffix: 'UNLIKE TRAINING',
    label: 'UNLIKE TRAINING',
    explanation: 'Unlike the training images; not a lesion',
    segments: [
      { label: 'Unlike the training images; not a lesion', category: SPATIAL_CONCEPT, type: UNLIKE_TRAINING },
    ],
    algorithm: 'Limpid convolutional autoencoder',
    description: 'Rebuild error above its normal limit. Not for diagnostic use.',
    equipment: { manufacturer: 'Limpid', model: 'Limpid', softwareVersion: '0.1.0' },
    now: new Date('2026-11-23T12:34:56Z'),
  };
}

function codeOf(options: SegmentationOptions): string {
  try {
    segmentation(options);
    return '';
  } catch (error) {
    return problemFrom(error).code;
  }
}

const READ = `
import sys, pydicom, numpy
d = pydicom.dcmread(sys.argv[1])
p = d.pixel_array
p.astype('u1').tofile(sys.argv[2])
s = d.SegmentSequence[0]
g = d.PerFrameFunctionalGroupsSequence
print('|'.join([d.Modality, d.SegmentationType, s.SegmentLabel, s.SegmentAlgorithmType, str(p.shape), str(g[2].PlanePositionSequence[0].ImagePositionPatient), g[2].DerivationImageSequence[0].SourceImageSequence[0].ReferencedSOPInstanceUID]))`;

describe('a segmentation', () => {
  it.skipIf(!hasDciodvfy)('has no complaint of dciodvfy that its source has not', () => {
    const options = optionsFor(BRAIN);
    const file = path.join(folder, 'mask.dcm');
    const source = path.join(folder, 'source.dcm');
    fs.writeFileSync(file, segmentation(options));
    fs.writeFileSync(source, options.template);
    const lines = newLines(complaints('dciodvfy', source), complaints('dciodvfy', file));
    // The UIDs of these sources have roots that are none.
    expect(lines.filter((line) => !/Illegal root for UID/.test(line))).toEqual([
      'Warning - Unrecognized defined term <99LIMPID> for value 1 of attribute <Coding Scheme Designator>',
    ]);
  });

  it.skipIf(pythonLacks('pydicom', 'numpy') !== '')('is read by pydicom bit for bit', () => {
    const options = optionsFor(BRAIN);
    const [file, pixels] = ['read.dcm', 'read.bin'].map((name) => path.join(folder, name));
    fs.writeFileSync(file, segmentation(options));
    const { stdout, stderr } = spawnSync(PYTHON, ['-c', READ, file, pixels], {
      encoding: 'utf8',
    });
    const { source, position } = options.frames[2];
    expect(stdout.trim(), stderr).toBe(
      [
        'SEG',
        'BINARY',
        'Unlike the training images; not a lesion',
        'AUTOMATIC',
        '(5, 256, 256)',
        `[${position.join(', ')}]`,
        source.sopInstanceUid,
      ].join('|'),
    );
    const expected = Buffer.concat(options.frames.map(({ plane }) => plane));
    expect(fs.readFileSync(pixels).equals(expected)).toBe(true);
  });

  it('refuses planes of another size and malformed UIDs', () => {
    expect(codeOf(optionsFor(BRAIN, 100))).toBe('E_SHAPE');
    expect(codeOf({ ...optionsFor(BRAIN), frames: [] })).toBe('E_SHAPE');
    expect(codeOf({ ...optionsFor(BRAIN), seriesInstanceUid: '1.x' })).toBe('E_UID');
  });
});
