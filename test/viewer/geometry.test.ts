import { describe, expect, it } from 'vitest';
import {
  borderLetters,
  defaultOrientation,
  directionLetters,
  fitScale,
  linkedSlice,
  mirrored,
  nearestSlice,
  rotated,
  STORED,
  sameGrid,
  screenToImage,
  slicePosition,
  voxelToPatient,
} from '../../src-renderer/viewer/image/geometry.js';
import { emptyCard } from './series.js';

/** Axial as DICOM stores it: columns to the left, rows to posterior, slices to the head. */
const AXIAL = [2, 0, 0, -100, 0, 2, 0, -100, 0, 0, 5, -50, 0, 0, 0, 1];
/** Axial as NIfTI stores it: columns to the left, rows to anterior. */
const RAS = [-1, 0, 0, 90, 0, -1, 0, 125, 0, 0, 1, -70, 0, 0, 0, 1];
/** Sagittal: columns to posterior, rows to the feet, slices to the left. */
const SAGITTAL = [0, 0, 3, -60, 1, 0, 0, -120, 0, -1, 0, 120, 0, 0, 0, 1];

function card(affine: number[] | null, slices = 30, kind: 'dicom' | 'nifti' = 'dicom') {
  return { ...emptyCard('c', 100, 80, slices), affine, kind, spacing: [2, 2, 5] as const };
}

describe('orientation', () => {
  it('names the borders of planes as stored', () => {
    expect(borderLetters(card(AXIAL), STORED)).toEqual({ left: 'R', right: 'L', top: 'A', bottom: 'P' });
    expect(borderLetters(card(SAGITTAL), STORED)).toEqual({ left: 'A', right: 'P', top: 'H', bottom: 'F' });
    expect(borderLetters(card(null), STORED)).toEqual({ left: '', right: '', top: '', bottom: '' });
  });

  it('names oblique directions by every axis that they lean to, the strongest first', () => {
    expect(directionLetters([0.8, -0.6, 0])).toBe('LA');
    expect(directionLetters([0, 0.99, -0.134])).toBe('P');
    expect(directionLetters([-0.5, 0.5, -0.7])).toBe('FRP');
    expect(directionLetters([0, 0, 0])).toBe('');
  });

  it('turns letters with the picture', () => {
    const quarter = rotated(STORED);
    // a quarter clockwise: what was on the left goes to the top
    expect(borderLetters(card(AXIAL), quarter)).toEqual({ top: 'R', bottom: 'L', right: 'A', left: 'P' });
    expect(borderLetters(card(AXIAL), mirrored(STORED, 'x'))).toMatchObject({ left: 'L', top: 'A' });
    // flipping left to right is by the screen, also when the plane is turned
    expect(borderLetters(card(AXIAL), mirrored(quarter, 'x'))).toEqual({
      top: 'R',
      bottom: 'L',
      right: 'P',
      left: 'A',
    });
    expect([1, 2, 3, 4].reduce(rotated, STORED)).toEqual(STORED);
  });

  it('undoes a turn: screen to image is the inverse of flip, then clockwise rotation', () => {
    for (const rotation of [0, 90, 180, 270] as const)
      for (const flipX of [false, true]) {
        const o = { rotation, flipX, flipY: !flipX };
        const [x, y] = screenToImage(o, 3, 7);
        const angle = (rotation * Math.PI) / 180;
        const [fx, fy] = [flipX ? -x : x, flipX ? y : -y];
        expect(fx * Math.cos(angle) - fy * Math.sin(angle)).toBeCloseTo(3);
        expect(fx * Math.sin(angle) + fy * Math.cos(angle)).toBeCloseTo(7);
      }
  });

  it('opens DICOM as stored, and NIfTI as a radiologist looks at it', () => {
    expect(defaultOrientation(card(AXIAL))).toEqual(STORED);
    const axial = card(RAS, 30, 'nifti');
    expect(borderLetters(axial, defaultOrientation(axial))).toEqual({
      left: 'R',
      right: 'L',
      top: 'A',
      bottom: 'P',
    });
    // stored on its side: columns to anterior, rows to the head, slices to the right
    const side = card([0, 0, -1, 90, -1, 0, 0, 125, 0, 1, 0, -70, 0, 0, 0, 1], 30, 'nifti');
    expect(borderLetters(side, defaultOrientation(side))).toEqual({
      left: 'A',
      right: 'P',
      top: 'H',
      bottom: 'F',
    });
  });
});

describe('places', () => {
  it('measures along the normal and finds the slice again', () => {
    const series = card(AXIAL);
    expect(slicePosition(series, 0)).toBeCloseTo(-50);
    expect(slicePosition(series, 7)).toBeCloseTo(-15);
    for (const slice of [0, 7, 29]) expect(nearestSlice(series, slicePosition(series, slice))).toBe(slice);
    expect(nearestSlice(series, 1e6)).toBe(29);
    expect(voxelToPatient(series, 10, 20, 3)).toEqual([-80, -60, -35]);
  });

  it('links by position, not by index', () => {
    const series = card(AXIAL);
    const from5 = card([...AXIAL.slice(0, 11), -25, 0, 0, 0, 1], 10);
    expect(linkedSlice(series, 5, from5)).toBe(0);
    expect(linkedSlice(series, 9, from5)).toBe(4);
    expect(linkedSlice(series, 4, from5)).toBeNull();
    expect(linkedSlice(series, 15, from5)).toBeNull();
    const reversed = card([2, 0, 0, -100, 0, 2, 0, -100, 0, 0, -5, 95, 0, 0, 0, 1]);
    expect(linkedSlice(series, 0, reversed)).toBe(29);
    expect(linkedSlice(series, 3, card(SAGITTAL))).toBeNull();
    expect(linkedSlice(card(null), 3, card(null))).toBe(3);
    expect(linkedSlice(card(null), 3, card(null, 12))).toBeNull();
  });

  it('compares pixels only on the same grid', () => {
    const series = card(AXIAL);
    expect(sameGrid(series, card([...AXIAL.slice(0, 11), -25, 0, 0, 0, 1]))).toBe(true);
    expect(sameGrid(series, card([2, 0, 0, -98.5, ...AXIAL.slice(4)]))).toBe(false);
    expect(sameGrid(series, { ...series, rows: 81 })).toBe(false);
  });

  it('fits the whole plane, turned or not', () => {
    // 200 mm x 160 mm
    expect(fitScale(card(AXIAL), 0, { width: 400, height: 400 })).toBeCloseTo(2);
    expect(fitScale(card(AXIAL), 0, { width: 400, height: 160 })).toBeCloseTo(1);
    expect(fitScale(card(AXIAL), 90, { width: 400, height: 160 })).toBeCloseTo(0.8);
  });
});
