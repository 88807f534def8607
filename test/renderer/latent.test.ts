import { describe, expect, it } from 'vitest';
import type { LatentMap, LatentPoint } from '../../src-main/contract/encoders/latent.js';
import {
  cardsOf,
  isLatentMap,
  latentRequest,
  markOf,
  nearestTo,
  planeOf,
  readNpy,
  rowOf,
  sheetOf,
  tileOf,
} from '../../src-renderer/models/latent/latent.js';
import {
  moved,
  placed,
  pointAt,
  showing,
  stepTo,
  wholeOf,
  zoomed,
} from '../../src-renderer/models/latent/map-layout.js';
import { press, stampOf } from '../../src-renderer/models/latent/stamps.js';
import { card, input } from './cards.js';

function point(series: number, slice: number, more: Partial<LatentPoint> = {}): LatentPoint {
  return { series, slice, frame: 0, cluster: 0, pca: [series, slice], umap: null, ...more };
}

const series = (id: string, slices: number) => ({ id, modality: 'MR', slices, frames: 1 });

function latentMap(more: Partial<LatentMap> = {}): LatentMap {
  return {
    format: 'limpid-latent-1',
    notice: '',
    version: '0.1.0',
    seed: 1,
    model: { family: 'plain', sha256: '' },
    vectors: { length: 2, kind: 'plane' },
    series: [series('a', 3), series('b', 2)],
    points: [point(0, 0), point(0, 1), point(0, 2), point(1, 0), point(1, 1)],
    explained: [0.6, 0.2],
    clusters: [],
    silhouette: null,
    queries: [],
    ...more,
  };
}

/** As NumPy writes [count, length] of float32. */
function npy(rows: readonly (readonly number[])[], change = (header: string) => header): ArrayBuffer {
  const shape = `(${rows.length}, ${rows[0].length})`;
  const header = change(`{'descr': '<f4', 'fortran_order': False, 'shape': ${shape}, }`.padEnd(117)).concat(
    '\n',
  );
  const bytes = Buffer.alloc(10 + header.length + 4 * rows.flat().length);
  bytes.write('\x93NUMPY\x01\x00', 'latin1');
  bytes.writeUInt16LE(header.length, 8);
  bytes.write(header, 10, 'latin1');
  rows.flat().forEach((value, i) => {
    bytes.writeFloatLE(value, 10 + header.length + 4 * i);
  });
  return Uint8Array.from(bytes).buffer;
}

describe('a latent map', () => {
  it('is asked for with one input a series, derived ones only where one was chosen', () => {
    const rest = { output: '/out', clusters: null, seed: 1, device: 'cpu' } as const;
    const chosen = [
      { path: '/in', card: card({ id: 's1' }) },
      { path: '/in', card: card({ id: 's2' }) },
    ];
    expect(latentRequest('m', chosen, rest)).toMatchObject({
      inputs: ['/in', '/in'],
      only: ['s1', 's2'],
      force: false,
    });
    const derived = { path: '/d', card: card({ derivedFrom: '1.2.3' }) };
    expect(latentRequest('m', [derived], rest).force).toBe(true);
  });

  it('knows its series among what is open, NIfTI files by their place, and which are not open', () => {
    const map = latentMap({ series: [series('a', 3), series('nifti', 2), series('nifti', 2)] });
    const request = { inputs: ['/in', '/in', '/x.nii', '/y.nii'], only: ['left out', 'a', 'nifti', 'nifti'] };
    const a = card({ key: 'ka', id: 'a' });
    const y = card({ key: 'ky', id: 'nifti', kind: 'nifti' });
    const open = [
      input({ id: 'i1', paths: ['/in'], series: [card({ id: 'other' }), a] }),
      input({ id: 'i2', paths: ['/y.nii'], series: [y] }),
    ];
    expect(cardsOf(map, request, open)).toEqual([a, null, y]);
    expect(cardsOf(latentMap(), { inputs: ['/in'] }, open)).toEqual([a, null]);
  });

  it('is read only in the version that this window can draw', () => {
    expect(isLatentMap(latentMap())).toBe(true);
    for (const other of [
      null,
      {},
      { ...latentMap(), format: 'limpid-latent-2' },
      { ...latentMap(), points: 1 },
    ])
      expect(isLatentMap(other)).toBe(false);
  });

  const box = { left: 100, top: 10, width: 200, height: 100 };

  it('lies within its box, upwards, and one point or equal values lie in the middle', () => {
    const { places, x } = placed(latentMap().points, 'pca', box);
    for (const place of places) {
      expect(place?.x).toBeGreaterThan(100);
      expect(place?.x).toBeLessThan(300);
      expect(place?.y).toBeGreaterThan(10);
      expect(place?.y).toBeLessThan(110);
    }
    expect(places[2]?.y).toBeLessThan(places[0]?.y ?? 0);
    expect(x.low).toBeLessThan(0);
    expect(placed([point(0, 0)], 'pca', box).places).toEqual([{ x: 200, y: 60 }]);
    expect(placed([point(0, 0)], 'umap', box).places).toEqual([null]);
  });

  it('finds the point under the pointer, the nearer of two, and none out of reach', () => {
    const places = [{ x: 10, y: 10 }, null, { x: 14, y: 10 }];
    expect(pointAt(places, { x: 13, y: 10 }, 12)).toBe(2);
    expect(pointAt(places, { x: 11, y: 10 }, 12)).toBe(0);
    expect(pointAt(places, { x: 100, y: 10 }, 12)).toBeNull();
  });

  it('zooms around what lies under the pointer, and never out of the map', () => {
    const points = [point(0, 0), point(4, 8)];
    const whole = wholeOf(points, 'pca');
    const at = { x: box.left + box.width / 4, y: box.top + box.height / 4 };
    const near = zoomed(whole, whole, box, at, 0.5);
    const valueAt = ({ low, high }: { low: number; high: number }, share: number) =>
      low + share * (high - low);
    expect(near.x.high - near.x.low).toBeCloseTo((whole.x.high - whole.x.low) / 2);
    expect(valueAt(near.x, 0.25)).toBeCloseTo(valueAt(whole.x, 0.25));
    expect(valueAt(near.y, 0.75)).toBeCloseTo(valueAt(whole.y, 0.75));
    expect(zoomed(near, whole, box, at, 4)).toEqual(whole);
    const closest = zoomed(near, whole, box, at, 1e-6);
    expect(closest.x.high - closest.x.low).toBeCloseTo((whole.x.high - whole.x.low) / 50);
  });

  it('moves with the hand, stops at the edge of the map, and goes to a point that is chosen', () => {
    const points = [point(0, 0), point(4, 8)];
    const whole = wholeOf(points, 'pca');
    const middle = { x: box.left + box.width / 2, y: box.top + box.height / 2 };
    const near = zoomed(whole, whole, box, middle, 0.25);
    const right = moved(near, whole, box, { x: -box.width / 10, y: 0 });
    expect(right.x.low - near.x.low).toBeCloseTo((near.x.high - near.x.low) / 10);
    expect(right.y).toEqual(near.y);
    expect(moved(near, whole, box, { x: -1e6, y: 1e6 }).x.high).toBeCloseTo(whole.x.high);
    expect(moved(near, whole, box, { x: -1e6, y: 1e6 }).y.high).toBeCloseTo(whole.y.high);
    // Neither point is in the middle of the map; each is seen when it is gone to.
    expect(placed(points, 'pca', box, near).places).toEqual([null, null]);
    expect(placed(points, 'pca', box, showing(near, whole, points[1].pca)).places[1]).not.toBeNull();
    expect(showing(near, whole, null)).toEqual(near);
  });

  it('is walked by keys: slice by slice, and to the same or the last slice of another series', () => {
    const { points } = latentMap();
    const walk = (from: number | null, ...keys: string[]) =>
      keys.reduce<number | null>((at, key) => stepTo(points, at, key) ?? at, from);
    expect(walk(null, 'ArrowRight', 'ArrowRight')).toBe(1);
    expect(walk(2, 'ArrowDown')).toBe(4);
    expect(walk(1, 'ArrowDown')).toBe(4);
    expect(walk(4, 'ArrowDown', 'ArrowUp')).toBe(1);
    expect(walk(0, 'ArrowLeft', 'End', 'ArrowRight')).toBe(4);
    expect(stepTo(points, 0, 'a')).toBeNull();
    expect(stepTo([], null, 'Home')).toBeNull();
  });

  it('counts planes frame by frame, as resources do', () => {
    expect(planeOf({ slice: 2, frame: 3 }, 10)).toBe(32);
  });
});

describe('the vectors of a map', () => {
  it('are read as NumPy wrote them, and anything else is refused', () => {
    const rows = [
      [1, 2],
      [3, -0.5],
      [0, 0],
    ];
    const read = readNpy(npy(rows));
    expect(read).toMatchObject({ count: 3, length: 2 });
    expect([...(read?.data ?? [])]).toEqual(rows.flat());
    expect(readNpy(npy(rows, (header) => header.replace('<f4', '<f8')))).toBeNull();
    expect(readNpy(npy(rows, (header) => header.replace('(3, 2)', '(4, 2)')))).toBeNull();
    expect(readNpy(npy(rows, (header) => header.replace('False', 'True ')))).toBeNull();
    expect(readNpy(new ArrayBuffer(4))).toBeNull();
  });

  it('tell the nearest slices, not the slice itself, and only those that are allowed', () => {
    const vectors = readNpy(
      npy([
        [0, 0],
        [3, 4],
        [1, 0],
        [0, 1],
      ]),
    );
    if (vectors === null) throw new Error('The vectors cannot be read.');
    expect(nearestTo(vectors, 0, 2)).toEqual([
      { point: 2, distance: 1 },
      { point: 3, distance: 1 },
    ]);
    expect(nearestTo(vectors, 0, 9, (other) => other === 1)).toEqual([{ point: 1, distance: 5 }]);
  });
});

describe('marks', () => {
  it('differ in shape and colour together for 64 series', () => {
    const marks = Array.from({ length: 64 }, (_, i) => JSON.stringify(markOf(i)));
    expect(new Set(marks).size).toBe(64);
    const shapes = Array.from({ length: 8 }, (_, i) => markOf(i).path);
    expect(new Set(shapes).size).toBe(8);
  });
});

describe('points of a map', () => {
  const RED = [200, 0, 0, 255];
  const number = (...rgba: readonly number[]) => new Uint32Array(Uint8Array.from(rgba).buffer)[0];

  it('are copied over the ground where their mark covers it, edges mixed with the ground', () => {
    const mark = Uint8ClampedArray.from([...RED, 200, 0, 0, 51, 200, 0, 0, 204, 0, 0, 0, 0]);
    const stamp = stampOf(mark, [10, 10, 10]);
    expect(stamp.size).toBe(2);
    expect([...stamp.pixels]).toEqual([number(...RED), 0, number(162, 2, 2, 255), 0]);
    const ground = { width: 4, height: 3, pixels: new Uint32Array(12) };
    press(ground, { left: 0, top: 0, right: 4, bottom: 3 }, stamp, 2, 1);
    expect([...ground.pixels].map((value) => value !== 0)).toEqual(
      [0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0].map((one) => one === 1),
    );
  });

  it('end at the edge of the map and of the picture', () => {
    const whole = stampOf(Uint8ClampedArray.from(Array.from({ length: 16 }, () => RED).flat()), [0, 0, 0]);
    const count = (x: number, y: number) => {
      const ground = { width: 6, height: 6, pixels: new Uint32Array(36) };
      press(ground, { left: 1, top: 1, right: 5, bottom: 9 }, whole, x, y);
      return ground.pixels.filter((value) => value !== 0).length;
    };
    expect([count(3, 3), count(1, 3), count(5, 3), count(3, 6), count(-9, 3)]).toEqual([16, 8, 8, 8, 0]);
  });
});

describe('the sheet of a traversal', () => {
  const sheet = {
    slice: { series: 0, slice: 1, frame: 0 },
    side: 10,
    gap: 2,
    steps: [-1, 0, 1],
    axes: [
      { axis: 3, deviation: 2 },
      { axis: 0, deviation: 1 },
    ],
  };

  it('has a row an axis and a column a step, with gaps around each picture', () => {
    expect(sheetOf(sheet)).toEqual({ left: 0, top: 0, width: 38, height: 26 });
    expect(tileOf(sheet, 0, 0)).toEqual({ left: 2, top: 2, width: 10, height: 10 });
    expect(tileOf(sheet, 1, 2)).toEqual({ left: 26, top: 14, width: 10, height: 10 });
    expect(rowOf(sheet, 1)).toEqual({ left: 0, top: 12, width: 38, height: 14 });
  });
});
