"""How a CT phantom's rods look: noise left inside them and width of their edges. usage: quality_rods.py VOLUME IMAGE

Prints JSON: rmse in HU against the mean of each rod inside (what is left of the noise, and nothing of the edge), mean:
that of the rods, and edge: 10 to 90 % of the step to air in mm, by the mean over the angles of the roundest rods.
"""
import json
import sys
from pathlib import Path

import nibabel
import numpy as np
from quality_volume import read
from scipy import ndimage

BIN = 0.25  # pixels


def main():
    folder, path = sys.argv[1:]
    rods, affine = read(Path(folder) / 'rods.nii')
    clean, _ = read(Path(folder) / 'clean.nii')
    image, _ = read(path)
    inside = rods > 0
    pixel = nibabel.affines.voxel_sizes(affine)[0]
    widths = [edge_width(image.mean(2), (rods == rod).any(2)) * pixel for rod in round_rods(rods)]
    print(json.dumps({
        'rmse': round(float(np.sqrt(np.mean((image - clean)[inside] ** 2))), 2),
        'mean': round(float(image[inside].mean()), 1),
        'edge': round(float(np.mean(widths)), 3),
    }))


def round_rods(rods):
    """Those whose area is that of a circle of their width."""
    found = []
    for rod in range(1, int(rods.max()) + 1):
        plane = (rods == rod).any(2)
        x, y = np.nonzero(plane)
        width = max(np.ptp(x), np.ptp(y)) + 1
        if plane.sum() < 0.87 * width**2:
            found.append(rod)
    return found


def edge_width(mean, plane):
    """Of the mean over slices, so that little noise is in it."""
    centre = ndimage.center_of_mass(plane)
    radius = np.sqrt(plane.sum() / np.pi)
    x, y = np.indices(mean.shape)
    distance = np.hypot(x - centre[0], y - centre[1])
    edges = np.arange(0, radius + 12, BIN)
    which = np.digitize(distance, edges)
    profile = np.array([mean[which == k].mean() if (which == k).any() else np.nan for k in range(1, len(edges))])
    profile = np.where(np.isnan(profile), np.interp(np.arange(len(profile)), np.flatnonzero(~np.isnan(profile)), profile[~np.isnan(profile)]), profile)
    top = profile[: int((radius - 3) / BIN)].mean()
    bottom = profile[-int(2 / BIN) :].mean()
    share = (profile - bottom) / (top - bottom)
    at = [np.flatnonzero(share > level)[-1] + crossing(share, level) for level in (0.9, 0.1)]
    return float((at[1] - at[0]) * BIN)


def crossing(share, level):
    """Where between the last value above a level and the next it is crossed."""
    k = np.flatnonzero(share > level)[-1]
    return (share[k] - level) / (share[k] - share[k + 1])


if __name__ == '__main__':
    main()
