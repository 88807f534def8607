import { type Autoencoder, CONDITIONS, defineFamily } from '../family.js';
import { headOf } from '../losses.js';
import { unet } from '../unet.js';

/**
 * The denoiser of series whose noise is known: a U-Net over slices in units of their noise. It learns from the series
 * itself (`limpid denoise --model self`) or, told level, mean and correlation by conditions, from drawn images of all
 * kinds (`limpid pretrain`: the shipped one). `limpid train` does not offer it: its images are of unknown noise.
 */
const unitNoise = defineFamily(
  {
    name: 'unet',
    summary: 'Takes noise of known level away.',
    wholePlanes: false,
    latentSetting: null,
  },
  // A checkpoint is refused where these come in another order.
  {
    base: 16,
    levels: 3,
    context: 0,
    conditioned: false,
    residual: true,
    topSkip: true,
    mean: 0,
    scale: 1,
  },
  { base: [4, 64], levels: [2, 5], context: [0, 3] },
  (settings, { head }): Autoencoder => {
    const net = unet(settings);
    const { context, conditioned } = settings;
    const conditions = conditioned ? CONDITIONS : [];
    return {
      family: 'unet',
      settings,
      tasks: ['denoise'],
      channels: 2 * context + 1 + conditions.length,
      context,
      conditions,
      multiple: net.multiple,
      radius: net.radius,
      head,
      parameters: net.parameters,
      buffers: net.buffers,
      draws: net.draws,
      ramp: 0,
      forward: (pass, image) => ({ raw: net.apply(pass, image), penalties: {}, measures: {} }),
      coder: null,
    };
  },
);

/** @throws LimpidError E_USAGE for a setting that is unknown or out of range */
export function denoiser(settings: Parameters<typeof unitNoise.build>[0]): Autoencoder {
  return unitNoise.build(settings, { head: headOf('mse'), size: 0 });
}
