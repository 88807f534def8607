import { chosen } from '../../analysis/probe/judge.js';
import { allRows, linearPredictor } from '../../analysis/probe/learners.js';
import { readRegular } from '../../base/reading.js';
import { VERSION } from '../../base/version.js';
import { ProbeFile, type ProbeTold } from '../../contract/encoders/probe.js';
import { fault } from '../../contract/errors.js';
import { NOTICE } from '../../contract/report-version.js';
import { readText } from '../../contract/schema/schema.js';
import { writeResult } from '../../series/result-folder.js';
import type { ModelSource } from '../../store/model-source.js';
import { describeSeries, vectorKind } from '../latent/latent-vectors.js';
import { cell, type ProbeDone, type ProbeWork, REPORT, seriesOutputs } from './work.js';

/** @throws LimpidError E_MODEL for another file, another model's probe, or one that does not fit itself; E_NOT_FOUND */
export async function openProbeFile(file: string, { model, sha256 }: ModelSource): Promise<ProbeFile> {
  const reading = readText(ProbeFile, (await readRegular(file)).toString('utf8'));
  if (!reading.fits)
    throw fault('E_MODEL/probe-file', { field: reading.path || 'the whole', expected: reading.expected });
  const probe = reading.value;
  if (probe.model.sha256 !== sha256)
    throw fault('E_MODEL/probe-model', { start: probe.model.sha256.slice(0, 12) });
  const { length, kind } = probe.vectors;
  const outputs = probe.target.kind === 'classes' ? probe.target.classes.length : 1;
  const fits =
    kind === vectorKind(model) &&
    probe.factors.length === outputs * (length + 1) &&
    probe.scaling.mean.length === length &&
    probe.scaling.deviation.length === length;
  if (!fits)
    throw fault('E_MODEL/probe-file', { field: 'factors', expected: 'as long as its vectors ask for' });
  return probe;
}

/** Tells of every series what the probe makes of it. */
export async function applyProbe(work: ProbeWork, probe: ProbeFile): Promise<ProbeDone> {
  const { request, source, reads, emit, folder } = work;
  const described = await describeSeries(source.model, reads, emit, request.slices);
  if (described.length !== probe.vectors.length)
    throw fault('E_MODEL/probe-file', { field: 'vectors.length', expected: String(described.length) });
  const { target } = probe;
  const map = {
    factors: Float64Array.from(probe.factors),
    outputs: target.kind === 'classes' ? target.classes.length : 1,
  };
  const predict = linearPredictor(map, probe.scaling, target.kind);
  const outputs = new Map(allRows(described).map((row) => [row, predict(described, row)]));
  const told = seriesOutputs(described.places, outputs, reads.length).flatMap((output, i) =>
    output === null ? [] : [toldOf(output, i)],
  );
  function toldOf(output: Float64Array, i: number): ProbeTold {
    const best = chosen(output);
    return {
      series: reads[i].stack.id,
      slices: described.places.filter(({ series }) => series === i).length,
      class: target.kind === 'classes' ? target.classes[best] : null,
      probability: target.kind === 'classes' ? output[best] : null,
      value: target.kind === 'classes' ? null : output[0],
      forPerson: { description: reads[i].stack.forPerson.description },
    };
  }
  const head = ['series', 'slice', 'frame', ...(target.kind === 'classes' ? target.classes : ['value'])];
  const lines = described.places.map(({ series, plane }, row) => {
    const { slices } = described.stacks[series];
    return [reads[series].stack.id, plane % slices, Math.floor(plane / slices), ...(outputs.get(row) ?? [])];
  });
  const report = {
    format: 'limpid-probe-told-1',
    notice: NOTICE,
    version: VERSION,
    model: probe.model,
    target,
    series: told.map(({ forPerson: _, ...rest }) => rest),
  };
  const files = await writeResult(folder, [
    ['slices.csv', `${[head, ...lines].map((line) => line.map(cell).join(',')).join('\n')}\n`],
    [REPORT, `${JSON.stringify(report, null, 1)}\n`],
  ]);
  return { series: reads.length, slices: described.places.length, learnt: null, told, files };
}
