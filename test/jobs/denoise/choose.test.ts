import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MEMORY_SETTING } from '../../../src-main/base/memory.js';
import type { DenoiseRequest } from '../../../src-main/contract/requests/requests.js';
import { writeNiftiFromVolume } from '../../../src-main/imaging/nifti.js';
import { runJob } from '../../../src-main/jobs/run.js';
import { makeDicom } from '../../dicom/support.js';
import { volumeOf } from '../../imaging/support.js';
import { drawnSeries } from '../../support/drawn-series.js';
import { denoiseRequest, denoiseWith, diffusion, removeFolders, temporaryFolder } from '../fixtures.js';
import { resultsIn } from '../told.js';

afterAll(removeFolders);

let root: string;
let input: string;

/** A drawn MR series, a CT image, and a NIfTI image. */
beforeAll(async () => {
  root = await temporaryFolder();
  input = path.join(root, 'in');
  await fs.mkdir(path.join(input, 'sub-1'), { recursive: true });
  for (const [i, bytes] of drawnSeries(4, 32, 7).entries())
    await fs.writeFile(path.join(input, `mr-${i}`), bytes);
  const head = {
    modality: 'CT',
    sopClass: '1.2.840.10008.5.1.4.1.1.2',
    kernel: 'BONE SHARP',
    series: '1.9',
    sopInstance: '1.9.1',
  };
  await fs.writeFile(path.join(input, 'ct'), makeDicom(head));
  const data = Float32Array.from({ length: 32 * 32 * 3 }, (_, i) => 100 + (i % 7));
  const nifti = writeNiftiFromVolume(volumeOf(data, [32, 32, 3]), { gzip: true });
  await fs.writeFile(path.join(input, 'sub-1/t1.nii.gz'), nifti);
});

let runs = 0;
function request(more: Partial<DenoiseRequest>): DenoiseRequest {
  runs++;
  return denoiseRequest(input, path.join(root, `out-${runs}`), { errorMap: false, ...more });
}

async function plan(more: Partial<DenoiseRequest>) {
  const asked = request({ ...more, dryRun: true });
  const result = await runJob(asked, () => {});
  expect(
    await fs.access(asked.output).then(
      () => true,
      () => false,
    ),
  ).toBe(false);
  if (!('command' in result) || result.command !== 'plan') throw new Error(JSON.stringify(result));
  return result;
}

const modalities = async (where: string) => (await plan({ where })).series.map(({ modality }) => modality);

describe('a choice of series', () => {
  it.each([
    ['Modality=MR', ['MR']],
    ['convolutionkernel~bone and Modality=CT', ['CT']],
    ['0018,1210="bone sharp"', ['CT']],
    ['Slices>=3', ['MR', 'NIFTI']],
    ['Kind=nifti and Path~sub-1/', ['NIFTI']],
    ['Kind=dicom and not SeriesInstanceUID=1.9', ['MR']],
    ['Files=4 or Files=1 and Kind=nifti', ['MR', 'NIFTI']],
  ])('is made by a condition: %s', async (where, wanted) => {
    expect((await modalities(where)).sort()).toEqual(wanted);
  });

  it('is made by UIDs and ids, and done', async () => {
    const { result } = await denoiseWith(diffusion(1), request({ series: ['1.2.3.0'] }));
    expect([result.exitCode, result.series.length]).toEqual([0, 1]);
    const [{ id }] = (await plan({ where: 'Kind=nifti' })).series;
    const asked = request({ series: [id], where: 'Columns=32' });
    const named = await denoiseWith(diffusion(1), asked);
    expect(named.result.exitCode).toBe(0);
    expect(Object.keys(await resultsIn(asked.output))).toEqual(['sub-1/t1_denoised.nii.gz']);
    const journal = await fs.readFile(path.join(asked.output, '.limpid/journal.json'), 'utf8');
    expect(journal).not.toContain('Columns');
    const other = { ...asked, where: 'Columns=32 and Rows=32' };
    await expect(denoiseWith(diffusion(1), other)).rejects.toMatchObject({ code: 'E_RESUME' });
  });

  it('is refused where it means nothing', async () => {
    const stopped = async (more: Partial<DenoiseRequest>) => {
      const result = await runJob(request({ ...more, dryRun: true }), () => {});
      return 'stopped' in result ? [result.exitCode, result.stopped.code, result.stopped.message] : [];
    };
    expect(await stopped({ series: ['1.2.3.0', '9.9'] })).toEqual([2, 'E_NOT_FOUND', expect.any(String)]);
    expect(await stopped({ where: 'Modality=PT' })).toEqual([1, 'E_NOTHING', expect.any(String)]);
    expect(await stopped({ where: 'Modality=' })).toEqual([2, 'E_USAGE', expect.any(String)]);
    const unknown = await stopped({ where: 'Modality=MR and Descripion~T2' });
    expect(unknown).toEqual([2, 'E_USAGE', expect.stringContaining('at character 17: this attribute')]);
  });
});

describe('a dry run', () => {
  it('says what would be done with each series, and writes nothing', async () => {
    const result = await plan({ model: { kind: 'mppca' } });
    expect(result.exitCode).toBe(1);
    expect(result.series.every(({ why }) => why?.code === 'E_NOT_ELIGIBLE')).toBe(true);
    const whole = await plan({ model: { kind: 'dct' }, errorMap: true });
    const [mr] = whole.series.filter(({ modality }) => modality === 'MR');
    expect(mr).toMatchObject({ columns: 32, slices: 4, instances: 4, action: 'denoise', model: 'dct' });
    expect(mr.outputs).toEqual([
      expect.stringMatching(/-error-map$/),
      expect.stringMatching(/^series-00\d$/),
    ]);
    expect(mr.memoryBytes).toBeGreaterThan(1e8);
    const [nifti] = whole.series.filter(({ kind }) => kind === 'nifti');
    expect(nifti.outputs).toEqual(['*_error-map.nii.gz', '*_denoised.nii.gz']);
    expect(nifti.forPerson?.outputs[1]).toBe('sub-1/t1_denoised.nii.gz');
  });

  it('says what would not fit into memory', async () => {
    process.env[MEMORY_SETTING] = '100';
    try {
      const { series, exitCode } = await plan({ where: 'Kind=nifti' });
      expect(series.map(({ action, why }) => [action, why?.code])).toEqual([['skip', 'E_MEMORY']]);
      expect(exitCode).toBe(1);
    } finally {
      delete process.env[MEMORY_SETTING];
    }
  });
});
