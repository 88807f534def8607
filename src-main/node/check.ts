import { openSource } from '../dicom/files/sources.js';
import { readStorable } from '../dicom/net/storable.js';
import { attributeValues } from '../dicom/read/keywords.js';
import type { NodeConfig, Rule } from './config.js';
import { readRules, ruleFor } from './rules.js';

type ValuesOf = (name: string) => readonly string[];

/** Which rule would fire for a series, and what would become of it. */
export interface Checked {
  readonly seriesInstanceUid: string;
  readonly seriesNumber: string;
  readonly modality: string;
  readonly images: number;
  /** null: none fits, the series would be skipped. */
  readonly rule: string | null;
  readonly does: Rule['do'];
  readonly targets: readonly string[];
}

/**
 * What the rules would do with the images of a file or folder. Nothing is received, denoised or sent.
 *
 * @throws LimpidError E_USAGE (rules), E_NOT_FOUND
 */
export async function checkRules(config: NodeConfig, input: string): Promise<readonly Checked[]> {
  const book = readRules(config.rules);
  const found = new Map<string, { readonly valuesOf: ValuesOf; files: number }>();
  const source = await openSource(input);
  try {
    for await (const file of source.files()) {
      // What the node would refuse belongs to no series, so no rule is told for it.
      if ((await readStorable(file.place).catch(() => null)) === null) continue;
      // A file whose attributes cannot be read names no series either.
      const valuesOf = await attributeValues(file).catch(() => null);
      const [series = ''] = valuesOf?.('SeriesInstanceUID') ?? [];
      if (valuesOf === null || series === '') continue;
      const known = found.get(series);
      if (known === undefined) found.set(series, { valuesOf, files: 1 });
      else known.files++;
    }
  } finally {
    await source.close();
  }
  return [...found].map(([seriesInstanceUid, { valuesOf, files }]) => {
    const rule = ruleFor(book, valuesOf, { kind: 'dicom', files });
    return {
      seriesInstanceUid,
      seriesNumber: valuesOf('SeriesNumber')[0] ?? '',
      modality: valuesOf('Modality')[0] ?? '',
      images: files,
      rule: rule?.name ?? null,
      does: rule?.do ?? 'skip',
      targets: rule?.targets ?? [],
    };
  });
}
