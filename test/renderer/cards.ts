import type { OutputReport } from '../../src-main/contract/report.js';
import type { DenoiseRequest } from '../../src-main/contract/requests/requests.js';
import type { JobRecord } from '../../src-main/contract/window/app.js';
import type { OpenInput, SeriesCard } from '../../src-main/contract/window/opened.js';
import { defaultChoices, requestOf } from '../../src-renderer/state/denoise-choices.js';
import type { SeriesOutputs } from '../../src-renderer/state/results.js';

/** Values of the contract, complete, with what a test cares about put on top. */

export function card(
  more: Partial<SeriesCard> = {},
  person: Partial<SeriesCard['forPerson']> = {},
): SeriesCard {
  return {
    key: 'k1',
    input: 'i1',
    id: 's1',
    kind: 'dicom',
    modality: 'MR',
    seriesNumber: 1,
    studyInstanceUid: '1.2',
    seriesInstanceUid: '1.2.3',
    derivedFrom: null,
    instances: 20,
    columns: 256,
    rows: 256,
    slices: 20,
    frames: 1,
    spacing: [1, 1, 5],
    calibration: 'patient',
    affine: null,
    units: 'a.u.',
    windows: [],
    inverted: false,
    viewable: true,
    eligible: true,
    why: null,
    warnings: [],
    ...more,
    forPerson: { patient: 'A^B', study: 'Head', studyDate: '20200102', description: 'T1', ...person },
  };
}

export function input(more: Partial<OpenInput> = {}): OpenInput {
  return {
    id: 'i1',
    paths: ['/in'],
    state: 'ready',
    filesSeen: 20,
    series: [],
    problems: [],
    refused: 0,
    others: 0,
    problem: null,
    ...more,
  };
}

export function request(more: Partial<DenoiseRequest> = {}): DenoiseRequest {
  const asked = requestOf(defaultChoices('cpu'), '/in', '/out', null);
  if (asked === null) throw new Error('The form is not complete.');
  return { ...asked, ...more };
}

export function job(more: Partial<JobRecord> = {}): JobRecord {
  return {
    id: 'j1',
    request: request(),
    state: 'done',
    createdAt: '2026-01-01T00:00:00.000Z',
    progress: null,
    result: null,
    ...more,
  };
}

export function output(role: OutputReport['role'], path: string, uid: string | null): OutputReport {
  return { role, path, bytes: 1, sha256: '', seriesInstanceUid: uid, sopInstanceUid: null };
}

export function seriesOutputs(id: string, outputs: readonly OutputReport[]): SeriesOutputs {
  return { id, status: 'done', outputs };
}
