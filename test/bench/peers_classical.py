"""DIPY and scikit-image. Each function: (image, noise, settings, in_unit_noise) -> image."""
import numpy as np


def non_local_means(image, noise, settings, _):
    """DIPY, with its own Rician correction. It sets what is negative to 0, so CT is lifted."""
    from dipy.denoise.nlmeans import nlmeans

    lift = max(0, -image.min())
    return nlmeans(image + lift, noise.sigma, rician=noise.distribution == 'rician', **settings) - lift


def marchenko_pastur(image, noise, settings, _):
    """DIPY's MP-PCA: for a series with many frames; finds the level itself."""
    from dipy.denoise.localpca import mppca

    return mppca(image, suppress_warning=True, **settings)


def patch2self(image, noise, settings, _):
    """DIPY's Patch2Self: each volume from all others, by least squares; needs b-values."""
    from dipy.denoise.patch2self import patch2self

    return patch2self(image, np.loadtxt(settings['bvals']), b0_threshold=50, verbose=False)


def dwidenoise(image, noise, settings, _):
    """MRtrix3's command, of Debian's mrtrix3."""
    import shutil
    import subprocess
    import tempfile

    import nibabel

    if shutil.which('dwidenoise') is None:
        raise SystemExit("there is no dwidenoise; install Debian's mrtrix3")
    with tempfile.TemporaryDirectory() as folder:
        nibabel.save(nibabel.Nifti1Image(image.astype(np.float32), np.eye(4)), f'{folder}/in.nii')
        subprocess.run(['dwidenoise', '-quiet', f'{folder}/in.nii', f'{folder}/out.nii'], check=True)
        return np.asarray(nibabel.load(f'{folder}/out.nii').dataobj).astype(np.float64)


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
