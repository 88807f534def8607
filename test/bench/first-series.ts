import * as path from 'node:path';
import type { Volume } from '../../src-main/imaging/volume.js';
import { openInput } from '../../src-main/series/open-input.js';

/** The first series of a folder of images. @throws Error where there is none */
export async function firstSeries(folder: string): Promise<Volume> {
  const input = await openInput(path.resolve(folder), () => {}, { errorMap: false, suffix: 'unused' });
  try {
    const [stack] = input.units.flatMap(({ stacks }) => stacks);
    if (stack === undefined) throw new Error(`no series in ${folder}`);
    return (await stack.load(() => {})).volume;
  } finally {
    await input.close();
  }
}
