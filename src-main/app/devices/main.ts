/** Tries one device in a process of its own: a bad driver can end the one that asks. */
import { problemFrom } from '../../contract/errors.js';
import { openLine } from '../../jobs/line.js';
import { openRuntime } from '../../runtime/device.js';
import { selfTest } from '../../runtime/self-test.js';
import type { DeviceAnswer, DeviceQuestion } from './protocol.js';

process.on('SIGINT', () => undefined);
const line = openLine<DeviceQuestion, DeviceAnswer>();
line.onClose(() => process.exit(1));
line.onMessage((question) => {
  answer(question)
    .catch((error: unknown): DeviceAnswer => ({ kind: 'refused', problem: problemFrom(error) }))
    .then((reply) => line.send(reply))
    .then(() => line.finish())
    .catch(() => process.exit(1));
});
line.send({ kind: 'ready' }).catch(() => process.exit(1));

async function answer({ kind, device }: DeviceQuestion): Promise<DeviceAnswer> {
  if (kind === 'test') return { kind: 'tested', test: await selfTest(device) };
  const runtime = await openRuntime(device);
  try {
    const { description, warnings } = runtime.choice;
    return { kind: 'opened', description, warnings };
  } finally {
    await runtime.close();
  }
}
