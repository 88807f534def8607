import { EXIT } from '../contract/exit.js';
import type { EchoRequest } from '../contract/requests/network.js';
import type { EchoResult } from '../contract/results.js';
import { readToken, webEcho } from '../dicom/net/dicomweb.js';
import { echo } from '../dicom/net/scu.js';

/** Asks a target whether it is there and takes us. @throws LimpidError E_NETWORK; E_NOT_FOUND for files of ours */
export async function runEcho({ target, calling }: EchoRequest): Promise<EchoResult> {
  const started = performance.now();
  if ('url' in target) await webEcho({ url: target.url, token: await readToken(target.tokenFile) });
  else await echo(target, calling);
  const seconds = (performance.now() - started) / 1000;
  return { type: 'result', command: 'echo', exitCode: EXIT.done, seconds };
}
