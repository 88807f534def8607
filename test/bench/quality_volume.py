"""What the Python parts of the quality bench share: a volume on disk, its noise, and filters in unit noise.

A volume is a folder with noisy.nii, clean.nii, volume.json (see slab.py) and, where the noise varies, sigma.nii.
"""
import json
from dataclasses import dataclass
from pathlib import Path

import nibabel
import numpy as np


@dataclass(frozen=True)
class Noise:
    sigma: object  # float, or an array of the shape of one frame; units of the image
    distribution: str  # 'rician' or 'gaussian'
    fwhm: tuple  # voxels, along the three axes; the Gaussian kernel that correlates the noise
    band: bool = False  # the plane's noise of filtered back projection: nothing at 0, little at the highest frequency
    acquired: object = None  # power spectrum of a plane, frequency 0 first, where a scanner was simulated

    @property
    def white(self):
        return not any(self.fwhm) and not self.band and self.acquired is None


def read(path):
    image = nibabel.load(path)
    return np.asarray(image.dataobj).astype(np.float64), image.affine


def write(path, values, affine):
    nibabel.save(nibabel.Nifti1Image(values.astype(np.float32), affine), path)


def read_noise(folder):
    meta = json.loads((Path(folder) / 'volume.json').read_text())
    sigma = read(Path(folder) / 'sigma.nii')[0] if meta['sigmaVaries'] else meta['sigma']
    acquired = read(Path(folder) / 'spectrum.nii')[0] if meta.get('spectrum') else None
    return Noise(sigma, meta['distribution'], tuple(meta['fwhm']), meta['band'], acquired)


def kernel(shape, fwhm):
    """Gaussian kernel with unit energy on a torus of `shape`, centred on index 0."""
    result = np.ones([1] * len(shape))
    for axis, (length, width) in enumerate(zip(shape, fwhm)):
        line = np.zeros(length)
        if width > 0 and length > 1:
            sd = width / np.sqrt(8 * np.log(2))
            reach = int(np.ceil(4 * sd))
            for k in range(-reach, reach + 1):
                line[k % length] += np.exp(-k * k / (2 * sd * sd))
            line /= np.sqrt(np.sum(line**2))
        else:
            line[0] = 1
        result = result * line.reshape([-1 if a == axis else 1 for a in range(len(shape))])
    return result


def power_spectrum(shape, noise):
    """Power spectral density of unit noise: the convention of bm3d and bm4d, mean = number of voxels."""
    if noise.acquired is not None:
        return spread(noise.acquired.reshape(noise.acquired.shape[:2]), shape)
    if noise.band:
        return spread(back_projected(shape[:2]), shape)
    return np.abs(np.fft.fftn(kernel(shape, noise.fwhm[: len(shape)]))) ** 2 * np.prod(shape)


def spread(plane, shape):
    """The spectrum of a plane for white noise across slices."""
    flat = np.broadcast_to(plane.reshape(plane.shape + (1,) * (len(shape) - 2)), shape)
    return flat / flat.mean() * np.prod(shape)


def back_projected(shape):
    """|f| times the square of a Hann window that ends at 0.8 of the highest frequency along an axis."""
    f = np.hypot(*np.meshgrid(*(np.fft.fftfreq(length) for length in shape), indexing='ij')) / 0.4
    return f * np.where(f < 1, np.cos(np.pi * np.minimum(f, 1) / 2) ** 4, 0)


class RicianStabiliser:
    """The stabiliser of src-main/noise/stabiliser.ts, from tables that quality-vst.mjs wrote."""

    def __init__(self, path):
        table = json.loads(Path(path).read_text())
        self.forward_table = np.asarray(table['forward'])
        self.inverse_table = np.asarray(table['inverse'])
        self.steps = table['steps']

    def forward(self, x):
        end = (len(self.forward_table) - 1) / self.steps
        grid = np.arange(len(self.forward_table)) / self.steps
        return np.where(x < end, np.interp(x, grid, self.forward_table), x - 1 / (4 * np.maximum(x, 1)))

    def inverse(self, y):
        """y -> nu with E[f(m) | nu] = y; 0 for y under E[f(m) | 0]."""
        end = (len(self.inverse_table) - 1) / self.steps
        grid = np.arange(len(self.inverse_table)) / self.steps
        far = (y + np.sqrt(np.maximum(y * y - 1, 0))) / 2
        return np.where(y < end, np.interp(y, grid, self.inverse_table), far)


def in_unit_noise(values, noise, tables, denoise):
    """Applies `denoise` (of an image whose noise has standard deviation 1) and goes back without bias."""
    if noise.distribution == 'rician':
        stabiliser = RicianStabiliser(tables)
        return noise.sigma * stabiliser.inverse(denoise(stabiliser.forward(values / noise.sigma)))
    return noise.sigma * denoise(values / noise.sigma)
