import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Random } from '../../src-main/base/random.js';
import { VERSION } from '../../src-main/base/version.js';
import { writeNiftiFromVolume } from '../../src-main/imaging/nifti.js';
import { bidsStem, outputNames } from '../../src-main/series/nifti/names.js';
import { volumeOf } from '../imaging/support.js';
import { denoiseRequest, denoiseWith, diffusion, removeFolders, temporaryFolder } from '../jobs/fixtures.js';
import { resultsIn } from '../jobs/told.js';

afterAll(removeFolders);

function image(seed: number): Uint8Array {
  const random = new Random(seed);
  const data = Float32Array.from({ length: 32 * 32 * 3 }, () => 100 + 5 * random.normal());
  return writeNiftiFromVolume(volumeOf(data, [32, 32, 3]), { gzip: true });
}

describe('the names of outputs', () => {
  it.each([
    ['sub-1_ses-2_T1w', 'sub-1_ses-2_desc-denoised_T1w'],
    ['sub-1_desc-preproc_bold', 'sub-1_desc-preprocDenoised_bold'],
    ['desc-a_bold', 'desc-aDenoised_bold'],
    ['t1', 'desc-denoised_t1'],
  ])('follow BIDS: %s', (stem, named) => {
    expect(bidsStem(stem, 'denoised')).toBe(named);
  });

  it('are distinct where capitals make no difference, and where names are cut', () => {
    const long = 'ä'.repeat(120);
    const names = outputNames(['A/x.nii', 'a/X.nii', `${long}1.nii`, `${long}2.nii`], []);
    const all = names.map(({ folder, stem }) => `${folder}${stem}`.toLowerCase());
    expect(new Set(all).size).toBe(4);
    expect(names.every(({ stem }) => Buffer.byteLength(`${stem}_uncertainty.nii.gz`) <= 255)).toBe(true);
  });

  it('are ones that Windows can have', () => {
    const names = outputNames(['a:b/c?.nii', 'con.nii', 'dot./x.nii'], [], 'win32');
    expect(names).toEqual([
      { folder: 'a_b/', stem: 'c_' },
      { folder: '', stem: '_con' },
      { folder: 'dot_/', stem: 'x' },
    ]);
  });
});

describe('derivatives of BIDS', () => {
  it('get what their sources inherit from folders above: there is nothing above them', async () => {
    const root = await temporaryFolder();
    const [input, output] = [path.join(root, 'in'), path.join(root, 'out')];
    const files: Readonly<Record<string, Uint8Array | string>> = {
      'dwi.bval': '0',
      'dwi.bvec': '1 0 0',
      'dwi.json': '{"EchoTime": 0.08, "Manufacturer": "Drawn"}',
      'acq-b_dwi.json': '{"EchoTime": 0.1}',
      'T1w.json': '{"EchoTime": 0.003}',
      'sub-1/sub-1_acq-a_dwi.json': '{"EchoTime": 0.09, "FlipAngle": 90}',
      'sub-1/dwi/sub-1_acq-a_dwi.nii.gz': image(1),
      'sub-1/dwi/sub-1_acq-b_dwi.nii.gz': image(2),
      'sub-1/dwi/sub-1_acq-b_dwi.bval': '1000',
      'sub-1/dwi/sub-1_acq-b_dwi.json': '{"FlipAngle": 80}',
      'other/picture.nii.gz': image(3),
    };
    for (const [name, content] of Object.entries(files)) {
      await fs.mkdir(path.dirname(path.join(input, name)), { recursive: true });
      await fs.writeFile(path.join(input, name), content);
    }
    const { result } = await denoiseWith(diffusion(1), denoiseRequest(input, output, { bids: true }));
    expect(result.exitCode).toBe(0);
    const text = (name: string) => fs.readFile(path.join(output, 'derivatives/limpid', name), 'utf8');
    const json = async (name: string) => JSON.parse(await text(`${name}.json`));
    const a = 'sub-1/dwi/sub-1_acq-a_desc-denoised_dwi';
    expect(await json(a)).toMatchObject({ EchoTime: 0.09, Manufacturer: 'Drawn', FlipAngle: 90 });
    expect([await text(`${a}.bval`), await text(`${a}.bvec`)]).toEqual(['0', '1 0 0']);
    const b = 'sub-1/dwi/sub-1_acq-b_desc-denoised_dwi';
    expect(await json(b)).toMatchObject({ EchoTime: 0.1, Manufacturer: 'Drawn', FlipAngle: 80 });
    expect(await text(`${b}.bval`)).toBe('1000');
    expect(await json('other/desc-denoised_picture')).not.toHaveProperty('EchoTime');
  });

  it('keep what the source says of itself, tell what was done, and are a data set', async () => {
    const root = await temporaryFolder();
    const [input, output] = [path.join(root, 'in'), path.join(root, 'out')];
    const files: Readonly<Record<string, Uint8Array | string>> = {
      'sub-1/dwi/sub-1_dwi.nii.gz': image(1),
      'sub-1/dwi/sub-1_dwi.bval': '0',
      'sub-1/dwi/sub-1_dwi.json': '{"EchoTime": 0.08, "Manufacturer": "Drawn"}',
      'sub-2/anat/sub-2_T1w.nii.gz': image(2),
      'sub-3/anat/sub-3_T1w.nii.gz': image(3),
      'sub-3/anat/sub-3_T1w.json': 'no JSON',
      'dataset_description.json': '{"Name": "Raw"}',
    };
    for (const [name, content] of Object.entries(files)) {
      await fs.mkdir(path.dirname(path.join(input, name)), { recursive: true });
      await fs.writeFile(path.join(input, name), content);
    }
    const request = denoiseRequest(input, output, { bids: true });
    const { result, events } = await denoiseWith(diffusion(1), request);
    expect(result.exitCode).toBe(0);
    const top = 'derivatives/limpid';
    expect(Object.keys(await resultsIn(output)).sort()).toEqual([
      `${top}/dataset_description.json`,
      `${top}/sub-1/dwi/sub-1_desc-denoised_dwi.bval`,
      `${top}/sub-1/dwi/sub-1_desc-denoised_dwi.json`,
      `${top}/sub-1/dwi/sub-1_desc-denoised_dwi.nii.gz`,
      `${top}/sub-1/dwi/sub-1_desc-errormap_dwi.nii.gz`,
      `${top}/sub-2/anat/sub-2_desc-denoised_T1w.json`,
      `${top}/sub-2/anat/sub-2_desc-denoised_T1w.nii.gz`,
      `${top}/sub-2/anat/sub-2_desc-errormap_T1w.nii.gz`,
      `${top}/sub-3/anat/sub-3_desc-denoised_T1w.json`,
      `${top}/sub-3/anat/sub-3_desc-denoised_T1w.nii.gz`,
      `${top}/sub-3/anat/sub-3_desc-errormap_T1w.nii.gz`,
    ]);
    const json = async (name: string) => JSON.parse(await fs.readFile(path.join(output, top, name), 'utf8'));
    expect(await json('sub-1/dwi/sub-1_desc-denoised_dwi.json')).toEqual({
      EchoTime: 0.08,
      Manufacturer: 'Drawn',
      Sources: ['bids:raw:sub-1/dwi/sub-1_dwi.nii.gz'],
      Description: 'denoised by Limpid; not for diagnostic use',
      Limpid: { Version: VERSION, Processing: expect.stringContaining('Heat diffusion') },
    });
    expect(await json('sub-3/anat/sub-3_desc-denoised_T1w.json')).not.toHaveProperty('EchoTime');
    expect(
      events.filter((event) => event.type === 'warning' && event.problem.code === 'W_UNREADABLE'),
    ).toHaveLength(1);
    const dataset = await json('dataset_description.json');
    expect(dataset).toMatchObject({ DatasetType: 'derivative', GeneratedBy: [{ Name: 'Limpid' }] });
    expect(path.resolve(output, top, dataset.DatasetLinks.raw)).toBe(input);
    const again = await denoiseWith(diffusion(1), request);
    expect(again.result.series.every(({ status }) => status === 'kept')).toBe(true);
    const plain = denoiseWith(diffusion(1), { ...request, bids: false });
    await expect(plain).rejects.toMatchObject({ code: 'E_RESUME' });
  });
});
