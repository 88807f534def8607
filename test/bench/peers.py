"""Runs one peer of the quality bench on one volume.

usage: peers.py PEER VOLUME OUT.nii --settings JSON [--vst TABLES.json]

VOLUME is a folder made by slab.py. Every peer gets the true noise level (map), distribution and correlation. Prints
one JSON object: versions of the packages that did the work, and seconds of the filter alone.
"""
import argparse
import importlib
import importlib.metadata
import json
import time
from pathlib import Path

import numpy as np
from quality_volume import in_unit_noise, read, read_noise, write

# Name -> module, function, packages, and whether it wants the whole 4D series.
PEERS = {
    'nlm': ('peers_classical', 'non_local_means', ['dipy'], False),
    'mppca': ('peers_classical', 'marchenko_pastur', ['dipy'], True),
    'patch2self': ('peers_classical', 'patch2self', ['dipy'], True),
    'dwidenoise': ('peers_classical', 'dwidenoise', ['nibabel'], True),
    'mean': ('peers_classical', 'temporal_mean', ['numpy'], True),
    'tv': ('peers_classical', 'total_variation', ['scikit-image'], False),
    'wavelet': ('peers_classical', 'wavelet', ['scikit-image', 'PyWavelets'], False),
    'bm3d': ('peers_bm', 'planes', ['bm3d', 'bm4d'], False),
    'bm4d': ('peers_bm', 'volume', ['bm4d'], False),
    'n2v2': ('peers_n2v', 'train_and_predict', ['careamics', 'torch'], True),
}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('peer', choices=PEERS)
    parser.add_argument('volume')
    parser.add_argument('out')
    parser.add_argument('--settings', type=json.loads, default={})
    parser.add_argument('--vst')
    arguments = parser.parse_args()
    module, function, packages, whole_series = PEERS[arguments.peer]
    denoise = getattr(importlib.import_module(module), function)
    values, affine = read(Path(arguments.volume) / 'noisy.nii')
    noise = read_noise(arguments.volume)

    settings = {**arguments.settings, 'bvals': str(Path(arguments.volume) / 'bvals')} if (
        arguments.peer == 'patch2self') else arguments.settings

    def filtered(image):
        return denoise(image, noise, settings, lambda f: in_unit_noise(image, noise, arguments.vst, f))

    start = time.perf_counter()
    if whole_series or values.ndim == 3:
        result = filtered(values)
    else:
        result = np.stack([filtered(values[..., frame]) for frame in range(values.shape[-1])], -1)
    seconds = time.perf_counter() - start
    write(arguments.out, result, affine)
    print(json.dumps({
        'versions': {name: importlib.metadata.version(name) for name in packages},
        'filterSeconds': seconds,
    }))


if __name__ == '__main__':
    main()
