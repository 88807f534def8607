import { expect, it } from 'vitest';
import { withConstantPlanes, zeroOnConstantPlanes } from '../../src-main/imaging/constant.js';
import { volumeOf } from './support.js';

it('a plane of one value comes back as it was, and no other', () => {
  const source = volumeOf(Float32Array.from([5, 5, 5, 5, 1, 2, 3, 4, 0, 0, 0, 0]), [2, 2, 3]);
  const processed = volumeOf(Float32Array.from([5, 6, 5, 4, 2, 2, 3, 3, 1, 0, 0, 2]), [2, 2, 3]);
  expect([...withConstantPlanes(source, processed).data]).toEqual([5, 5, 5, 5, 2, 2, 3, 3, 0, 0, 0, 0]);
  expect([...processed.data.subarray(0, 2)]).toEqual([5, 6]);
});

it('padding says nothing of a plane', () => {
  const source = {
    ...volumeOf(Float32Array.from([9, 5, 5, 5]), [2, 2, 1]),
    measured: Uint8Array.of(0, 1, 1, 1),
  };
  const processed = volumeOf(Float32Array.from([8, 6, 5, 4]), [2, 2, 1]);
  expect([...withConstantPlanes(source, processed).data]).toEqual([9, 5, 5, 5]);
});

it('nothing is copied where no plane is constant', () => {
  const source = volumeOf(Float32Array.from([1, 2, 3, 4]), [2, 2, 1]);
  const processed = volumeOf(Float32Array.from([2, 2, 3, 3]), [2, 2, 1]);
  expect(withConstantPlanes(source, processed)).toBe(processed);
});

it('a map of the error is 0 on a plane of one value, and as it was on others', () => {
  const source = volumeOf(Float32Array.from([5, 5, 5, 5, 1, 2, 3, 4]), [2, 2, 2]);
  const map = Float32Array.of(0.2, 0, 1, 0.1, 1, 2, 0, 3);
  expect([...zeroOnConstantPlanes(source, map)]).toEqual([0, 0, 0, 0, 1, 2, 0, 3]);
  expect(map[0]).toBeCloseTo(0.2);
});
