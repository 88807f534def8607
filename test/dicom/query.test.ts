import * as fs from 'node:fs';
import * as path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { newUid } from '../../src-main/dicom/elements/uid.js';
import { type CommitmentReport, requestCommitment } from '../../src-main/dicom/net/commitment.js';
import { find, get, type Key, move, type Query, type Retrieved } from '../../src-main/dicom/net/query.js';
import { type Received, startStorage } from '../../src-main/dicom/net/scp.js';
import { store } from '../../src-main/dicom/net/scu.js';
import { readStorable } from '../../src-main/dicom/net/storable.js';
import { freePort, startArchive, startOrthanc } from '../support/servers.js';
import { hasTool } from '../support/tools.js';
import { makeDicom, tempFolder } from './support.js';

const noArchive = !hasTool('dcmqrscp');
const noOrthanc = !hasTool('Orthanc');
const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

const MR = '1.2.840.10008.5.1.4.1.1.4';
const EXPLICIT = '1.2.840.10008.1.2.1';
const peer = (port: number, title = 'ARCHIVE') => ({ title, host: '127.0.0.1', port, tls: null });
const key = (tag: number, vr: Key['vr'], value = ''): Key => ({ tag, vr, value });

/** Two studies, of two images and of one, in files. */
function studies() {
  const folder = tempFolder();
  const made = [
    { study: '2.25.1', series: '2.25.11', instance: '2.25.111', accession: 'A1' },
    { study: '2.25.1', series: '2.25.11', instance: '2.25.112', accession: 'A1' },
    { study: '2.25.2', series: '2.25.21', instance: '2.25.211', accession: 'A2' },
  ];
  return made.map(({ study, series, instance, accession }) => {
    const file = path.join(folder, instance);
    fs.writeFileSync(
      file,
      makeDicom({
        sopInstance: instance,
        series,
        study,
        accession,
        patientId: 'P1',
        rows: 8,
        columns: 8,
      }),
    );
    return file;
  });
}

async function filled(port: number): Promise<void> {
  const instances = await Promise.all(studies().map(readStorable));
  const failed: string[] = [];
  await store(peer(port), 'LIMPID', instances, ({ sopInstance }, { kind }) => {
    if (kind !== 'stored') failed.push(sopInstance);
  });
  expect(failed).toEqual([]);
}

async function ownNode(port: number, committed?: (report: CommitmentReport) => void) {
  const received: Received[] = [];
  const node = await startStorage(
    {
      title: 'LIMPID',
      host: '127.0.0.1',
      port,
      folder: tempFolder(),
      callers: null,
      mostAssociations: 10,
      mostBytes: 1 << 24,
      silenceMs: 60_000,
    },
    { received: (one) => received.push(one), ...(committed === undefined ? {} : { committed }) },
  );
  closers.push(node.close);
  return received;
}

async function all(port: number, query: Query, tag: string): Promise<(string | undefined)[]> {
  const found: (string | undefined)[] = [];
  for await (const answer of find(peer(port), 'LIMPID', query)) found.push(answer.text(tag));
  return found.sort();
}

const STUDY = 0x0020000d;
const ACCESSION = 0x00080050;
const byAccession = (value: string): Query => ({
  level: 'STUDY',
  keys: [key(ACCESSION, 'SH', value), key(STUDY, 'UI')],
});
const ofStudy = (uid: string): Query => ({ level: 'STUDY', keys: [key(STUDY, 'UI', uid)] });

/** The same questions to every archive. */
async function asks(port: number, received: readonly Received[]): Promise<void> {
  expect(await all(port, byAccession('A1'), 'x0020000d')).toEqual(['2.25.1']);
  expect(await all(port, byAccession(''), 'x0020000d')).toEqual(['2.25.1', '2.25.2']);
  expect(await all(port, byAccession('A9'), 'x0020000d')).toEqual([]);

  const states: Retrieved[] = [];
  const moved = await move(peer(port), 'LIMPID', ofStudy('2.25.1'), 'LIMPID', (state) => states.push(state));
  expect(moved).toMatchObject({ completed: 2, failed: 0 });
  expect(received.map(({ sopInstance }) => sopInstance).sort()).toEqual(['2.25.111', '2.25.112']);
  expect(states.length).toBeGreaterThan(0);
}

async function takes(port: number): Promise<void> {
  const files: string[] = [];
  const got = await get(
    peer(port),
    'LIMPID',
    ofStudy('2.25.1'),
    { folder: tempFolder(), mostBytes: 1 << 24, wanted: [{ sopClass: MR, transferSyntaxes: [EXPLICIT] }] },
    (file) => files.push(file),
  );
  expect(got).toMatchObject({ completed: 2, failed: 0 });
  expect(files.map((file) => path.basename(file)).sort()).toEqual(['2.25.111.dcm', '2.25.112.dcm']);
  for (const file of files) expect((await readStorable(file)).sopClass).toBe(MR);
}

describe.skipIf(noArchive)("dcmtk's archive", () => {
  it('is asked, sends what matches to a node, and over the same association', async () => {
    const own = await freePort();
    const archive = await startArchive(tempFolder(), 'ARCHIVE', { LIMPID: own });
    closers.push(archive.close);
    await filled(archive.port);
    await asks(archive.port, await ownNode(own));
    await takes(archive.port);
  });

  it('is told to end a query by whoever stops listening', async () => {
    const archive = await startArchive(tempFolder(), 'ARCHIVE', {});
    closers.push(archive.close);
    await filled(archive.port);
    for await (const first of find(peer(archive.port), 'LIMPID', byAccession(''))) {
      expect(first.text('x0020000d')).toMatch(/^2\.25\.[12]$/);
      break;
    }
    expect(await all(archive.port, byAccession('A2'), 'x0020000d')).toEqual(['2.25.2']);
  });

  it('refuses a target that it does not know, and that is told', async () => {
    const archive = await startArchive(tempFolder(), 'ARCHIVE', {});
    closers.push(archive.close);
    await filled(archive.port);
    await expect(
      move(peer(archive.port), 'LIMPID', ofStudy('2.25.1'), 'NOBODY', () => undefined),
    ).rejects.toMatchObject({ code: 'E_NETWORK' });
  });
});

describe.skipIf(noOrthanc)('Orthanc', () => {
  it('is asked, sends what matches, and binds itself to keep what it has', async () => {
    const own = await freePort();
    const orthanc = await startOrthanc(tempFolder(), {
      title: 'ARCHIVE',
      peers: { LIMPID: own },
      more: { DicomAlwaysAllowFind: true, DicomAlwaysAllowMove: true, DicomAlwaysAllowGet: true },
    });
    closers.push(orthanc.close);
    await filled(orthanc.port);
    const reports: CommitmentReport[] = [];
    const received = await ownNode(own, (report) => reports.push(report));
    await asks(orthanc.port, received);
    await takes(orthanc.port);

    const transaction = newUid();
    const at = await requestCommitment(
      peer(orthanc.port),
      'LIMPID',
      {
        transaction,
        references: [
          { sopClass: MR, sopInstance: '2.25.111' },
          { sopClass: MR, sopInstance: '2.25.999' },
        ],
      },
      0,
    );
    expect(at).toBeNull();
    await expect
      .poll(() => reports)
      .toEqual([{ transaction, committed: ['2.25.111'], failed: ['2.25.999'] }]);
  });
});
