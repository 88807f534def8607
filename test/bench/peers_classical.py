"""DIPY and scikit-image. Each function: (image, noise, settings, in_unit_noise) -> image."""
import numpy as np


def non_local_means(image, noise, settings, _):
    """DIPY, with its own Rician correction."""
    from dipy.denoise.nlmeans import nlmeans

    return nlmeans(image, noise.sigma, rician=noise.distribution == 'rician', **settings)


def marchenko_pastur(image, noise, settings, _):
    """DIPY's MP-PCA: for a series with many frames; finds the level itself."""
    from dipy.denoise.localpca import mppca

    return mppca(image, suppress_warning=True, **settings)


def temporal_mean(image, noise, settings, _):
    """No peer: the most that a series without any dynamics could give."""
    return np.repeat(image.mean(-1, keepdims=True), image.shape[-1], axis=-1)


def total_variation(image, noise, settings, in_unit_noise):
    from skimage.restoration import denoise_tv_chambolle

    return in_unit_noise(lambda unit: denoise_tv_chambolle(unit, **settings))


def wavelet(image, noise, settings, in_unit_noise):
    """With cycle spinning, as scikit-image's own example."""
    from skimage.restoration import cycle_spin, denoise_wavelet

    shifts = settings['max_shifts']
    options = {'sigma': 1.0, 'rescale_sigma': False, **{k: v for k, v in settings.items() if k != 'max_shifts'}}

    def spin(unit):
        return cycle_spin(unit, max_shifts=shifts, func=denoise_wavelet, func_kw=options, num_workers=1)

    return in_unit_noise(spin)
