import { describe, expect, it } from 'vitest';
import {
  baseName,
  inputsOfFiles,
  joinPath,
  niftiStem,
  outputName,
  outputParent,
  parentOf,
} from '../../src-renderer/state/paths.js';

describe('paths of either system', () => {
  it.each([
    ['/a/b/c', '/a/b', 'c'],
    ['/a/b/c/', '/a/b', 'c'],
    ['/a', '/', 'a'],
    ['C:\\a\\b', 'C:\\a', 'b'],
    ['C:\\a', 'C:\\', 'a'],
    ['\\\\server\\share\\a', '\\\\server\\share', 'a'],
    ['/with\\backslash/x', '/with\\backslash', 'x'],
  ])('%s', (path, parent, name) => {
    expect([parentOf(path), baseName(path)]).toEqual([parent, name]);
  });

  it('joins with the separator of the folder', () => {
    expect(joinPath('/a', 'b')).toBe('/a/b');
    expect(joinPath('/', 'b')).toBe('/b');
    expect(joinPath('C:\\', 'b')).toBe('C:\\b');
    expect(joinPath('C:\\a', 'b')).toBe('C:\\a\\b');
  });

  it('knows the endings of NIfTI files', () => {
    expect(niftiStem('/a/brain.nii.gz')).toBe('brain');
    expect(niftiStem('/a/brain.v2.nii')).toBe('brain.v2');
    expect(niftiStem('/a/folder')).toBe('folder');
  });
});

describe('where outputs go', () => {
  it('never inside the input, which for a DICOMDIR is its folder', () => {
    expect(outputParent('/scans/knee', null)).toBe('/scans');
    expect(outputParent('/scans/cd/DICOMDIR', null)).toBe('/scans');
    expect(outputParent('/scans/knee', '/results')).toBe('/results');
  });

  it('under a name that is free, whatever its case', () => {
    expect(outputName('/scans/knee', 'denoised', [])).toBe('knee-denoised');
    expect(outputName('/scans/knee', 'denoised', ['Knee-Denoised', 'knee-denoised-2'])).toBe(
      'knee-denoised-3',
    );
    expect(outputName('/scans/brain.nii.gz', 'denoised', [])).toBe('brain-denoised');
    expect(outputName('/scans/cd/DICOMDIR', 'denoised', [])).toBe('cd-denoised');
    expect(outputName('/scans/archive.zip', 'denoised', [])).toBe('archive-denoised');
    expect(outputName('/', 'denoised', [])).toBe('limpid-denoised');
  });
});

describe('what a choice of files means', () => {
  it('several slices of a folder are that folder, one stays itself', () => {
    expect(inputsOfFiles(['/a/1.dcm', '/a/2.dcm', '/b/1.dcm'])).toEqual(['/a', '/b/1.dcm']);
  });

  it('archives, NIfTI files and DICOMDIRs are inputs of their own', () => {
    const files = ['/a/x.nii.gz', '/a/y.nii', '/a/z.zip', '/a/DICOMDIR'];
    expect(inputsOfFiles(files)).toEqual(files);
  });
});
