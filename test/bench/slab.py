"""Makes a volume with known truth for the quality bench. usage: slab.py SPEC.json FOLDER

SPEC: {"source": {"kind": "nifti", "path", "slices": [first, last]}        both inclusive, third axis
               | {"kind": "ct", "path": folder, "slices": [first, last]}   sorted by position; HU + 1024, padding = air
               | {"kind": "repeats", "path": folder or NIfTI},             a static 4D series
       "noise": {"distribution": "rician"|"gaussian", "percent" of the maximum | "hu", "fwhm": [x, y, z] voxels,
                 "gain": peak factor of the sigma map, or 1},              not for repeats
       "lesions": true|false, "seed": n}

Writes noisy.nii, clean.nii, volume.json, and sigma.nii where the noise varies, lesions.nii where there are some.
Repeats: frames 0, 2, 4... are the noisy series; the mean of frames 1, 3, 5... is the reference, once for each noisy
frame, so that no method ever sees the noise of its reference. Sigma is measured on the noisy half alone.
"""
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import nibabel
import numpy as np
from quality_lesions import insert_lesions
from quality_volume import kernel, read, write

TISSUE = 10 / 255  # as the automatic mask of `limpid evaluate`


def main():
    spec = json.loads(Path(sys.argv[1]).read_text())
    folder = Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    if spec['source']['kind'] == 'repeats':
        repeats(spec, folder)
    else:
        simulated(spec, folder)


def simulated(spec, folder):
    clean, affine = load(spec['source'])
    noise = spec['noise']
    peak = clean.max()
    sigma = noise['hu'] if 'hu' in noise else noise['percent'] / 100 * peak
    varies = noise['gain'] != 1
    level = sigma * gain_map(clean.shape, noise['gain']) if varies else sigma
    meta = {'distribution': noise['distribution'], 'sigma': sigma, 'sigmaVaries': varies, 'fwhm': noise['fwhm'],
            'peak': peak, 'referenceVariance': 0, 'lesions': []}
    signal = clean
    if spec['lesions']:
        spacing = nibabel.affines.voxel_sizes(affine)
        template, meta['lesions'] = insert_lesions(clean, spacing, sigma, clean > TISSUE * peak, spec['seed'])
        write(folder / 'lesions.nii', template, affine)
        signal = clean + template
    random = np.random.default_rng(spec['seed'])
    real, imaginary = (noise_field(clean.shape, noise['fwhm'], random) for _ in range(2))
    noisy = signal + level * real
    if noise['distribution'] == 'rician':
        noisy = np.hypot(noisy, level * imaginary)
    if varies:
        write(folder / 'sigma.nii', level, affine)
    save(folder, noisy, clean, affine, meta)


def repeats(spec, folder):
    series, affine = load_repeats(spec['source']['path'])
    noisy, others = series[..., 0::2], series[..., 1::2]
    reference = others.mean(-1)
    tissue = reference > TISSUE * reference.max()
    differences = np.diff(noisy, axis=-1) / np.sqrt(2)
    sigma = float(np.median(differences.std(-1)[tissue]))
    meta = {
        'distribution': 'gaussian',  # far above the noise floor
        'sigma': sigma,
        'sigmaVaries': False,
        'fwhm': [fwhm_of(differences, tissue, axis) for axis in range(3)],
        'peak': reference.max(),
        # Noise of the reference itself: the same for all methods, and no error of theirs.
        'referenceVariance': float(np.mean(others.var(-1, ddof=1)[tissue]) / others.shape[-1]),
        'lesions': [],
    }
    truth = np.repeat(reference[..., None], noisy.shape[-1], axis=-1)
    save(folder, noisy, truth, affine, meta)


def save(folder, noisy, clean, affine, meta):
    write(folder / 'clean.nii', clean, affine)
    write(folder / 'noisy.nii', noisy, affine)
    (folder / 'volume.json').write_text(json.dumps(meta, indent=1))


def noise_field(shape, fwhm, random):
    """Gaussian noise of standard deviation 1, correlated on a torus."""
    white = random.standard_normal(shape)
    if not any(fwhm):
        return white
    return np.real(np.fft.ifftn(np.fft.fftn(white) * np.fft.fftn(kernel(shape, fwhm))))


def gain_map(shape, peak):
    """1 at the rim, `peak` in the middle of each slice: the g-factor of parallel imaging, roughly."""
    x, y = np.meshgrid(*(np.linspace(-1, 1, length) for length in shape[:2]), indexing='ij')
    return np.broadcast_to((1 + (peak - 1) * np.exp(-(x**2 + y**2) / (2 * 0.35**2)))[..., None], shape)


def fwhm_of(differences, tissue, axis):
    """Width of the Gaussian kernel that gives the lag-1 correlation r: r = exp(-1 / (4 sd^2)). 0 where r < 0.1."""
    ahead = np.take(differences, range(1, differences.shape[axis]), axis)
    behind = np.take(differences, range(differences.shape[axis] - 1), axis)
    both = np.take(tissue, range(1, tissue.shape[axis]), axis) & np.take(tissue, range(tissue.shape[axis] - 1), axis)
    a, b = ahead[both], behind[both]
    lag = float((a * b).mean() / np.sqrt((a**2).mean() * (b**2).mean()))
    return float(np.sqrt(8 * np.log(2)) / (2 * np.sqrt(-np.log(lag)))) if lag >= 0.1 else 0.0


def load(source):
    first, last = source['slices']
    if source['kind'] == 'nifti':
        values, affine = read(source['path'])
        return values[:, :, first : last + 1], affine
    return load_ct(source['path'], first, last)


def load_ct(folder, first, last):
    import pydicom

    files = [pydicom.dcmread(path) for path in sorted(Path(folder).rglob('*.dcm'))]
    files.sort(key=lambda image: float(image.ImagePositionPatient[2]))
    files = files[first : last + 1]
    planes = [image.pixel_array * float(image.RescaleSlope) + float(image.RescaleIntercept) for image in files]
    gaps = np.diff([float(image.ImagePositionPatient[2]) for image in files])
    dy, dx = (float(value) for value in files[0].PixelSpacing)
    affine = np.diag([dx, dy, float(np.median(gaps)), 1.0])
    return np.maximum(np.stack(planes, -1).swapaxes(0, 1) + 1024, 0), affine


def load_repeats(path):
    if Path(path).is_file():
        return read(path)
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(['dcm2niix', '-b', 'n', '-z', 'n', '-f', 's', '-o', folder, path], check=True, capture_output=True)
        series = [read(found) for found in sorted(Path(folder).glob('*.nii'))]
    series = [found for found in series if found[0].ndim == 4]
    if len(series) != 1:
        raise SystemExit(f'repeats: one 4D series is needed, here are {len(series)}')
    return series[0]


if __name__ == '__main__':
    main()
