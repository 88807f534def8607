/** Tries one device in a process of its own: a bad driver can end the one that asks. */

import { openLog } from '../../base/log.js';
import { threadsAllowed } from '../../base/threads.js';
import { problemFrom } from '../../contract/errors.js';
import { openLine } from '../../process/line.js';
import { openRuntime } from '../../runtime/device.js';
import { probe } from '../../runtime/probe.js';
import { selfTest } from '../../runtime/self-test.js';
import type { DeviceAnswer, DeviceQuestion } from './protocol.js';

openLog('devices');
process.on('SIGINT', () => undefined);
const line = openLine<DeviceQuestion, DeviceAnswer>();
line.onClose(() => process.exit(1));
line.onMessage((question) => {
  answer(question)
    .catch((error: unknown): DeviceAnswer => ({ kind: 'refused', problem: problemFrom(error) }))
    .then((reply) => line.send(reply))
    .then(() => line.finish())
    // The line is lost, so nobody hears a reason: the app sees this process end, and tells that.
    .catch(() => process.exit(1));
});
// The app ended before it could be told: there is nobody left to work for.
line.send({ kind: 'ready' }).catch(() => process.exit(1));

async function answer(question: DeviceQuestion): Promise<DeviceAnswer> {
  if (question.kind === 'probe') return { kind: 'probed', outcome: (await probe(threadsAllowed())).outcome };
  if (question.kind === 'test') return { kind: 'tested', test: await selfTest(question.device) };
  const runtime = await openRuntime(question.device);
  try {
    const { device, description, threads, gpu, warnings } = runtime.choice;
    return { kind: 'opened', description, runs: { on: device, threads, gpu }, warnings };
  } finally {
    await runtime.close();
  }
}
