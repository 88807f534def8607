import { errorFrom, fault } from '../../contract/errors.js';
import type { DeviceName } from '../../contract/requests/choices.js';
import type { Spawn } from '../../process/spawn.js';
import { devicesClient } from '../devices/client.js';

/**
 * Opens a device in processes of its own and compares what it computes with the CPU.
 *
 * @param entry the script of the device process
 * @returns what computes, for people
 * @throws LimpidError E_DEVICE, E_CRASH; E_SETUP when it computes something else than the CPU
 */
export async function verifyDevice(
  device: DeviceName,
  entry: string,
  spawn: Spawn,
  env: Readonly<Record<string, string>>,
): Promise<string> {
  const there: Spawn = (script, more = {}) => spawn(script, { ...more, ...env });
  const devices = devicesClient({ entry, spawn: there, names: [device] });
  const { description, problem, available } = await devices.open(device);
  if (!available && problem !== null) throw errorFrom(problem);
  const { same, largestDifference } = await devices.test(device);
  if (same) return description;
  throw fault('E_SETUP/other-result', { device, off: largestDifference });
}
