"""Makes a volume with known truth for the quality bench. usage: slab.py SPEC.json FOLDER

SPEC: {"source": {"kind": "image", "path": NIfTI or DICOM folder, "slices": [first, last] | count in the middle,
                  "box": [x0, x1, y0, y1] pixels, "halved": true: means of 2 x 2 x 2 voxels, whose own noise is less,
                  "inverted": true: contrast turned around, as fluid is the brightest in T2}
               | {"kind": "ct", "path": folder, "slices", "box"}           sorted by position; HU, padding = air
               | {"kind": "phantom", "path": folder, "slices", "box"}      rods in air; HU, as they were scanned
               | {"kind": "repeats", "path": folder or NIfTI, "slices"}    a static 4D series
               | {"kind": "twice", "path": folder, "slices"},              two runs of one diffusion series
       "noise": {"distribution": "rician"|"gaussian", "percent" of the maximum | "hu", "fwhm": [x, y, z] voxels,
                 "gain": peak factor of the sigma map, or 1, "band": true: as filtered back projection makes it,
                 "scanner": a name of quality-scan.mjs, which makes the noise then},
       "lesions": true|false, "seed": n}

Writes noisy.nii, clean.nii, volume.json, and sigma.nii where the noise varies, lesions.nii where there are some.
Repeats: frames 0, 2, 4... are the noisy series; the mean of frames 1, 3, 5... is the reference, once for each noisy
frame, so that no method ever sees the noise of its reference. Sigma is measured on the noisy half alone.
Twice: the first run is denoised, the second is the reference; half of their squared difference is its own noise.
"""
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import nibabel
import numpy as np
from quality_lesions import insert_lesions
from quality_volume import Noise, power_spectrum, read, write
from scipy import ndimage

TISSUE = 10 / 255  # as the automatic mask of `limpid evaluate`


def main():
    spec = json.loads(Path(sys.argv[1]).read_text())
    folder = Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    measured = {'repeats': repeats, 'twice': twice, 'phantom': phantom}
    measured.get(spec['source']['kind'], simulated)(spec, folder)


def simulated(spec, folder):
    clean, affine = load(spec['source'])
    noise = spec['noise']
    peak = float(clean.max())
    sigma = noise['hu'] if 'hu' in noise else noise['percent'] / 100 * peak
    varies = noise['gain'] != 1
    level = sigma * gain_map(clean.shape, noise['gain']) if varies else sigma
    meta = {'distribution': noise['distribution'], 'sigma': sigma, 'sigmaVaries': varies, 'fwhm': noise['fwhm'],
            'band': noise.get('band', False), 'peak': peak, 'referenceVariance': 0, 'lesions': []}
    if spec['source']['kind'] == 'ct':
        write(folder / 'tissue.nii', clean > -500, affine)
    if 'scanner' in noise:
        return save(folder, clean, clean, affine, {**meta, 'sigmaVaries': True})
    signal = clean
    if spec['lesions']:
        spacing = nibabel.affines.voxel_sizes(affine)
        template, meta['lesions'] = insert_lesions(clean, spacing, sigma, clean > TISSUE * peak, spec['seed'])
        write(folder / 'lesions.nii', template, affine)
        signal = clean + template
    random = np.random.default_rng(spec['seed'])
    real, imaginary = (noise_field(clean.shape, meta, random) for _ in range(2))
    noisy = signal + level * real
    if noise['distribution'] == 'rician':
        noisy = np.hypot(noisy, level * imaginary)
    if varies:
        write(folder / 'sigma.nii', level, affine)
    save(folder, noisy, clean, affine, meta)


def repeats(spec, folder):
    series, affine = load_series(spec['source'])
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
        'band': False,
        'peak': float(reference.max()),
        # Noise of the reference itself: the same for all methods, and no error of theirs.
        'referenceVariance': float(np.mean(others.var(-1, ddof=1)[tissue]) / others.shape[-1]),
        'lesions': [],
    }
    write(folder / 'tissue.nii', np.repeat(tissue[..., None], noisy.shape[-1], -1), affine)
    truth = np.repeat(reference[..., None], noisy.shape[-1], axis=-1)
    save(folder, noisy, truth, affine, meta)


def twice(spec, folder):
    series, affine = load_series(spec['source'])
    half = series.shape[-1] // 2
    first, second = series[..., :half], series[..., half : 2 * half]
    values = np.loadtxt(bvals_beside(spec['source']['path']))[:half]
    weighted = values > 500
    signal = series[..., :half][..., ~weighted].mean(-1)
    tissue = signal > 0.25 * np.percentile(signal, 99)
    tissue = np.repeat(tissue[..., None], half, -1) & weighted
    variance = float(np.mean((first - second)[tissue] ** 2)) / 2
    write(folder / 'tissue.nii', tissue, affine)
    np.savetxt(folder / 'bvals', values)
    save(folder, first, second, affine, {
        'distribution': 'rician', 'sigma': float(np.sqrt(variance)), 'sigmaVaries': False, 'fwhm': [0, 0, 0],
        'band': False, 'peak': float(second.max()), 'referenceVariance': variance, 'lesions': []})


def phantom(spec, folder):
    """What it should be is a mean over each rod: noise is what differs from it inside."""
    values, affine = load(spec['source'])
    rods = rods_of(values)
    inside = ndimage.binary_erosion(rods > 0, np.ones((7, 7, 1)))
    clean = np.where(rods > 0, 0, values)
    for rod in range(1, rods.max() + 1):
        clean[rods == rod] = values[inside & (rods == rod)].mean()
    write(folder / 'rods.nii', np.where(inside, rods, 0), affine)
    # the same rod in each slice: what changes from slice to slice is noise
    sigma = float(np.sqrt(np.mean([values[..., z][inside[..., z]].var() for z in range(values.shape[2])])))
    save(folder, values, clean, affine, {
        'distribution': 'gaussian', 'sigma': sigma, 'sigmaVaries': False, 'fwhm': [0, 0, 0], 'band': True,
        'peak': float(values.max()), 'referenceVariance': 0, 'lesions': []})


def rods_of(values):
    """Labels of regions of soft tissue density with room in them; the rods go through all slices."""
    mean = ndimage.gaussian_filter(values, (1.5, 1.5, 0)).mean(2)
    labels, count = ndimage.label((mean > 0) & (mean < 300))
    sizes = ndimage.sum(ndimage.binary_erosion(labels > 0, iterations=4), labels, range(1, count + 1))
    kept = [rod + 1 for rod in range(count) if sizes[rod] > 100]
    flat = sum(np.where(labels == label, k + 1, 0) for k, label in enumerate(kept))
    return np.repeat(flat[..., None], values.shape[2], 2)


def save(folder, noisy, clean, affine, meta):
    write(folder / 'clean.nii', clean, affine)
    write(folder / 'noisy.nii', noisy, affine)
    (folder / 'volume.json').write_text(json.dumps(meta, indent=1))


def noise_field(shape, meta, random):
    """Gaussian noise of standard deviation 1, correlated on a torus."""
    white = random.standard_normal(shape)
    noise = Noise(1, meta['distribution'], tuple(meta['fwhm']), meta['band'])
    if noise.white:
        return white
    return np.real(np.fft.ifftn(np.fft.fftn(white) * np.sqrt(power_spectrum(shape, noise) / np.prod(shape))))


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
    """The volume of the slices and the box that are asked for."""
    is_ct = source['kind'] in ('ct', 'phantom')
    values, affine = load_ct(source['path']) if is_ct else load_image(source['path'])
    if source.get('halved'):
        values, affine = halved(values), affine @ np.diag([2, 2, 2, 1])
    values = cut(values, source)
    return (inverted(values) if source.get('inverted') else values), affine


def cut(values, source):
    chosen = source['slices']
    middle = values.shape[2] // 2
    first, last = chosen if isinstance(chosen, list) else (middle - chosen // 2, middle - chosen // 2 + chosen - 1)
    x0, x1, y0, y1 = source.get('box', [0, values.shape[0], 0, values.shape[1]])
    return values[x0:x1, y0:y1, first : last + 1]


def halved(values):
    x, y, z = (length // 2 for length in values.shape)
    return values[: 2 * x, : 2 * y, : 2 * z].reshape(x, 2, y, 2, z, 2).mean((1, 3, 5))


def inverted(values):
    """Bright becomes dark inside the object; air stays 0."""
    top = np.percentile(values, 99.9)
    return np.where(values > TISSUE * top, 1.1 * top - np.minimum(values, top), 0)


def load_image(path):
    """A NIfTI file, or the one volume that dcm2niix makes of a DICOM folder."""
    values, affine = converted(path, lambda found: found[0].ndim == 3)
    return values, affine


def load_series(source):
    values, affine = converted(source['path'], lambda found: found[0].ndim == 4)
    return (cut(values, source) if 'slices' in source else values), affine


def converted(path, wanted):
    if Path(path).is_file():
        return read(path)
    with tempfile.TemporaryDirectory() as folder:
        convert(path, folder)
        series = [found for found in map(read, sorted(Path(folder).glob('*.nii'))) if wanted(found)]
    if len(series) != 1:
        raise SystemExit(f'{len(series)} series of that kind are in the folder; one is needed')
    return series[0]


def convert(path, folder):
    subprocess.run(['dcm2niix', '-b', 'n', '-z', 'n', '-f', '%s', '-o', folder, path], check=True, capture_output=True)


def bvals_beside(path):
    folder = tempfile.mkdtemp()
    convert(path, folder)
    return next(Path(folder).glob('*.bval'))


def load_ct(folder):
    import pydicom

    files = [pydicom.dcmread(path, force=True) for path in sorted(Path(folder).rglob('*')) if path.is_file()]
    files = [image for image in files if 'PixelData' in image]
    files.sort(key=lambda image: float(image.ImagePositionPatient[2]))
    planes = [image.pixel_array * float(image.RescaleSlope) + float(image.RescaleIntercept) for image in files]
    gaps = np.diff([float(image.ImagePositionPatient[2]) for image in files])
    dy, dx = (float(value) for value in files[0].PixelSpacing)
    affine = np.diag([dx, dy, float(np.median(gaps)), 1.0])
    return np.maximum(np.stack(planes, -1).swapaxes(0, 1), -1024), affine


if __name__ == '__main__':
    main()
