/**
 * How much of a faint lesion survives: lesions are inserted into the noisy input, and the difference that they make
 * to the output is projected on their template. The noise is the same with and without, so it mostly cancels.
 */
import type { RetentionReport, RetentionRow } from '../contract/trust.js';
import type { Volume } from '../imaging/volume.js';
import { CONTRASTS, DIAMETERS, type Lesion } from './lesions.js';

/**
 * Contrast recovered of each lesion, in percent of what was inserted, mean over the frames.
 *
 * @param seen 1 where the denoiser restored the volume: only there is a lesion measured
 */
export function recovered(
  lesions: readonly Lesion[],
  without: Volume,
  withThem: Volume,
  seen: Uint8Array,
): number[] {
  const frame = without.columns * without.rows * without.slices;
  return lesions.map(({ template, amplitude }) => {
    let product = 0;
    let energy = 0;
    for (let start = 0; start < without.data.length; start += frame)
      for (let k = 0; k < template.index.length; k++) {
        const at = start + template.index[k];
        if (seen[at] === 0) continue;
        const weight = template.weight[k];
        product += weight * (withThem.data[at] - without.data[at]);
        energy += weight * weight * amplitude;
      }
    return (100 * product) / energy;
  });
}

/** Mean and spread of each size and contrast; null where nothing could be inserted. @param lines percents of thin lines */
export function retentionReport(
  lesions: readonly Lesion[],
  percents: readonly number[],
  lines: readonly number[] = [],
): RetentionReport | null {
  if (lesions.length === 0) return null;
  const rows = DIAMETERS.flatMap((diameter) =>
    CONTRASTS.map((contrast) => rowOf(diameter, contrast, lesions, percents)),
  ).filter((row) => row.count > 0);
  return { lesions: lesions.length, visible: visibleOf(lesions, percents), lines: linesOf(lines), rows };
}

function linesOf(percents: readonly number[]): RetentionReport['lines'] {
  const average = mean(percents);
  if (average === null) return null;
  const variance = mean(percents.map((value) => (value - average) ** 2)) ?? 0;
  return { count: percents.length, mean: average, error: Math.sqrt(variance / percents.length) };
}

function rowOf(
  diameter: number,
  contrast: number,
  lesions: readonly Lesion[],
  percents: readonly number[],
): RetentionRow {
  const ours = percents.filter(
    (_, i) => lesions[i].diameter === diameter && lesions[i].contrast === contrast,
  );
  const signed = (sign: 1 | -1) =>
    mean(
      percents.filter(
        (_, i) =>
          lesions[i].diameter === diameter && lesions[i].contrast === contrast && lesions[i].sign === sign,
      ),
    );
  const average = mean(ours) ?? 0;
  const variance = mean(ours.map((value) => (value - average) ** 2)) ?? 0;
  return {
    diameter,
    contrast,
    count: ours.length,
    mean: average,
    spread: Math.sqrt(variance),
    bright: signed(1),
    dark: signed(-1),
  };
}

/** Above this ratio of a lesion's whole signal to the noise, a trained eye or a matched filter finds it (Rose 1948). */
const ROSE = 5;

/**
 * Mean over the sizes and contrasts that can be seen in the noise at all, each counted once however many had room, and
 * its standard error.
 */
function visibleOf(lesions: readonly Lesion[], percents: readonly number[]): RetentionReport['visible'] {
  const kinds = new Map<string, number[]>();
  lesions.forEach((lesion, i) => {
    if (signalToNoise(lesion) < ROSE) return;
    const kind = `${lesion.diameter} ${lesion.contrast}`;
    kinds.set(kind, [...(kinds.get(kind) ?? []), percents[i]]);
  });
  const groups = [...kinds.values()].map((group) => ({ group, mean: mean(group) ?? 0 }));
  const squares = groups.map(
    ({ group, mean: centre }) =>
      group.reduce((sum, value) => sum + (value - centre) ** 2, 0) / group.length ** 2,
  );
  return {
    count: groups.reduce((sum, { group }) => sum + group.length, 0),
    mean: mean(groups.map((each) => each.mean)),
    error:
      groups.length === 0 ? null : Math.sqrt(squares.reduce((sum, value) => sum + value, 0)) / groups.length,
  };
}

/** Contrast over sigma times the root of the template's energy: the matched filter's ratio in white noise. */
function signalToNoise({ contrast, template }: Lesion): number {
  return contrast * Math.sqrt(template.weight.reduce((sum, weight) => sum + weight * weight, 0));
}

function mean(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
}
