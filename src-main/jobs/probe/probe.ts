import { fault, type Problem, problemFrom, withoutPlace } from '../../contract/errors.js';
import type { Emit } from '../../contract/events.js';
import { EXIT } from '../../contract/exit.js';
import type { ProbeResult } from '../../contract/model-results.js';
import type { ProbeRequest } from '../../contract/requests/encoders.js';
import type { OpenModel } from '../../model-files/model-file.js';
import { choiceOf, openChooser } from '../../series/asked/choose.js';
import { openResultFolder } from '../../series/result-folder.js';
import { openModelSource } from '../../store/model-source.js';
import { readUsable } from '../latent/latent-input.js';
import { describable, vectorKind } from '../latent/latent-vectors.js';
import type { SeriesRead } from '../train/train-input.js';
import { applyProbe, openProbeFile } from './apply-probe.js';
import { learnProbe } from './learn-probe.js';
import { REPORT } from './work.js';

/**
 * Learns what the latents of a model tell of series, judged on patients that it did not learn from, or applies what
 * was learnt. Nothing is visible before all is done.
 *
 * @throws LimpidError E_LABELS (table, columns, classes, patients), E_MODEL (no latent, another model's probe), E_USAGE,
 * E_NOTHING, E_EXISTS, E_INSIDE_SOURCE, E_DEVICE; as reading
 */
export async function runProbe(request: ProbeRequest, emit: Emit): Promise<ProbeResult> {
  const { labels, predict } = request;
  if ((labels === null) === (predict === null)) throw fault('E_USAGE/probe');
  const folder = await openResultFolder(request.output, request.inputs, REPORT);
  try {
    const source = await openModelSource(request.model, request.device, emit);
    try {
      vectorKind(source.model);
      const probe = predict === null ? null : await openProbeFile(predict, source);
      const problems: Problem[] = [];
      const all = await readUsable(request.inputs, request.force, emit, problems, {
        chooser: openChooser(choiceOf(request)),
        only: request.only,
      });
      const reads = all.filter((read) => {
        const problem = unfit(source.model, read);
        if (problem === null) return true;
        problems.push(problem);
        emit({ type: 'warning', series: read.stack.id, problem });
        return false;
      });
      if (reads.length === 0) throw fault('E_NOTHING/unreadable');
      const notes: Problem[] = [];
      const told = (problem: Problem): void => {
        emit({ type: 'warning', series: null, problem });
        notes.push(problem);
      };
      const done =
        probe === null
          ? await learnProbe({ request, source, reads, emit, told, folder }, labels ?? '')
          : await applyProbe({ request, source, reads, emit, told, folder }, probe);
      return {
        type: 'result',
        command: 'probe',
        exitCode: problems.length > 0 ? EXIT.failed : EXIT.done,
        family: source.model.card.family,
        ...done,
        problems: [...problems, ...notes].map(withoutPlace),
      };
    } finally {
      await source.close();
    }
  } finally {
    await folder.release();
  }
}

/** Why a model cannot describe a series, which stops no other; null: it can. */
function unfit(model: OpenModel, read: SeriesRead): Problem | null {
  try {
    describable(model, read);
    return null;
  } catch (error) {
    return problemFrom(error);
  }
}
