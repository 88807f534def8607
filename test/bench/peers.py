#!/usr/bin/python3
"""DIPY's non-local means with Rician noise, as in the DIPY tutorial: the classical peer of the quality bench.

usage: peers.py NOISY.nii[.gz] SIGMA OUT.nii.gz [--block-radius N]

SIGMA is the standard deviation of a complex channel, in the units of the image. Prints one JSON object: seconds of
the filter alone, and the settings. Needs Debian's python3-dipy (run with /usr/bin/python3).
"""
import argparse
import json
import time

import dipy
import nibabel
import numpy as np
from dipy.denoise.nlmeans import nlmeans


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('noisy')
    parser.add_argument('sigma', type=float)
    parser.add_argument('out')
    parser.add_argument('--block-radius', type=int, default=3)
    arguments = parser.parse_args()
    image = nibabel.load(arguments.noisy)
    values = np.asarray(image.dataobj).astype(np.float64)
    start = time.perf_counter()
    result = nlmeans(
        values,
        sigma=arguments.sigma,
        patch_radius=1,
        block_radius=arguments.block_radius,
        rician=True,
    )
    seconds = time.perf_counter() - start
    nibabel.save(nibabel.Nifti1Image(result.astype(np.float32), image.affine), arguments.out)
    print(json.dumps({
        'method': 'nlmeans',
        'dipy': dipy.__version__,
        'patchRadius': 1,
        'blockRadius': arguments.block_radius,
        'seconds': seconds,
    }))


if __name__ == '__main__':
    main()
