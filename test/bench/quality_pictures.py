"""One PNG of a volume: each image in the same window, and under it what it took out of the noisy one.

usage: quality_pictures.py VOLUME OUT.png TITLE IMAGE [TITLE IMAGE ...]

The middle slice, of a series its last frame. Images: from 0 to the 99.5th percentile of the reference. Residuals (noisy less
image): from -3 to 3 of the median noise level, grey = 0.
"""
import json
import sys
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw
from quality_volume import read, read_noise

CAPTION = 14  # pixels
ENLARGED = 3


def main():
    folder, out, *pairs = sys.argv[1:]
    noisy, clean = (plane(Path(folder) / name) for name in ('noisy.nii', 'clean.nii'))
    top = np.percentile(clean, 99.5)
    span = 3 * float(np.median(read_noise(folder).sigma))
    columns = [('reference', tile(clean, 0, top), tile(noisy - clean, -span, span))]
    for title, path in zip(pairs[::2], pairs[1::2]):
        image = plane(path)
        columns.append((title, tile(image, 0, top), tile(noisy - image, -span, span)))
    Path(out).parent.mkdir(parents=True, exist_ok=True)
    montage(columns).save(out)
    print(json.dumps({'window': [0, float(top)], 'residual': [-span, span]}))


def plane(path):
    """Rows from top to bottom as a viewer shows them."""
    values = read(path)[0]
    values = values[..., -1] if values.ndim == 4 else values
    return np.kron(np.flipud(values[:, :, values.shape[2] // 2].T), np.ones((ENLARGED, ENLARGED)))


def tile(values, low, high):
    return np.round(255 * np.clip((values - low) / (high - low), 0, 1)).astype(np.uint8)


def montage(columns):
    rows, width = columns[0][1].shape
    sheet = Image.new('L', (width * len(columns), CAPTION + 2 * rows))
    draw = ImageDraw.Draw(sheet)
    for index, (title, image, residual) in enumerate(columns):
        draw.text((index * width + 2, 1), title[: width // 6], fill=255)
        sheet.paste(Image.fromarray(image), (index * width, CAPTION))
        sheet.paste(Image.fromarray(residual), (index * width, CAPTION + rows))
    return sheet


if __name__ == '__main__':
    main()
