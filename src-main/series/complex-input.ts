import { fault } from '../contract/errors.js';
import type { DecodePool } from '../dicom/codec/decode.js';
import type { ComplexPair } from '../dicom/series/complex.js';
import { type LoadedComplex, type LoadedMagnitude, loadComplex } from '../dicom/series/complex-volume.js';
import { sourceFiles } from '../dicom/series/volume.js';
import { magnitudeOf } from '../imaging/complex.js';
import type { Volume } from '../imaging/volume.js';
import { type Naming, writeStack } from './dicom-write.js';
import type { LoadedStack, StackInput, WriteRequest, WrittenFile, WrittenStack } from './input.js';

/**
 * Two series that are one complex image, as one stack: their real and imaginary parts are denoised, whose noise is
 * Gaussian, and both halves are written back.
 *
 * @param own the first half by itself @param other the second one
 * @param naming of the files of both
 */
export function complexInput(
  own: StackInput,
  other: StackInput,
  pair: ComplexPair,
  pool: DecodePool,
  naming: readonly [Naming, Naming],
): StackInput {
  const files = [...sourceFiles(pair.first), ...sourceFiles(pair.second)];
  const { seriesInstanceUid } = other;
  let held: LoadedComplex | LoadedMagnitude | null = null;
  return {
    ...own,
    forPerson: { ...own.forPerson, places: [...new Set(files.map(({ place }) => place))] },
    otherId: other.id,
    instances: new Set(files.map(({ id }) => id)).size,
    ...(seriesInstanceUid === null || seriesInstanceUid === own.seriesInstanceUid
      ? {}
      : { partnerUid: seriesInstanceUid }),
    size: own.size === null ? null : { area: own.size.area, values: 2 * own.size.values },
    transferSyntaxes: [...new Set([...own.transferSyntaxes, ...other.transferSyntaxes])].sort(),
    warnings: [
      ...own.warnings,
      ...other.warnings.filter(({ message }) => own.warnings.every((one) => one.message !== message)),
    ],
    only2d: own.only2d || other.only2d,
    derivedByLimpid: own.derivedByLimpid || other.derivedByLimpid,
    hashes: async () => [...(await own.hashes()), ...(await other.hashes())],
    parts: null,
    async load(onProgress) {
      const loaded = await loadComplex(pair, pool.decode, onProgress);
      held = loaded;
      const sha256 = loaded.hashes.flat();
      return loaded.parts === null
        ? { volume: loaded.magnitude, sha256, problems: [loaded.problem] }
        : { volume: loaded.parts, magnitude: loaded.magnitude, sha256 };
    },
    async write(request, onProgress) {
      const loaded = held;
      held = null;
      if (loaded === null) throw fault('E_INTERNAL/not-loaded');
      return writeBoth(loaded, pair, pool, naming, request, onProgress);
    },
    writeUnlike: async () => {
      throw fault('E_INTERNAL/magnitude-maps');
    },
    writeSegments: async () => {
      throw fault('E_INTERNAL/magnitude-maps');
    },
  };
}

async function writeBoth(
  loaded: LoadedComplex | LoadedMagnitude,
  { first, second }: ComplexPair,
  pool: DecodePool,
  [naming, otherNaming]: readonly [Naming, Naming],
  request: WriteRequest,
  onProgress: (done: number) => void,
): Promise<WrittenStack> {
  const { magnitude, hashes } = loaded;
  const of = (sha256: readonly string[]): LoadedStack => ({ volume: magnitude, sha256 });
  const { processed, unit } = request;
  if (loaded.parts === null)
    return writeStack(
      first,
      pool,
      { ...naming, partner: null },
      { ...request, loaded: of(hashes[0]) },
      onProgress,
    );
  const [a, b] = loaded.halves(processed.volume.data);
  const half = (data: Float32Array): Volume => ({ ...magnitude, data });
  const mapOf = (map: Float32Array | null | undefined) => (map == null ? null : magnitudeOf(map));
  const written = await writeStack(
    first,
    pool,
    naming,
    {
      ...request,
      loaded: of(hashes[0]),
      processed: {
        ...processed,
        volume: half(a),
        errorMap: mapOf(processed.errorMap),
        uncertainty: mapOf(processed.uncertainty),
      },
    },
    onProgress,
  );
  const others = await writeStack(
    second,
    pool,
    otherNaming,
    {
      ...request,
      unit: otherNaming.entry === 'partner' ? { ...unit, derived: unit.partner ?? null } : unit,
      loaded: of(hashes[1]),
      processed: { ...processed, volume: half(b), errorMap: null, uncertainty: null, model: null },
      finished: withoutOlder([...(request.finished ?? []), ...written.files]),
    },
    (done) => onProgress(hashes[0].length + done),
  );
  return {
    files: withoutOlder([...written.files, ...others.files]),
    warnings: [...written.warnings, ...others.warnings],
  };
}

/** A file of both halves was written twice: the second time with both. */
function withoutOlder(files: readonly WrittenFile[]): WrittenFile[] {
  return [...new Map(files.map((file) => [`${file.entry}/${file.name}`, file])).values()];
}
