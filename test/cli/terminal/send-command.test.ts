import { describe, expect, it } from 'vitest';
import { sendCommand } from '../../../src-main/cli/commands/send.js';

/** The request that a command line makes. */
async function requestOf(...args: string[]): Promise<unknown> {
  const asked: unknown[] = [];
  const command = sendCommand(async (request) => {
    asked.push(request);
  })
    .exitOverride()
    .configureOutput({ writeErr: () => undefined });
  await command.parseAsync(args, { from: 'user' });
  return asked[0];
}

describe('limpid send', () => {
  it('takes the title of a PACS, or the address of its DICOMweb service', async () => {
    expect(await requestOf('out', '--to', 'PACS@10.1.2.3:104')).toEqual({
      type: 'send',
      inputs: ['out'],
      target: { title: 'PACS', host: '10.1.2.3', port: 104, tls: null },
      calling: 'LIMPID',
      all: false,
      retries: 3,
    });
    expect(
      await requestOf('out', '--to', 'https://pacs.example.org/dicom-web', '--token', 't', '--verdict'),
    ).toMatchObject({
      target: { url: 'https://pacs.example.org/dicom-web', tokenFile: 't' },
      tellVerdict: true,
    });
  });

  it.each([
    [['out', '--to', 'https://pacs.example.org/dicom-web', '--tls']],
    [['out', '--to', 'PACS@10.1.2.3:104', '--token', 't']],
    [['out', '--to', 'ftp://pacs.example.org']],
    [['out', '--to', 'https://']],
  ])('refuses %j', async (args) => {
    await expect(requestOf(...args)).rejects.toThrow();
  });
});
