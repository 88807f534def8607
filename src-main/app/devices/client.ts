import { errorFrom, type Problem, problemOf } from '../../contract/errors.js';
import type { DeviceName } from '../../contract/requests/choices.js';
import type { DeviceInfo, DeviceTest } from '../../contract/window/app.js';
import type { ProcessEnd, Spawn } from '../../process/spawn.js';
import type { ProbeOutcome } from '../../runtime/probe-outcome.js';
import type { DeviceAnswer, DeviceQuestion } from './protocol.js';

const TIME_LIMIT_MS = 60_000;
/** Pixels of the same network differ by rounding alone below this; in units of the noise. */
const SAME = 1e-3;

export interface Devices {
  list(): Promise<readonly DeviceInfo[]>;
  open(device: DeviceName): Promise<DeviceInfo>;
  /** @throws LimpidError E_DEVICE, E_CRASH */
  test(device: DeviceName): Promise<DeviceTest>;
  /** What trying the GPU in a process apart came to; tried once. */
  probe(): Promise<ProbeOutcome>;
}

export function devicesClient(options: {
  readonly entry: string;
  readonly spawn: Spawn;
  /** Those that this machine can have. */
  readonly names: readonly DeviceName[];
}): Devices {
  let last: Promise<unknown> = Promise.resolve();
  const ask = (question: DeviceQuestion): Promise<DeviceAnswer> => {
    // One after another: two that compute at a time would measure each other.
    const answer = last.then(() => askOnce(options.entry, options.spawn, question));
    last = answer;
    return answer;
  };
  let probed: Promise<ProbeOutcome> | null = null;
  let listed: Promise<readonly DeviceInfo[]> | null = null;
  const open = async (name: DeviceName): Promise<DeviceInfo> =>
    infoOf(name, await ask({ kind: 'open', device: name }));
  const list = async (): Promise<readonly DeviceInfo[]> => {
    const found: DeviceInfo[] = [];
    for (const name of options.names) found.push(await open(name));
    return found;
  };
  return {
    list() {
      listed ??= list();
      return listed;
    },
    open,
    probe() {
      probed ??= ask({ kind: 'probe' }).then((answer) =>
        answer.kind === 'probed' ? answer.outcome : 'crashed',
      );
      return probed;
    },
    async test(device) {
      const answer = await ask({ kind: 'test', device });
      if (answer.kind === 'tested')
        return { device, ...answer.test, same: answer.test.largestDifference <= SAME };
      throw errorFrom(answer.kind === 'refused' ? answer.problem : crash('unanswered'));
    },
  };
}

function infoOf(name: DeviceName, answer: DeviceAnswer): DeviceInfo {
  if (answer.kind === 'opened') {
    const { description, runs, warnings } = answer;
    return { name, available: true, description, runs, problem: warnings[0] ?? null };
  }
  const problem = answer.kind === 'refused' ? answer.problem : crash('unanswered');
  return { name, available: false, description: '', runs: null, problem };
}

function askOnce(entry: string, spawn: Spawn, question: DeviceQuestion): Promise<DeviceAnswer> {
  return new Promise((resolve) => {
    const child = spawn<DeviceQuestion, DeviceAnswer>(entry);
    let answer: DeviceAnswer | null = null;
    const timer = setTimeout(() => {
      answer ??= { kind: 'refused', problem: crash('late') };
      child.kill();
    }, TIME_LIMIT_MS);
    child.onMessage((message) => {
      if (message.kind === 'ready') child.send(question);
      else {
        answer ??= message;
        child.release();
      }
    });
    child.onExit((how) => {
      clearTimeout(timer);
      resolve(answer ?? { kind: 'refused', problem: crash(how) });
    });
  });
}

function crash(how: ProcessEnd): Problem {
  return typeof how === 'string'
    ? problemOf('E_CRASH/device', { how })
    : problemOf('E_CRASH/device-ended', { how: how.by });
}
