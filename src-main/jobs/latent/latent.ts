import { type Clusters, kMeans, silhouette, squaredDistance } from '../../base/linear/clusters.js';
import { startMeter } from '../../base/progress.js';
import { Random } from '../../base/random.js';
import { VERSION } from '../../base/version.js';
import type { LatentCluster, LatentMap, LatentPoint, LatentQuery } from '../../contract/encoders/latent.js';
import { fault, type Problem, withoutPlace } from '../../contract/errors.js';
import type { Emit } from '../../contract/events.js';
import { EXIT } from '../../contract/exit.js';
import type { LatentResult } from '../../contract/model-results.js';
import { NOTICE } from '../../contract/report-version.js';
import type { LatentRequest } from '../../contract/requests/requests.js';
import { neighbourPlane, principalPlane } from '../../models/embedding.js';
import { choiceOf, openChooser } from '../../series/asked/choose.js';
import type { OutputFolder } from '../../series/output-folder.js';
import { openResultFolder, writeResult } from '../../series/result-folder.js';
import { openModelSource } from '../../store/model-source.js';
import { contactSheet, mapSvg, npy, type Shown, vectorsCsv } from './latent-files.js';
import { readUsable } from './latent-input.js';
import { type Described, describeSeries, vectorKind } from './latent-vectors.js';
import { type Traversal, traverse } from './traverse.js';

/** Written last. */
const MAP_FILE = 'latent.json';
const FEWEST_SLICES = 4;
const MOST_CHOSEN = 8;
/** Slices of a cluster on its row of the contact sheet. */
const SHOWN = 8;
const NEAREST = 5;
/** Rows of the sheet of nearest slices. */
const SHEET_ROWS = 12;

/**
 * Writes where the slices of series lie in a model's latent space: vectors, maps, clusters with pictures, and the
 * slices nearest to those of a file.
 *
 * @throws LimpidError E_MODEL (no latent, no family's model, other channels), E_TOO_FEW, E_TOO_SMALL, E_NOTHING, E_USAGE, E_EXISTS,
 * E_INSIDE_SOURCE, E_DEVICE; as reading
 */
export async function runLatent(request: LatentRequest, emit: Emit): Promise<LatentResult> {
  const inputs = [...request.inputs, ...(request.nearest === null ? [] : [request.nearest])];
  const folder = await openResultFolder(request.output, inputs, MAP_FILE);
  try {
    const source = await openModelSource(request.model, request.device, emit);
    try {
      const { model } = source;
      const kind = vectorKind(model);
      if (request.traverse === true && !model.decodes)
        throw fault('E_MODEL/encodes-only', { family: model.card.family });
      const problems: Problem[] = [];
      const reads = await readUsable(request.inputs, request.force, emit, problems, {
        only: request.only,
        chooser: openChooser(choiceOf(request)),
      });
      const described = await describeSeries(model, reads, emit);
      const queried =
        request.nearest === null
          ? null
          : await describeSeries(model, await readUsable([request.nearest], true, emit, problems), emit);
      const traversal = request.traverse === true ? await traverse(model, described.stacks) : null;
      const map: LatentMap = {
        format: 'limpid-latent-1',
        notice: NOTICE,
        version: VERSION,
        seed: request.seed,
        model: { family: model.card.family, sha256: source.sha256 },
        vectors: { length: described.length, kind },
        series: reads.map(({ stack, volume }) => ({
          id: stack.id,
          modality: stack.modality,
          slices: volume.slices,
          frames: volume.frames,
        })),
        ...layOut(described, request, emit),
        queries: queried === null ? [] : queriesOf(described, queried),
        ...(traversal === null ? {} : { traversal: traversal.axes }),
      };
      const files = await writeFiles(folder, map, described, queried, traversal);
      return resultOf(map, files, problems);
    } finally {
      await source.close();
    }
  } finally {
    await folder.release();
  }
}

type Layout = Pick<LatentMap, 'points' | 'explained' | 'clusters' | 'silhouette'>;

/** Maps and clusters. @throws LimpidError E_TOO_FEW; E_USAGE for more clusters than slices */
function layOut(described: Described, { clusters, seed }: LatentRequest, emit: Emit): Layout {
  const { places, stacks } = described;
  if (places.length < FEWEST_SLICES)
    throw fault('E_TOO_FEW/map', { slices: places.length, least: FEWEST_SLICES });
  if (clusters !== null && (clusters < 1 || clusters > places.length))
    throw fault('E_USAGE/clusters', { slices: places.length, clusters });
  const random = new Random(seed);
  const found = clustersOf(described, clusters, random.fork('clusters'));
  const plane = principalPlane(described, random.fork('principal components'));
  const meter = startMeter(emit, { series: null, stage: 'report', unit: 'rounds', total: null });
  const near = neighbourPlane(described, random.fork('umap'), (done) => meter.at(done));
  const points = places.map(
    ({ series, plane: at }, i): LatentPoint => ({
      series,
      slice: at % stacks[series].slices,
      frame: Math.floor(at / stacks[series].slices),
      cluster: found.labels[i],
      pca: [plane.points[2 * i], plane.points[2 * i + 1]],
      umap: near === null ? null : [near[2 * i], near[2 * i + 1]],
    }),
  );
  return {
    points,
    explained: plane.explained,
    clusters: shownOf(described, found),
    silhouette: silhouette(described, found.labels),
  };
}

/** As many as asked for; else from two to eight, by the best silhouette. */
function clustersOf(described: Described, wanted: number | null, random: Random): Clusters {
  if (wanted !== null) return kMeans(described, wanted, random);
  let best: { readonly clusters: Clusters; readonly score: number } | null = null;
  for (let k = 2; k <= Math.min(MOST_CHOSEN, described.places.length - 1); k++) {
    const clusters = kMeans(described, k, random.fork(`${k}`));
    const score = silhouette(described, clusters.labels) ?? -1;
    if (best === null || score > best.score) best = { clusters, score };
  }
  return best?.clusters ?? kMeans(described, 1, random);
}

function shownOf({ data, length }: Described, { labels, centres }: Clusters): LatentCluster[] {
  return Array.from({ length: centres.length / length }, (_, cluster) => {
    const members = [...labels.keys()].filter((row) => labels[row] === cluster);
    const distance = new Map(
      members.map((row) => [row, squaredDistance(data, row * length, centres, cluster * length, length)]),
    );
    members.sort((a, b) => (distance.get(a) ?? 0) - (distance.get(b) ?? 0) || a - b);
    return { size: members.length, shown: members.slice(0, SHOWN) };
  });
}

function queriesOf({ data, length, places }: Described, queried: Described): LatentQuery[] {
  return queried.places.map(({ series, plane }, row) => {
    const { slices } = queried.stacks[series];
    const nearest = places
      .map((_, point) => ({
        point,
        distance: Math.sqrt(squaredDistance(queried.data, row * length, data, point * length, length)),
      }))
      .sort((a, b) => a.distance - b.distance || a.point - b.point)
      .slice(0, NEAREST);
    return { slice: plane % slices, frame: Math.floor(plane / slices), nearest };
  });
}

async function writeFiles(
  folder: OutputFolder,
  map: LatentMap,
  described: Described,
  queried: Described | null,
  traversal: Traversal | null,
): Promise<string[]> {
  const picture = (from: Described, row: number): Shown => {
    const { series, plane } = from.places[row];
    return { stack: from.stacks[series], plane };
  };
  const files: [string, Uint8Array | string][] = [
    ['vectors.npy', npy(described.data, described.length)],
    ['vectors.csv', vectorsCsv(map, described)],
    ['map.svg', mapSvg(map)],
    [
      'clusters.png',
      contactSheet(map.clusters.map(({ shown }) => shown.map((row) => picture(described, row)))),
    ],
  ];
  if (queried !== null) {
    const step = Math.max(1, Math.ceil(map.queries.length / SHEET_ROWS));
    const rows = map.queries.flatMap(({ nearest }, i) =>
      i % step === 0 ? [[picture(queried, i), ...nearest.map(({ point }) => picture(described, point))]] : [],
    );
    files.push(['nearest.png', contactSheet(rows)]);
  }
  if (traversal !== null) files.push(['traversal.png', traversal.sheet]);
  files.push([MAP_FILE, `${JSON.stringify(map)}\n`]);
  return writeResult(folder, files);
}

function resultOf(map: LatentMap, files: readonly string[], problems: readonly Problem[]): LatentResult {
  return {
    type: 'result',
    command: 'latent',
    exitCode: problems.length > 0 ? EXIT.failed : EXIT.done,
    family: map.model.family,
    series: map.series.length,
    slices: map.points.length,
    length: map.vectors.length,
    explained: map.explained,
    clusters: map.clusters.map(({ size }) => size),
    silhouette: map.silhouette,
    queries: map.queries.length,
    files,
    problems: problems.map(withoutPlace),
  };
}
