import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Report } from '../../../src-main/contract/report.js';
import { writeNiftiFromVolume } from '../../../src-main/imaging/nifti.js';
import { runEvaluate } from '../../../src-main/jobs/evaluate.js';
import { runInspect } from '../../../src-main/jobs/inspect.js';
import { contentOf } from '../../../src-main/series/nifti/computed.js';
import type { Sidecar } from '../../../src-main/series/nifti/finder.js';
import { volumeOf } from '../../imaging/support.js';
import {
  denoiseRequest,
  denoiseWith,
  diffusion,
  removeFolders,
  temporaryFolder,
} from '../../jobs/fixtures.js';

afterAll(removeFolders);

const GRID = { isPair: false, columns: 8, rows: 8, slices: 2, frames: 1, spacing: [1, 1, 1] as const };

function json(facts: object): Sidecar {
  const bytes = Buffer.from(JSON.stringify(facts));
  return { kind: 'json', size: bytes.length, read: async () => bytes };
}

async function told(
  relative: string,
  about: { readonly intent?: number; readonly beside?: object; readonly above?: object } = {},
  isNamed = false,
) {
  const { intent = 0, beside, above } = about;
  return await contentOf(
    {
      relative,
      facts: { ...GRID, isComplex: false, intent, description: '' },
      sidecars: beside === undefined ? [] : [json(beside)],
      inherited: above === undefined ? [] : [json(above)],
    },
    isNamed,
  );
}

async function computed(...given: Parameters<typeof told>) {
  return (await told(...given)).computed;
}

describe('what a NIfTI image is', () => {
  it('is told by the suffixes of BIDS and what tools call their maps', async () => {
    for (const [name, kind] of [
      ['sub-01/anat/sub-01_T1map.nii.gz', 'time'],
      ['sub-01/anat/sub-01_acq-x_T2starmap.nii', 'time'],
      ['sub-01/anat/sub-01_UNIT1.nii.gz', 'uniform'],
      ['sub-01/anat/sub-01_rec-denoised_UNIT1.nii.gz', 'suppressed'],
      ['mp2rage_UNI-DEN.nii.gz', 'suppressed'],
      ['sub-01/anat/sub-01_Chimap.nii.gz', 'susceptibility'],
      ['sub-01/fmap/sub-01_phasediff.nii.gz', 'field'],
      ['sub-01/perf/sub-01_cbf.nii.gz', 'perfusion'],
      ['derivatives/sub-01_desc-aparcaseg_dseg.nii.gz', 'labels'],
      ['derivatives/sub-01_desc-brain_mask.nii.gz', 'labels'],
      ['derivatives/sub-01_label-GM_probseg.nii.gz', 'probability'],
      ['derivatives/sub-01_from-a_to-b_xfm.nii.gz', 'vector'],
      ['dti_FA.nii.gz', 'diffusion'],
      ['dti_V1.nii.gz', 'vector'],
      ['stats/zstat1.nii.gz', 'statistic'],
      ['spmT_0001.nii', 'statistic'],
      ['aparc+aseg.nii.gz', 'labels'],
      ['ep2d_diff_5_ADC.nii.gz', 'diffusion'],
    ] as const)
      expect([name, await computed(name)]).toEqual([name, kind]);
  });

  it('is an image where these words stand elsewhere, or are others', async () => {
    for (const name of [
      'sub-01/anat/sub-01_T1w.nii.gz',
      'sub-01/anat/sub-01_inv-1_MP2RAGE.nii.gz',
      'sub-01/anat/sub-01_desc-mask_T1w.nii.gz',
      'mask/sub-01_T2w.nii.gz',
      'T1map/scan.nii.gz',
      'derivatives/sub-01_desc-preproc_T1w.nii.gz',
      'sub-01_dir-AP_epi.nii.gz',
      'sub-01_magnitude1.nii.gz',
      'sub-01_S0.nii.gz',
      'brain_masked.nii.gz',
      'sub-AD/sub-AD.nii.gz',
      'x_uncertainty.nii.gz',
    ])
      expect([name, await told(name)]).toEqual([name, { computed: null, why: null, warnings: [] }]);
  });

  it('is told by the intent of the header', async () => {
    for (const [intent, kind] of [
      [3, 'statistic'],
      [1001, 'quantity'],
      [1002, 'labels'],
      [1006, 'vector'],
      [2001, null],
    ] as const)
      expect([intent, await computed('scan.nii', { intent })]).toEqual([intent, kind]);
  });

  it('is told by the JSON beside and above it, the nearest first', async () => {
    const adc = { ImageType: ['DERIVED', 'PRIMARY', 'DIFFUSION', 'ADC', 'ND'] };
    const image = { ImageType: ['ORIGINAL', 'PRIMARY', 'M', 'ND', 'NORM'] };
    expect(await computed('x.nii', { beside: adc })).toBe('diffusion');
    expect(await computed('x.nii', { above: adc })).toBe('diffusion');
    expect(await computed('x.nii', { above: adc, beside: image })).toBeNull();
    expect(await computed('x.nii', { beside: { Units: 'rad/s' } })).toBe('field');
    expect(await computed('x.nii', { beside: { Units: 'arbitrary', ImageType: 7 } })).toBeNull();
    expect(await computed('x.nii', { beside: [] })).toBeNull();
  });

  it('is a phase by its name or the JSON beside it', async () => {
    const phase = { ImageType: ['ORIGINAL', 'PRIMARY', 'P', 'ND', 'PHASE'] };
    for (const { why } of [
      await told('gre_4_ph.nii.gz'),
      await told('sub-01_part-phase_bold.nii.gz'),
      await told('x.nii', { beside: phase }),
      await told('x.nii', { beside: phase }, true),
    ])
      expect(why?.reason).toBe('E_NOT_ELIGIBLE/phase-image');
  });
});

describe('a tree in which maps lie beside images', () => {
  async function tree() {
    const root = await temporaryFolder();
    const input = path.join(root, 'in');
    await fs.mkdir(input);
    const data = Float32Array.from({ length: 32 * 32 * 3 }, (_, i) => 1000 + ((i * 7919) % 101));
    const bytes = writeNiftiFromVolume(volumeOf(data, [32, 32, 3]), { gzip: true });
    for (const name of ['a_T1w', 'a_T1map']) await fs.writeFile(path.join(input, `${name}.nii.gz`), bytes);
    return { root, input };
  }

  async function denoise(input: string, output: string, series?: readonly string[]) {
    const request = { ...denoiseRequest(input, output), ...(series === undefined ? {} : { series }) };
    await denoiseWith(diffusion(2), request);
    const report: Report = JSON.parse(await fs.readFile(path.join(output, 'report.json'), 'utf8'));
    return { report, written: (await fs.readdir(output)).filter((name) => name.endsWith('.nii.gz')) };
  }

  it('leaves the maps out, and takes one that is named', async () => {
    const { root, input } = await tree();
    const { report, written } = await denoise(input, path.join(root, 'out'));
    expect(written.sort()).toEqual(['a_T1w_denoised.nii.gz', 'a_T1w_error-map.nii.gz']);
    expect(report.series.map(({ status }) => status).sort()).toEqual(['done', 'skipped']);
    const left = report.series.find(({ status }) => status === 'skipped');
    expect(left?.problem?.reason).toBe('E_NOT_ELIGIBLE/computed');
    const named = await denoise(input, path.join(root, 'again'), [left?.id ?? '']);
    expect(named.written).toContain('a_T1map_denoised.nii.gz');
    expect(named.report.series).toMatchObject([{ status: 'done', noise: { distribution: 'gaussian' } }]);
    expect(named.report.series[0].warnings.map(({ reason }) => reason)).toContain('W_COMPUTED/named');
  });

  it('tells of them when it is looked at, and by a single name', async () => {
    const { root, input } = await tree();
    const seen = await runInspect({ type: 'inspect', paths: [input], noise: false }, () => {});
    expect(seen.series.map(({ eligible, why }) => [eligible, why?.reason ?? null])).toEqual([
      [false, 'E_NOT_ELIGIBLE/computed'],
      [true, null],
    ]);
    const one = await denoise(path.join(input, 'a_T1map.nii.gz'), path.join(root, 'one'));
    expect(one.report.series).toMatchObject([{ status: 'skipped' }]);
    expect(one.written).toEqual([]);
  });

  it('compares maps all the same', async () => {
    const { input } = await tree();
    const map = path.join(input, 'a_T1map.nii.gz');
    const request = { type: 'evaluate' as const, reference: map, test: map, noisy: null };
    const compared = await runEvaluate({ ...request, mask: { kind: 'auto' } }, () => {});
    expect(compared.exitCode).toBe(0);
  });
});
