import { fault } from '../contract/errors.js';
import type { ModelCard } from '../contract/models.js';
import { emitInference } from '../graph/emit/trace.js';
import type { NamedArrays } from '../graph/types.js';
import { familyNamed } from '../models/families/families.js';
import { headOf, LOSS_NAMES } from '../models/losses.js';
import { rank4 } from '../models/parameters.js';
import { restingPass } from '../training/step.js';

/**
 * The encoder of a model of one size as an ONNX model of its own: `image` [1, side, side, channels] in, codes out.
 *
 * @throws LimpidError E_MODEL for a model of any size or without latent, or weights that are not those of its card;
 * E_USAGE for settings that its family does not have
 */
export function encoderModel(card: ModelCard, weights: NamedArrays): Uint8Array {
  const { fixedSide, channels } = card.input;
  if (fixedSide === undefined) throw fault('E_MODEL/no-latent');
  const loss = LOSS_NAMES.find((name) => name === card.losses[0]?.name) ?? 'mse';
  const build = { head: headOf(loss), size: fixedSide };
  const { coder, parameters } = familyNamed(card.family).build(card.settings, build);
  if (coder === null) throw fault('E_MODEL/no-latent');
  for (const [name, { shape }] of Object.entries(parameters))
    if (weights[name]?.shape.join() !== shape.join()) throw fault('E_MODEL/damaged-weights');
  return emitInference(
    {
      parameters: weights,
      inputs: { image: [1, fixedSide, fixedSide, channels] },
      apply: (kept, { image }) => coder.encode(restingPass(kept), rank4(image)),
    },
    'cpu',
  );
}
