import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { writeFileAtomic } from '../../base/files.js';
import { VERSION } from '../../base/version.js';
import { type Problem, problemFrom } from '../../contract/errors.js';
import type { DenoiseRequest } from '../../contract/requests/requests.js';
import type { SeriesOutcome } from '../../contract/results.js';
import { BIDS_FOLDER } from '../../series/nifti/names.js';
import type { DeriveJob } from './job.js';

/**
 * dataset_description.json, which makes a folder of derivatives a data set (BIDS 1.10, derivatives). It stands there
 * where there is an image.
 *
 * @returns why it could not be written
 */
export async function describeDataset(
  { folder, emit }: DeriveJob,
  { input, more }: DenoiseRequest,
  outcomes: readonly SeriesOutcome[],
): Promise<Problem[]> {
  if (!outcomes.some(({ outputs }) => outputs.some((name) => name.startsWith(`${BIDS_FOLDER}/`)))) return [];
  const top = path.join(folder.root, BIDS_FOLDER);
  const raw = more === undefined && (await isFolder(input)) ? path.resolve(input) : null;
  const description = {
    Name: 'Denoised by Limpid',
    BIDSVersion: '1.10.0',
    DatasetType: 'derivative',
    GeneratedBy: [{ Name: 'Limpid', Version: VERSION, Description: 'Denoised; not for diagnostic use' }],
    ...(raw === null ? {} : { DatasetLinks: { raw: path.relative(top, raw).split(path.sep).join('/') } }),
  };
  try {
    const text = `${JSON.stringify(description, null, 2)}\n`;
    await writeFileAtomic(path.join(top, 'dataset_description.json'), text, {
      replace: true,
      partIn: folder.own(),
    });
    return [];
  } catch (error) {
    const problem = problemFrom(error);
    emit({ type: 'warning', series: null, problem });
    return [problem];
  }
}

async function isFolder(input: string): Promise<boolean> {
  // What is not there is no folder; opening the input tells that it is missing.
  const stat = await fs.stat(input).catch(() => null);
  return stat?.isDirectory() === true;
}
