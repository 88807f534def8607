import { createServer, type RequestListener } from 'node:http';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { stow, type WebPeer } from '../../../src-main/dicom/net/dicomweb.js';

const MIB = 2 ** 20;
const INSTANCE = {
  path: '',
  sopClass: '1.2.840.10008.5.1.4.1.1.4',
  sopInstance: '2.25.1',
  transferSyntax: '1.2.840.10008.1.2.1',
  dataStart: 0,
  size: 0,
};

const closers: (() => void)[] = [];
beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => {
  vi.useRealTimers();
  for (const close of closers.splice(0)) close();
});

async function service(serve: RequestListener): Promise<WebPeer> {
  const server = createServer(serve);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return { url: `http://127.0.0.1:${port}`, token: null };
}

describe('storing by DICOMweb', () => {
  it('takes as long as the connection does, whole, and says how long the body is', async () => {
    const bytes = Buffer.alloc(64 * MIB, 'limpid');
    const chunks: Buffer[] = [];
    let told: string | undefined;
    const peer = await service((request, response) => {
      told = request.headers['content-length'];
      request.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        // Four minutes in all, of which what lies in the buffers of the connection is a small part.
        vi.advanceTimersByTime((240_000 * chunk.length) / bytes.length);
      });
      request.on('end', () => response.end('{}'));
    });
    const done = vi.fn();
    await stow(peer, [INSTANCE], async () => bytes, done);
    expect(done.mock.calls).toEqual([[INSTANCE, null]]);
    const body = Buffer.concat(chunks);
    expect(told).toBe(String(body.length));
    const start = body.indexOf('\r\n\r\n') + 4;
    expect(body.subarray(start, start + bytes.length).equals(bytes)).toBe(true);
    expect(body.subarray(start + bytes.length).toString('latin1')).toMatch(
      /^\r\n--limpid-[0-9a-f]{24}--\r\n$/,
    );
  });

  it('gives up a service that took all and answers nothing', async () => {
    const peer = await service((request) => {
      request.resume();
      request.on('end', () => vi.advanceTimersByTime(121_000));
    });
    await expect(stow(peer, [INSTANCE], async () => Buffer.alloc(10), vi.fn())).rejects.toMatchObject({
      reason: 'E_NETWORK/dicomweb',
    });
  });

  it('tells what a service refuses as a whole', async () => {
    const peer = await service((_, response) => response.writeHead(401).end());
    await expect(stow(peer, [INSTANCE], async () => Buffer.alloc(16), vi.fn())).rejects.toMatchObject({
      reason: 'E_NETWORK/dicomweb-status',
    });
  });
});
