import { describe, expect, it } from 'vitest';
import type { LikeFound } from '../../src-main/contract/encoders/retrieval.js';
import { indexRequest, openSeriesOf, placeToOpen } from '../../src-renderer/models/retrieval/retrieval.js';
import { card, input } from './cards.js';

function found(more: Partial<LikeFound> = {}): LikeFound {
  return {
    series: 'a',
    seriesInstanceUid: '1.2.3',
    modality: 'MR',
    slice: 0,
    frame: 0,
    distance: 1,
    forPerson: { place: '/scans/a/1.dcm', description: '' },
    ...more,
  };
}

describe('a series that was found in an index', () => {
  it('is the open one of its UID and its id, for parts of one series have one UID', () => {
    const part = card({ key: 'k1', id: 'b', seriesInstanceUid: '1.2.3' });
    const same = card({ key: 'k2', id: 'a', seriesInstanceUid: '1.2.3' });
    expect(openSeriesOf(found(), [input({ series: [part, same] })])).toBe(same);
    expect(openSeriesOf(found(), [input({ series: [part] })])).toBe(null);
    expect(placeToOpen(found())).toBe('/scans/a');
  });

  it('without a UID is the file that was opened by itself: ids of such files do not tell them apart', () => {
    const file = card({ key: 'k1', id: 'a', kind: 'nifti', seriesInstanceUid: null });
    const one = found({ seriesInstanceUid: null, forPerson: { place: '/scans/a.nii', description: '' } });
    expect(openSeriesOf(one, [input({ series: [file], paths: ['/scans/a.nii'] })])).toBe(file);
    expect(openSeriesOf(one, [input({ series: [file], paths: ['/scans'] })])).toBe(null);
    expect(placeToOpen(one)).toBe('/scans/a.nii');
    expect(placeToOpen(found({ forPerson: { place: '', description: '' } }))).toBe(null);
  });
});

describe('what is added to an index', () => {
  it('is the chosen series of each input, and derived ones only where one was chosen', () => {
    const chosen = [{ path: '/scans', card: card({ key: 'k1', id: 'a' }) }];
    expect(indexRequest('m', '/index', chosen, 'cpu')).toMatchObject({
      inputs: ['/scans'],
      only: ['a'],
      force: false,
    });
    const derived = [{ path: '/scans', card: card({ key: 'k1', id: 'a', derived: true }) }];
    expect(indexRequest('m', '/index', derived, 'cpu').force).toBe(true);
  });
});
