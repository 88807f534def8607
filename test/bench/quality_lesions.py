"""Faint lesions of known size and contrast, and how much of each a method keeps.

usage: quality_lesions.py VOLUME_WITH OUT_WITH OUT_WITHOUT       prints JSON

Retention of one lesion with template t: <D(y + t) - D(y), t> / <t, t>, with the same noise in both. 100 % is a method
that keeps it whole, 0 % one that removes it. Averaged over the lesions of a size and contrast.
"""
import json
import sys
from pathlib import Path

import numpy as np
from quality_volume import read

DIAMETERS = (8, 6, 4, 2)  # mm; large first, since these are hard to place
CONTRASTS = (1, 2, 3)  # standard deviations of the noise
REPEATS = 4  # lesions of each size and contrast
MARGIN = 4  # mm between the rims of two lesions
EDGE = 1  # mm over which a rim falls from 1 to 0


def insert_lesions(clean, spacing, sigma, tissue, seed):
    """The sum of all lesions (same shape as `clean`) and their list. Dark ones only where the tissue allows."""
    random = np.random.default_rng([seed, 1])
    candidates = random.permutation(np.argwhere(tissue))
    template = np.zeros(clean.shape)
    lesions = []
    for diameter in DIAMETERS:
        for index in range(REPEATS * len(CONTRASTS)):
            contrast = CONTRASTS[index % len(CONTRASTS)]
            centre, box, profile = place(candidates, lesions, diameter, spacing, tissue)
            height = contrast * sigma
            dark = index // len(CONTRASTS) % 2 == 1 and clean[box][profile > 0].min() > height
            template[box] += (-height if dark else height) * profile
            lesions.append({'centre': [int(c) for c in centre], 'diameter': diameter, 'contrast': contrast,
                            'dark': bool(dark)})
    return template, lesions


def place(candidates, lesions, diameter, spacing, tissue):
    for centre in candidates:
        if any(np.linalg.norm((centre - other['centre']) * spacing) < (diameter + other['diameter']) / 2 + MARGIN
               for other in lesions):
            continue
        box, profile = ball(centre, diameter, spacing, tissue.shape)
        if box is not None and tissue[box][profile > 0].all():
            return centre, box, profile
    raise SystemExit(f'no room for a lesion of {diameter} mm')


def ball(centre, diameter, spacing, shape):
    """A box around the centre and the lesion in it (1 inside, 0 outside, soft rim); None where it leaves the image."""
    reach = np.ceil((diameter / 2 + EDGE / 2) / spacing).astype(int)
    low, high = centre - reach, centre + reach + 1
    if (low < 0).any() or (high > shape).any():
        return None, None
    offsets = np.meshgrid(*(np.arange(-r, r + 1) * s for r, s in zip(reach, spacing)), indexing='ij')
    distance = np.sqrt(sum(offset**2 for offset in offsets))
    profile = np.clip((diameter / 2 - distance) / EDGE + 0.5, 0, 1)
    return tuple(slice(a, b) for a, b in zip(low, high)), profile


def retention(volume, with_lesions, without):
    lesions = json.loads((Path(volume) / 'volume.json').read_text())['lesions']
    template, affine = read(Path(volume) / 'lesions.nii')
    change = read(with_lesions)[0] - read(without)[0]
    spacing = np.sqrt((affine[:3, :3] ** 2).sum(0))
    kept = []
    for lesion in lesions:
        box, profile = ball(np.array(lesion['centre']), lesion['diameter'], spacing, change.shape)
        t = template[box] * (profile > 0)
        kept.append(100 * float((change[box] * t).sum() / (t * t).sum()))
    return {
        'byContrast': {str(c): mean_where(lesions, kept, contrast=c) for c in CONTRASTS},
        'byDiameter': {str(d): mean_where(lesions, kept, diameter=d) for d in sorted(DIAMETERS)},
        'byBoth': {f'{c} sigma, {d} mm': mean_where(lesions, kept, contrast=c, diameter=d)
                   for c in CONTRASTS for d in sorted(DIAMETERS)},
        'lesions': len(lesions),
    }


def mean_where(lesions, kept, **wanted):
    return float(np.mean([k for lesion, k in zip(lesions, kept)
                          if all(lesion[key] == value for key, value in wanted.items())]))


if __name__ == '__main__':
    print(json.dumps(retention(*sys.argv[1:4])))
