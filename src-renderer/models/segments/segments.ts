import type { SegmentRequest } from '../../../src-main/contract/requests/encoders.js';
import type { SeriesCard } from '../../../src-main/contract/window/opened.js';
import type { SegmentJob } from '../../shared/segments/segmentations.js';
import { baseName } from '../../state/paths.js';
import { isDerived } from '../../state/results.js';
import { t } from '../../words/text.svelte.js';

export const WAYS = ['clusters', 'labels', 'predict'] as const;
export type Way = (typeof WAYS)[number];

/** How pixels are told apart, as a person chose it. */
export type Choice =
  | { readonly way: 'clusters'; readonly clusters: number }
  | { readonly way: 'labels'; readonly labels: readonly string[]; readonly background: boolean }
  /** A segmenter file. */
  | { readonly way: 'predict'; readonly predict: string };

/** @param path that the series is read from */
export function segmentRequest(
  card: SeriesCard,
  path: string,
  choice: Choice,
  rest: Pick<SegmentRequest, 'model' | 'output' | 'frame' | 'seed' | 'device'>,
): SegmentRequest {
  return {
    type: 'segment',
    input: path,
    series: [card.id],
    labels: choice.way === 'labels' ? [...choice.labels] : [],
    background: choice.way === 'labels' && choice.background,
    clusters: choice.way === 'clusters' ? choice.clusters : null,
    predict: choice.way === 'predict' ? choice.predict : null,
    features: null,
    names: [],
    // Who chose a derived series by name means it.
    force: isDerived(card),
    ...rest,
  };
}

export function wayOf({ labels, clusters }: Pick<SegmentRequest, 'labels' | 'clusters'>): Way {
  return labels.length > 0 ? 'labels' : clusters !== null ? 'clusters' : 'predict';
}

/** What such a job is called; of a folder's name nothing where patients are hidden. */
export function segmentName(
  request: SegmentRequest,
  modelName: (id: string) => string | null,
  hidden: boolean,
): string {
  const model =
    request.model === null ? t('segment.noModel') : (modelName(request.model) ?? baseName(request.model));
  const way = t(`segment.named.${wayOf(request)}`, { count: request.clusters ?? 0 });
  return [...(hidden ? [] : [baseName(request.output)]), way, model].join(' · ');
}

/** Whether the latents of a model told held-out labels better than the intensity of the pixel alone, in the mean of the classes. */
export function meanOverlap(dice: readonly (number | null)[]): number | null {
  const told = dice.filter((one) => one !== null);
  return told.length === 0 ? null : told.reduce((sum, one) => sum + one, 0) / told.length;
}

/** Segmenters that were learnt in the window, latest first. */
export interface KnownSegmenter {
  readonly file: string;
  readonly name: string;
  /** Id or file of the model whose latents it reads; null: none. */
  readonly model: string | null;
}

export function knownSegmenter(one: SegmentJob, file: string, name: string): KnownSegmenter {
  const readsLatents = one.result.features.includes('latent');
  return { file, name, model: readsLatents ? one.request.model : null };
}
