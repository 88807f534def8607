"""How many planes of one series are planes of another with equal values, at the same position: of a series that is there
as single images and as an enhanced one, and of what is made of both.

usage: python test/bench/dicom_planes.py FOLDER OTHER
"""
import sys
from collections import defaultdict
from pathlib import Path

import numpy as np
import pydicom


def planes(folder):
    found = defaultdict(list)
    for path in sorted(Path(folder).rglob('*')):
        try:
            image = pydicom.dcmread(path)
            values = image.pixel_array
        except Exception:  # folders, licences, reports
            continue
        groups = image.get('PerFrameFunctionalGroupsSequence', [])
        frames = values if groups else [values]
        for i, frame in enumerate(frames):
            place = groups[i].PlanePositionSequence[0] if groups else image
            found[tuple(round(float(mm), 2) for mm in place.ImagePositionPatient)].append(frame)
    return found


def main():
    one, other = map(planes, sys.argv[1:3])
    equal = 0
    for place, frames in one.items():
        left = other[place]
        for frame in frames:
            same = next((i for i, values in enumerate(left) if np.array_equal(values, frame)), None)
            if same is not None:
                left.pop(same)
                equal += 1
    print(f'{equal} of {sum(map(len, one.values()))} planes are equal, {sum(map(len, other.values()))} of the other are left over')


if __name__ == '__main__':
    main()
