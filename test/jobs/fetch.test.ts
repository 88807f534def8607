import * as fs from 'node:fs';
import { createServer } from 'node:http';
import * as path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { FetchRequest } from '../../src-main/contract/requests/network.js';
import { store } from '../../src-main/dicom/net/scu.js';
import { readStorable } from '../../src-main/dicom/net/storable.js';
import { runFetch } from '../../src-main/jobs/fetch.js';
import { makeDicom, tempFolder } from '../dicom/support.js';
import { freePort, startArchive, startOrthanc } from '../support/servers.js';
import { fileLacks, hasTool } from '../support/tools.js';

const DICOM_WEB = '/usr/share/orthanc/plugins/libOrthancDicomWeb.so';
const noDicomWeb = !hasTool('Orthanc') || fileLacks(DICOM_WEB, 'orthanc-dicomweb') !== '';

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

const peer = (port: number) => ({ title: 'ARCHIVE', host: '127.0.0.1', port, tls: null });

/** Three series of two images each, in two studies, put into an archive. */
async function filled(port: number): Promise<Map<string, string>> {
  const folder = tempFolder();
  const files = new Map<string, string>();
  for (const [study, series] of [
    ['1', '11'],
    ['1', '12'],
    ['2', '21'],
  ])
    for (const image of ['1', '2']) {
      const sopInstance = `2.25.${series}${image}`;
      const file = path.join(folder, sopInstance);
      fs.writeFileSync(
        file,
        makeDicom({
          sopInstance,
          study: `2.25.${study}`,
          series: `2.25.${series}`,
          accession: `A${study}`,
          patientId: 'P1',
          seriesDescription: series === '12' ? 'FLAIR axial' : 'T2 axial',
          modality: series === '21' ? 'CT' : 'MR',
          sopClass: series === '21' ? '1.2.840.10008.5.1.4.1.1.2' : '1.2.840.10008.5.1.4.1.1.4',
          rows: 8,
          columns: 8,
        }),
      );
      files.set(sopInstance, file);
    }
  const instances = await Promise.all([...files.values()].map(readStorable));
  await store(peer(port), 'LIMPID', instances, (_, { kind }) => expect(kind).toBe('stored'));
  return files;
}

function request(port: number, change: Partial<FetchRequest>): FetchRequest {
  return {
    type: 'fetch',
    source: peer(port),
    calling: 'LIMPID',
    query: {},
    into: null,
    between: null,
    retries: 0,
    ...change,
  };
}

const fetched = (folder: string) =>
  fs
    .readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.dcm'))
    .map((name) => path.join(folder, name));

type Ask = (change: Partial<FetchRequest>) => FetchRequest;

async function asks(ask: Ask, sources: ReadonlyMap<string, string>): Promise<void> {
  const list = await runFetch(ask({ query: { accession: 'A1' } }), () => undefined);
  expect(list).toMatchObject({ exitCode: 0, fetched: 0 });
  expect(list.series.map((one) => one.seriesInstanceUid).sort()).toEqual(['2.25.11', '2.25.12']);
  const nothing = await runFetch(ask({ query: { accession: 'A9' } }), () => undefined);
  expect(nothing).toMatchObject({ exitCode: 1, series: [] });

  const into = path.join(tempFolder(), 'scans');
  const flair = await runFetch(ask({ query: { series: '2.25.12' }, into }), () => undefined);
  expect(flair).toMatchObject({ exitCode: 0, fetched: 2, kept: 0, failed: 0, problems: [] });
  const all = await runFetch(ask({ query: { patientId: 'P1' }, into }), () => undefined);
  expect(all).toMatchObject({ exitCode: 0, fetched: 4, kept: 2, failed: 0, problems: [] });
  expect(all.series).toHaveLength(3);
  const files = fetched(into);
  expect(files).toHaveLength(6);
  for (const file of files) {
    const { sopInstance, dataStart } = await readStorable(file);
    const source = sources.get(sopInstance) ?? '';
    const pixels = (of: string, start: number) => fs.readFileSync(of).subarray(start).subarray(-128);
    expect(pixels(file, dataStart).equals(pixels(source, 0))).toBe(true);
  }
}

/** A DICOMweb service that gives what is said to each search; a request to it. */
async function service(answersTo: (asked: string) => readonly unknown[]): Promise<FetchRequest> {
  const server = createServer((asked, answer) => {
    answer.writeHead(200, { 'content-type': 'application/dicom+json' });
    answer.end(JSON.stringify(answersTo(asked.url ?? '')));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(async () => void server.close());
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const source = { url: `http://127.0.0.1:${port}`, tokenFile: null };
  return request(1, { source, query: { accession: 'A' } });
}

describe('fetch', () => {
  it('asks for nothing where nothing is said', async () => {
    await expect(runFetch(request(1, {}), () => undefined)).rejects.toMatchObject({ code: 'E_USAGE' });
  });

  it('tells where no archive is', async () => {
    const port = await freePort();
    await expect(
      runFetch(request(port, { query: { accession: 'A1' } }), () => undefined),
    ).rejects.toMatchObject({ code: 'E_NETWORK' });
  });

  it.skipIf(!hasTool('dcmqrscp'))("finds and takes series of dcmtk's archive, once", async () => {
    const archive = await startArchive(tempFolder(), 'ARCHIVE', {});
    closers.push(archive.close);
    await asks((change) => request(archive.port, change), await filled(archive.port));
    // This archive matches no descriptions and answers with every series: none is taken for what was asked for.
    await expect(
      runFetch(request(archive.port, { query: { seriesDescription: 'FLAIR*' } }), () => undefined),
    ).rejects.toMatchObject({ code: 'E_NETWORK' });
  });

  it.skipIf(!hasTool('Orthanc'))('finds and takes series of Orthanc, once', async () => {
    const orthanc = await startOrthanc(tempFolder(), {
      title: 'ARCHIVE',
      more: { DicomAlwaysAllowFind: true, DicomAlwaysAllowGet: true },
    });
    closers.push(orthanc.close);
    await asks((change) => request(orthanc.port, change), await filled(orthanc.port));
    const flair = await runFetch(
      request(orthanc.port, { query: { seriesDescription: 'FLAIR*' } }),
      () => undefined,
    );
    expect(flair.series.map((one) => one.seriesInstanceUid)).toEqual(['2.25.12']);
  });

  it.skipIf(noDicomWeb)('finds and takes series by DICOMweb, once', async () => {
    const orthanc = await startOrthanc(tempFolder(), {
      title: 'ARCHIVE',
      more: { Plugins: [DICOM_WEB], DicomWeb: { Enable: true, Root: '/dicom-web/' } },
    });
    closers.push(orthanc.close);
    const sources = await filled(orthanc.port);
    const source = { url: `${orthanc.http}/dicom-web/`, tokenFile: null };
    const ask: Ask = (change) => request(1, { source, ...change });
    await asks(ask, sources);
    const flair = await runFetch(ask({ query: { seriesDescription: 'FLAIR*' } }), () => undefined);
    expect(flair.series.map((one) => one.seriesInstanceUid)).toEqual(['2.25.12']);
    const ct = await runFetch(ask({ query: { modality: 'CT' } }), () => undefined);
    expect(ct.series.map((one) => one.seriesInstanceUid)).toEqual(['2.25.21']);
    expect(ct.series[0]).toMatchObject({ instances: 2 });
  });

  it('finds all that matches at a service that answers with less at a time than was asked for', async () => {
    const most = 3;
    const answers = Array.from({ length: 7 }, (_, i) => ({
      '0020000D': { Value: ['2.25.3'] },
      '0020000E': { Value: [`2.25.4.${i + 1}`] },
      '00080050': { Value: ['A'] },
    }));
    const studies = Array.from({ length: 4 }, (_, i) => ({
      '0020000D': { Value: [`2.25.${i}`] },
      '00080050': { Value: ['A'] },
    }));
    const paged = await service((asked) => {
      const { pathname, searchParams } = new URL(asked, 'http://localhost');
      const all = pathname.endsWith('/series') ? (pathname.includes('2.25.3/') ? answers : []) : studies;
      const offset = Number(searchParams.get('offset'));
      return all.slice(offset, offset + most);
    });
    const { series } = await runFetch(paged, () => undefined);
    expect(series.map(({ seriesInstanceUid }) => seriesInstanceUid)).toEqual(
      answers.map((one) => one['0020000E'].Value[0]),
    );
    // One that knows no pages gives the same for ever.
    const same = await service((asked) => (asked.includes('/series') ? answers : studies.slice(3)));
    expect((await runFetch(same, () => undefined)).series).toHaveLength(7);
  });

  it('sends the token of a DICOMweb service to it alone, and takes nothing half', async () => {
    const heard: (string | undefined)[] = [];
    const whole = makeDicom({
      sopInstance: '2.25.5',
      series: '2.25.4',
      study: '2.25.3',
      rows: 8,
      columns: 8,
    });
    const server = createServer((asked, answer) => {
      heard.push(asked.headers.authorization);
      const at = asked.url ?? '';
      if (at.startsWith('/away/')) {
        answer.writeHead(302, { location: '/dicom/studies' }).end();
        return;
      }
      if (!at.includes('?')) {
        // It ends within the second instance.
        answer.writeHead(200, { 'content-type': 'multipart/related; type="application/dicom"; boundary=b' });
        answer.write(Buffer.concat([Buffer.from('--b\r\n\r\n'), whole, Buffer.from('\r\n--b\r\n\r\nDICM')]));
        answer.end();
        return;
      }
      const one = {
        '0020000D': { Value: ['2.25.3'] },
        '0020000E': { Value: ['2.25.4'] },
        '00080050': { Value: ['A'] },
      };
      answer.writeHead(200, { 'content-type': 'application/dicom+json' });
      answer.end(JSON.stringify([one, { '0020000D': { Value: ['../../etc'] } }]));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closers.push(async () => void server.close());
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const tokenFile = path.join(tempFolder(), 'token.txt');
    fs.writeFileSync(tokenFile, 'secret\n');
    const into = path.join(tempFolder(), 'scans');
    const asked = (url: string) =>
      runFetch(request(1, { source: { url, tokenFile }, query: { accession: 'A' }, into }), () => undefined);
    const found = await asked(`http://127.0.0.1:${port}/dicom`);
    expect(found).toMatchObject({ exitCode: 1, fetched: 1, problems: [{ code: 'E_NETWORK' }] });
    expect(fetched(into).map((file) => path.basename(file))).toEqual(['2.25.5.dcm']);
    expect(new Set(heard)).toEqual(new Set(['Bearer secret']));
    heard.length = 0;
    await expect(asked(`http://127.0.0.1:${port}/away`)).rejects.toMatchObject({ code: 'E_NETWORK' });
    expect(heard).toHaveLength(1);
  });
});
