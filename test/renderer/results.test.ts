import { describe, expect, it } from 'vitest';
import {
  atStrength,
  comparisonFor,
  comparisonOf,
  concerns,
  pathsToOpen,
  seriesOfReport,
  sourceOf,
} from '../../src-renderer/state/results.js';
import { card, input, job, output, request, seriesOutputs } from './cards.js';

const dicom = seriesOutputs('s1', [
  output('error-map', 'series-001-error-map/00001.dcm', 'map'),
  output('model', 'series-001-model/s1.onnx', null),
  output('denoised', 'series-001/00001.dcm', 'new'),
  output('denoised', 'series-001/00002.dcm', 'new'),
]);
const nifti = seriesOutputs('nifti', [
  output('denoised', '*_denoised.nii.gz', null),
  output('error-map', '*_error-map.nii.gz', null),
  output('model', '*_model.onnx', null),
]);
const map = { label: 'Error', explanation: '' };

describe('the result of a job', () => {
  it('is opened by its image folders, without the report and the model', () => {
    expect(pathsToOpen(request(), dicom, null)).toEqual([['/out/series-001', '/out/series-001-error-map']]);
    const brain = request({ input: '/in/brain.nii.gz' });
    expect(pathsToOpen(brain, nifti, null)).toEqual([
      ['/out/brain_denoised.nii.gz'],
      ['/out/brain_error-map.nii.gz'],
    ]);
  });

  it('is paired with its source by the UIDs of the report, not by what else is open', () => {
    const source = card({ key: 'source' });
    const inputs = [
      input({ series: [source, card({ key: 'else', id: 's2' })] }),
      input({
        id: 'i2',
        paths: ['/out/series-001', '/out/series-001-error-map'],
        series: [
          card({ key: 'map', id: 'x', seriesInstanceUid: 'map', derivedFrom: '1.2.3', map }),
          card({ key: 'after', id: 'y', seriesInstanceUid: 'new', derivedFrom: '1.2.3' }),
        ],
      }),
      input({ id: 'i3', paths: ['/older'], series: [card({ key: 'old', derivedFrom: '1.2.3' })] }),
    ];
    const found = comparisonOf(inputs, request(), dicom);
    expect([found.before?.key, found.after?.key, found.errorMap?.key]).toEqual(['source', 'after', 'map']);
  });

  it('is paired by file names for NIfTI, which has no UIDs', () => {
    const wanted = request({ input: '/in/brain.nii.gz' });
    const one = (key: string, path: string) =>
      input({ id: key, paths: [path], series: [card({ key, id: 'nifti', kind: 'nifti', input: key })] });
    const inputs = [
      one('other', '/in/other.nii.gz'),
      one('source', '/in/brain.nii.gz'),
      one('map', '/out/brain_error-map.nii.gz'),
      one('after', '/out/brain_denoised.nii.gz'),
    ];
    const found = comparisonOf(inputs, wanted, nifti);
    expect([found.before?.key, found.after?.key, found.errorMap?.key]).toEqual(['source', 'after', 'map']);
  });

  it('is found by the place of its source where that lies in a tree', () => {
    const wanted = request({ input: '/in' });
    const made = { ...nifti, id: 'nifti-1a2b' };
    const one = (key: string, path: string, id: string, description: string) =>
      input({
        id: key,
        paths: [path],
        series: [card({ key, id, kind: 'nifti', input: key }, { description })],
      });
    const inputs = [
      one('source', '/in', 'nifti-1a2b', 'old.zip/sub-1/T1.nii.gz'),
      one('after', '/out/old/sub-1/T1_denoised.nii.gz', 'nifti', 'T1_denoised.nii.gz'),
    ];
    const source = sourceOf(inputs, wanted, made);
    expect(source?.key).toBe('source');
    expect(pathsToOpen(wanted, made, source)[0]).toEqual(['/out/old/sub-1/T1_denoised.nii.gz']);
    expect(comparisonOf(inputs, wanted, made).after?.key).toBe('after');
  });

  it('is written again by the model that the run left, with the same seed, for that series alone', () => {
    expect(atStrength(request(), dicom, 0.7, '/out-70', null)).toEqual({
      ...request(),
      output: '/out-70',
      strength: 0.7,
      only: ['s1'],
      model: { kind: 'file', path: '/out/series-001-model/s1.onnx' },
    });
    const classical = seriesOutputs('s1', [output('denoised', 'series-001/00001.dcm', 'new')]);
    expect(atStrength(request(), classical, 0.7, '/o', null).model).toEqual(request().model);
  });

  it('belongs to the series that it was asked for', () => {
    expect(concerns(job(), '/in', 's1')).toBe(true);
    expect(concerns(job({ request: request({ only: ['s2'] }) }), '/in', 's1')).toBe(false);
    expect(concerns(job(), '/elsewhere', 's1')).toBe(false);
    expect(concerns(job({ request: { type: 'inspect', paths: ['/in'] } }), '/in', 's1')).toBe(false);
  });

  it('shows the series asked for, else the first that was done', () => {
    const failed = { ...seriesOutputs('s0', []), status: 'failed' as const };
    expect(seriesOfReport({ series: [failed, dicom] }, 's0')?.id).toBe('s0');
    expect(seriesOfReport({ series: [failed, dicom] }, null)?.id).toBe('s1');
    expect(seriesOfReport({ series: [] }, null)).toBeNull();
  });
});

describe('a series opened by itself', () => {
  const source = card({ key: 'source', seriesInstanceUid: 'a' });
  const after = card({ key: 'after', seriesInstanceUid: 'd', derivedFrom: 'a', input: 'i2' });
  const error = card({ key: 'map', seriesInstanceUid: 'm', derivedFrom: 'a', input: 'i2', map });

  it.each([
    ['its source', source],
    ['its result', after],
    ['its error map', error],
  ])('shows all three when %s is opened', (_, opened) => {
    expect(comparisonFor(opened, [error, after, source])).toEqual({
      source,
      before: source,
      after,
      errorMap: error,
    });
  });

  it('is shown alone where its source is not open, or lies on another grid', () => {
    expect(comparisonFor(after, [after])).toEqual({
      source: null,
      before: after,
      after: null,
      errorMap: null,
    });
    const resampled = { ...source, columns: 128 };
    expect(comparisonFor(after, [after, resampled]).before?.key).toBe('after');
    const moved = { ...source, affine: new Array(16).fill(1) };
    const placed = { ...after, affine: new Array(16).fill(2) };
    expect(comparisonFor(placed, [placed, moved]).before?.key).toBe('after');
  });
});
