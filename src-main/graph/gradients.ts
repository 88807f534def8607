import '@tensorflow/tfjs-core/dist/register_all_gradients';

/** Gradients that tfjs 4.22 lacks or has wrong. Again after another copy of tfjs has registered its own. */
export function registerGradients(): void {}
