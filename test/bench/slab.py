#!/usr/bin/python3
"""Cuts slices FROM to TO (both inclusive, third axis) out of a NIfTI file: usage: slab.py IN OUT FROM TO"""
import sys

import nibabel
import numpy as np

source, target, first, last = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
image = nibabel.load(source)
values = np.asarray(image.dataobj)[:, :, first : last + 1].astype(np.float32)
nibabel.save(nibabel.Nifti1Image(values, image.affine), target)
