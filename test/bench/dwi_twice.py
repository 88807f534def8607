"""Denoises one of two acquisitions of a diffusion series and holds it against the other: ours and DIPY's MP-PCA in one run.

usage: python test/bench/dwi_twice.py FOLDER [--slices FIRST LAST] [--ours OUT] (build first)

FOLDER holds Siemens mosaics of two runs, one after the other by Instance Number. Of the mean squared difference between
the first run, denoised, and the second, in weighted volumes, the noise of the second is taken off; the rest is in units
of that noise's variance: 1 is what the first run has as it is.

  as written  what was written against the second run. That one has the bias of Rician noise, a corrected result has
              not: where the signal is weak, a result without bias looks worse than one that kept it
  with bias   of ours, each value made the mean that Rician noise gives to it: the same bias on both sides
  standing    of that, what the mean of all directions of the one run differs from that of the other by, less its noise:
              movement and drift between the runs, which no denoiser can take away

Masks are of b = 0 and of the mean of all directions, of both runs; then the widest by signal over noise, and its rim.
Needs pydicom, numpy, scipy and dipy (requirements.txt). Slices count from 0; DIPY sees two more on each side.
"""
import argparse
import os
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import pydicom
from scipy import ndimage, special

LIMPID = ['node', os.environ.get('LIMPID', str(Path(__file__).parents[2] / 'bin' / 'limpid.js'))]
MARGIN = 2


def main():
    asked = argparse.ArgumentParser()
    asked.add_argument('folder', type=Path)
    asked.add_argument('--slices', type=int, nargs=2)
    asked.add_argument('--ours', type=Path, help='of an earlier run, instead of denoising')
    asked = asked.parse_args()
    files = sorted(read(asked.folder), key=lambda image: int(image.InstanceNumber))
    half = len(files) // 2
    first, second = (volumes(part) for part in (files[:half], files[half:]))
    weighted = np.array([float(image[0x0019, 0x100C].value) > 100 for image in files[:half]])
    z0, z1 = asked.slices or (0, first.shape[1] - 1)
    part = slice(z0, z1 + 1)
    ours = volumes(sorted(read(asked.ours or denoised(files[:half])), key=lambda image: int(image.InstanceNumber)))
    peer = marchenko_pastur(first[:, max(0, z0 - MARGIN) : z1 + 1 + MARGIN])
    peer = peer[:, min(MARGIN, z0) :][:, : z1 - z0 + 1]
    first, second, ours = first[:, part], second[:, part], ours[:, part]
    b0 = (first + second)[~weighted].mean(0) / 2
    mean = (first + second)[weighted].mean(0) / 2
    wide = b0 > 0.1 * np.percentile(b0, 99)
    masks = {
        'b = 0 over 0.25': b0 > 0.25 * np.percentile(b0, 99),
        'b = 0 over 0.1': wide,
        'directions over 0.3': mean > 0.3 * np.percentile(mean, 99),
    }
    strong = masks['b = 0 over 0.25']
    sigma = float(np.sqrt(((first - second)[weighted][:, strong] ** 2).mean() / 2))
    snr = unbiased(mean, sigma) / sigma
    for low, high in ((0, 1), (1, 2), (2, 3), (3, 5), (5, np.inf)):
        masks[f'wide, signal {low} to {high} sigma'] = wide & (snr >= low) & (snr < high)
    in_plane = np.ones((1, 3, 3))
    filled = np.stack([ndimage.binary_fill_holes(plane) for plane in wide])
    inner = ndimage.binary_erosion(filled, in_plane, iterations=3)
    masks['wide, 3 voxels from its rim'] = wide & ~inner
    masks['wide, inside'] = wide & inner
    print(f'sigma {sigma:.1f}, slices {z0} to {z1}')
    print('| mask | voxels | ours, as written | ours, with bias | of that standing | DIPY, as written | ours - second, with bias | DIPY - second |')
    print('|---|---|---|---|---|---|---|---|')
    a, b, d, p = (one[weighted] for one in (first, second, ours, peer))
    lifted = biased(d, sigma)
    for name, mask in masks.items():
        if mask.sum() < 100:
            continue
        noise = ((a - b)[:, mask] ** 2).mean() / 2

        def error(result):
            return (((result - b)[:, mask] ** 2).mean() - noise) / noise

        both = (a.mean(0) - b.mean(0))[mask]
        standing = ((both**2).mean() - 2 * noise / len(a)) / noise
        shift = [(one - b)[:, mask].mean() / sigma for one in (lifted, p)]
        print(f'| {name} | {mask.sum()} | {error(d):.3f} | {error(lifted):.3f} | {standing:.3f} | {error(p):.3f} '
              f'| {shift[0]:+.3f} sigma | {shift[1]:+.3f} sigma |')


def read(folder):
    images = []
    for path in Path(folder).rglob('*'):
        if path.is_file() and '.limpid' not in path.parts:
            try:
                images.append(pydicom.dcmread(path))
            except pydicom.errors.InvalidDicomError:  # licences and reports
                continue
    return images


def volumes(images):
    """[volume, slice, row, column] of mosaics."""
    count = int(images[0][0x0019, 0x100A].value)
    across = int(np.ceil(np.sqrt(count)))
    planes = np.stack([image.pixel_array.astype(np.float64) for image in images])
    side = planes.shape[1] // across
    tiles = planes.reshape(len(images), across, side, across, side).swapaxes(2, 3)
    return tiles.reshape(len(images), across * across, side, side)[:, :count]


def denoised(images):
    """The folder of what `limpid denoise --model mppca` writes of images."""
    work = Path(tempfile.mkdtemp())
    (work / 'in').mkdir()
    for i, image in enumerate(images):
        image.save_as(work / 'in' / f'{i:04}.dcm')
    subprocess.run([*LIMPID, 'denoise', str(work / 'in'), str(work / 'out'), '--model', 'mppca'], check=True,
                   stdout=subprocess.DEVNULL)
    return work / 'out'


def marchenko_pastur(series):
    from dipy.denoise.localpca import mppca

    image = np.moveaxis(series, (0, 1), (3, 2))
    return np.moveaxis(mppca(image, patch_radius=2, suppress_warning=True), (3, 2), (0, 1))


def biased(value, sigma):
    """Mean of a Rician magnitude of this true value: sqrt(pi / 2) sigma L1/2(-value^2 / 2 sigma^2)."""
    x = np.maximum(value, 0) ** 2 / (4 * sigma**2)
    return np.sqrt(np.pi / 2) * sigma * ((1 + 2 * x) * special.ive(0, x) + 2 * x * special.ive(1, x))


def unbiased(value, sigma):
    steps = np.linspace(0, max(value.max(), sigma), 20_000)
    return np.interp(value, biased(steps, sigma), steps)


if __name__ == '__main__':
    main()
