import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { hasCode } from '../base/files.js';
import { errorFrom, fault, type LimpidError } from '../contract/errors.js';
import { problem } from '../contract/problem.js';
import { type Action, SeriesRecord } from '../contract/requests/node.js';
import { list, type Of, object, read, text, whole } from '../contract/schema/schema.js';

export const LOOPBACK = '127.0.0.1';

/** What is known of a node to who asks it. */
interface Place {
  /** What the node keeps. */
  readonly folder: string;
}

/** Where a running node answers, for commands on the same machine by the same user. */
const Door = object({ port: whole, token: text });

const Records = list(SeriesRecord);

export function doorFile({ folder }: Place): string {
  return path.join(folder, 'status.json');
}

/** What a command asks a running node. @throws LimpidError E_NOT_FOUND where none runs; what the node answers */
export async function listSeries(place: Place): Promise<readonly SeriesRecord[]> {
  const reading = read(Records, parsed((await askNode(place, 'GET', '/series')).text));
  if (!reading.fits) throw notRunning(undefined);
  return reading.value;
}

/** @throws LimpidError as `listSeries` */
export async function command(place: Place, id: string, action: Action): Promise<void> {
  if (!/^[0-9a-f]{16}$/.test(id)) throw fault('E_USAGE/series-id');
  await askNode(place, 'POST', `/series/${id}/${action}`);
}

async function askNode(place: Place, method: string, at: string): Promise<{ readonly text: string }> {
  const { port, token } = await readDoor(place);
  let response: Response;
  try {
    response = await fetch(`http://${LOOPBACK}:${port}${at}`, {
      method,
      headers: { authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(30_000),
    });
  } catch (error) {
    throw notRunning(error);
  }
  const body = await response.text();
  if (response.ok) return { text: body };
  const told = read(problem, parsed(body));
  if (told.fits) throw errorFrom(told.value);
  throw notRunning(undefined);
}

function parsed(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    // What is no JSON fits no schema, and the caller says that the answer is none of a node.
    return null;
  }
}

async function readDoor(place: Place): Promise<Of<typeof Door>> {
  try {
    const reading = read(Door, JSON.parse(await fs.readFile(doorFile(place), 'utf8')));
    if (reading.fits) return reading.value;
    throw notRunning(undefined);
  } catch (error) {
    if (hasCode(error, 'EACCES')) throw fault('E_USAGE/other-user');
    throw notRunning(error);
  }
}

function notRunning(cause: unknown): LimpidError {
  return fault('E_NOT_FOUND/node', {}, undefined, cause);
}
