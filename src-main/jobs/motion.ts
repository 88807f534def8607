import { motionCsv, motionHtml } from '../analysis/motion-page.js';
import { startMeter } from '../base/progress.js';
import { VERSION } from '../base/version.js';
import { type Problem, problemFrom, problemOf, withoutPlace } from '../contract/errors.js';
import type { Emit } from '../contract/events.js';
import { exitCodeOf } from '../contract/exit.js';
import type { FrameMotion, MotionReport, MotionResult, MotionSeries } from '../contract/motion.js';
import type { RunStatus } from '../contract/report.js';
import { NOTICE } from '../contract/report-version.js';
import type { MotionRequest } from '../contract/requests/requests.js';
import { estimateMotion } from '../noise/motion/motion.js';
import { frameOutliers } from '../noise/outliers/frame-outliers.js';
import { choiceOf, openChooser } from '../series/asked/choose.js';
import { refuseEmpty } from '../series/asked/open-chosen.js';
import type { StackInput } from '../series/input.js';
import { loadWithin } from '../series/memory.js';
import { openInput } from '../series/open-input.js';
import { openResultFolder, writeResult } from '../series/result-folder.js';

/** Written last. */
const REPORT = 'motion.json';
const TABLE = 'motion.csv';
const PAGE = 'report.html';
/** Of the smallest voxel: frames that are displaced by more are named. */
const LARGE = 0.5;
/** Deviations that a displacement may be off by. */
const DOUBT = 2;
/** Frames that are named; of more their number is told. */
const MOST_NAMED = 20;

/**
 * Tells the rigid motion between the frames of every series that has several: a table, a page with curves, and both as
 * JSON. No image is changed.
 *
 * @throws LimpidError E_NOTHING, E_NOT_FOUND, E_EXISTS, E_INSIDE_SOURCE, E_IO
 */
export async function runMotion(request: MotionRequest, emit: Emit): Promise<MotionResult> {
  const chooser = openChooser(choiceOf(request));
  const folder = await openResultFolder(request.output, [request.input], REPORT);
  try {
    const opened = await openInput(request.input, emit, { errorMap: false, suffix: 'motion' });
    try {
      const input = await chooser.pick(opened);
      chooser.end();
      refuseEmpty(input);
      const stacks = [...input.units.flatMap((unit) => unit.stacks), ...input.leftOut];
      const series: MotionSeries[] = [];
      for (const [index, stack] of stacks.entries()) {
        emit({ type: 'series-start', series: stack.id, index: index + 1, of: stacks.length });
        const started = performance.now();
        const one = await motionOf(stack, emit);
        const seconds = (performance.now() - started) / 1000;
        emit({ type: 'series-done', series: stack.id, status: one.status, problem: one.problem, seconds });
        series.push(one);
      }
      const report: MotionReport = {
        format: 'limpid-motion-1',
        notice: NOTICE,
        version: VERSION,
        series: series.map((one) => ({
          ...one,
          problem: one.problem === null ? null : withoutPlace(one.problem),
          warnings: one.warnings.map(withoutPlace),
        })),
      };
      const files = await writeResult(folder, [
        [TABLE, motionCsv(report)],
        [PAGE, motionHtml(report)],
        [REPORT, `${JSON.stringify(report)}\n`],
      ]);
      return {
        type: 'result',
        command: 'motion',
        exitCode: exitCodeOf(series, input.problems),
        series,
        files,
        problems: [...input.problems],
      };
    } finally {
      await opened.close();
    }
  } finally {
    await folder.release();
  }
}

async function motionOf(stack: StackInput, emit: Emit): Promise<MotionSeries> {
  const why = stack.why ?? (stack.grid.frames < 2 ? problemOf('E_NOT_ELIGIBLE/motion') : null);
  if (why !== null) return unseen(stack.id, 'skipped', why);
  try {
    const reading = startMeter(emit, {
      series: stack.id,
      stage: 'read',
      unit: 'files',
      total: stack.instances,
    });
    const { volume, magnitude } = await loadWithin(stack, 'apply', (done) => reading.at(done));
    const shown = magnitude ?? volume;
    const meter = startMeter(emit, {
      series: stack.id,
      stage: 'apply',
      unit: 'slices',
      total: shown.frames * shown.slices,
    });
    const found = estimateMotion(shown, {
      only2d: stack.only2d,
      outliers: frameOutliers(shown),
      onProgress: (done) => meter.at(done * shown.slices),
    });
    const limit = LARGE * Math.min(...shown.spacing.filter((value) => value > 0));
    const frames = found.poses.map(({ values, displacement, deviation, correlation, group }, frame) => ({
      frame,
      values: values === null ? null : [...values],
      displacement,
      deviation: Number.isFinite(deviation) ? deviation : null,
      correlation,
      group,
    }));
    const warnings = [...stack.warnings, ...motionWarnings(frames, limit)];
    for (const problem of warnings) emit({ type: 'warning', series: stack.id, problem });
    return {
      ...unseen(stack.id, 'done', null),
      warnings,
      axes: found.kind === 'volume' ? 'patient' : 'plane',
      reference: found.reference,
      limit,
      frames,
    };
  } catch (error) {
    return unseen(stack.id, 'failed', problemFrom(error));
  }
}

function unseen(id: string, status: RunStatus, problem: Problem | null): MotionSeries {
  return { id, status, problem, warnings: [], axes: null, reference: null, limit: null, frames: [] };
}

/** Frames that moved far, and those of which nothing tells where they lie; counted from 1. */
function motionWarnings(frames: readonly FrameMotion[], limit: number): Problem[] {
  const far = frames.filter(({ displacement, deviation, group }, at) => {
    const before = frames.slice(0, at).findLast((one) => one.group === group);
    const off = DOUBT * Math.hypot(deviation ?? 0, before?.deviation ?? 0);
    return displacement !== null && displacement - off > limit;
  });
  const unknown = frames.filter(({ values }) => values === null);
  const warnings: Problem[] = [];
  if (far.length > 0)
    warnings.push(
      problemOf('W_MOTION/large', {
        count: far.length,
        limit: limit.toFixed(2),
        volumes: listed(
          far.map(({ frame, displacement }) => `${frame + 1} (${displacement?.toFixed(1)} mm)`),
        ),
      }),
    );
  if (unknown.length > 0)
    warnings.push(
      problemOf('W_MOTION/unknown', {
        count: unknown.length,
        volumes: listed(unknown.map(({ frame }) => `${frame + 1}`)),
      }),
    );
  return warnings;
}

function listed(names: readonly string[]): string {
  const rest = names.length - MOST_NAMED;
  return `${names.slice(0, MOST_NAMED).join(', ')}${rest > 0 ? `, +${rest}` : ''}`;
}
