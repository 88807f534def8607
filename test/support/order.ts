import * as path from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Lowest layer first: where a lower one fails, what it breaks above is no news. */
const ORDER = [
  'contract',
  'base',
  'process',
  'imaging',
  'graph',
  'runtime',
  'noise',
  'dicom',
  'models',
  'filters',
  'artifacts',
  'trust',
  'training',
  'report',
  'model-files',
  'restore',
  'store',
  'denoise',
  'analysis',
  'series',
  'jobs',
  'app',
  'shell',
  'cli',
  'e2e',
];

const ROOT = path.resolve(import.meta.dirname, '..');

/** Runs test files in the order of the layers, then by name. */
export class LayerSequencer extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return [...files].sort(
      (a, b) => rankOf(a.moduleId) - rankOf(b.moduleId) || (a.moduleId < b.moduleId ? -1 : 1),
    );
  }
}

function rankOf(file: string): number {
  const folder = path.relative(ROOT, file).split(path.sep)[0];
  // Not a folder of ORDER: a test of the whole, such as that of the layers, is quick and comes first.
  return ORDER.indexOf(folder);
}
