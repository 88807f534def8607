import { errorFrom, fault } from '../contract/errors.js';
import type { ModelsResult } from '../contract/model-results.js';
import type { ModelsRequest } from '../contract/requests/requests.js';
import type { AppApi } from '../contract/window/app.js';
import type { RunningJob } from '../process/client.js';
import { listAllModels, modelDetails } from '../store/model-cards.js';
import { deleteModel, findModel } from '../store/model-store.js';

type ModelsApi = Pick<AppApi, 'models' | 'modelDetails' | 'importModel' | 'exportModel' | 'deleteModel'>;

/**
 * The models of this machine. They do not wait for the queue: what opens a model file, which may come from anywhere,
 * runs in a compute process of its own.
 */
export function modelsApi(options: {
  readonly compute: (request: ModelsRequest) => Pick<RunningJob, 'result'>;
  readonly onChange: () => void;
}): ModelsApi {
  const run = async (request: ModelsRequest): Promise<ModelsResult> => {
    const result = await options.compute(request).result;
    if ('stopped' in result) throw errorFrom(result.stopped);
    if (result.command === 'models') return result;
    throw fault('E_INTERNAL/models-answer');
  };
  return {
    models: listAllModels,
    modelDetails,
    async importModel(path, name, foreign) {
      const {
        models: [entry],
      } = await run({ type: 'models', action: 'import', path, name, foreign });
      options.onChange();
      if (entry === undefined) throw fault('E_INTERNAL/models-answer');
      return entry;
    },
    async exportModel(model, path, part) {
      await run({ type: 'models', action: 'export', model, path, part });
    },
    async deleteModel(id) {
      await deleteModel(await findModel(id));
      options.onChange();
    },
  };
}
