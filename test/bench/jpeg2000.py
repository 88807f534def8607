"""JPEG 2000 (Pillow's OpenJPEG, irreversible) of 8-bit planes: FILE COLUMNS ROWS RATIO; prints bytes and squared error."""
import io, sys
import numpy as np
from PIL import Image

file, columns, rows, ratio = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
size, squares = 0, 0.0
for plane in np.fromfile(file, np.uint8).reshape(-1, rows, columns):
    out = io.BytesIO()
    Image.fromarray(plane).save(
        out, "JPEG2000", no_jp2=True, irreversible=True, quality_mode="rates", quality_layers=[ratio]
    )
    size += len(out.getvalue())
    squares += float(np.sum((np.asarray(Image.open(out), float) - plane) ** 2))
print(size, squares)
