"""Holds what Limpid makes of real DICOM files against the files: a row of the table of docs/dicom.md a folder.

usage: python test/bench/dicom_files.py [--sample N] [--model NAME] [--strength S] NAME=FOLDER... (build first)

Each folder is listed, denoised at strength 0 and with MODEL (dct) at S (0.8) with error maps, once where S is 0, and of the
derived files:
  pixels       at strength 0 stored values and slopes equal those of the source, by pydicom
  dciodvfy     lines that begin with Error and are new beside the source, of N files (6) a series, maps as well
  dcentvfy     lines that it says of sources and derived files together and not of the sources alone
  dcm2niix     grids, affines and values of the images that it makes at strength 0 are those that it makes of the source
  Orthanc      takes N files a series and gives them back with equal pixels and as many elements
  highdicom    reads multi-frame files with equal geometry and frames, where it reads their sources
Needs dicom3tools and orthanc of Debian and requirements-dicom.txt, whose bin must be first on the PATH: Debian's dcm2niix
of 2022 reads no fragments of JPEG lossless. What is not there is told as '-'.
"""
import gzip
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import pydicom
from pydicom.uid import UID, DeflatedExplicitVRLittleEndian, ExplicitVRLittleEndian

LIMPID = ['node', os.environ.get('LIMPID', str(Path(__file__).parents[2] / 'bin' / 'limpid.js'))]
FRAMES = 'PerFrameFunctionalGroupsSequence'


def main():
    options, folders = {'--sample': '6', '--model': 'dct', '--strength': '0.8'}, []
    words = iter(sys.argv[1:])
    for word in words:
        if word in options:
            options[word] = next(words)
        else:
            folders.append(word.split('=', 1))
    print('| Name | SOP class | Manufacturer | Files, frames | Formed | Derived | Pixels | dciodvfy | dcentvfy | dcm2niix | Orthanc | highdicom |')
    print('|---|---|---|---|---|---|---|---|---|---|---|---|')
    for name, folder in folders:
        with tempfile.TemporaryDirectory() as work:
            tempfile.tempdir = work  # a folder for each file is made below: all go with this one
            for row in rows_of(name, Path(folder), Path(work), options):
                print('| ' + ' | '.join(str(cell) for cell in row) + ' |', flush=True)
            tempfile.tempdir = None


def rows_of(name, folder, work, options):
    sources, sample = read_all(folder), int(options['--sample'])
    same, out = work / 'same', work / 'out'
    formed = inspect(folder)
    # a long series is read and measured once where --strength is 0: its error map is empty, and its files are those of both
    strengths = {out: options['--strength']} if float(options['--strength']) == 0 else {same: '0', out: options['--strength']}
    same = next(iter(strengths))
    for target, strength in strengths.items():
        settings = ['--model', options['--model'], '--strength', strength, *(['--error-map'] if target == out else [])]
        done = run([*LIMPID, 'denoise', str(folder), str(target), *settings])
        if done.returncode > 1:
            print(done.stdout + done.stderr, file=sys.stderr)
    kept, derived = read_all(same), read_all(out)
    by_uid = {one.SOPInstanceUID: one for one in sources}
    entities = new_lines(dcentvfy(sources), dcentvfy(sources + derived)) if shutil.which('dcentvfy') else None
    geometry = dcm2niix(folder, without_maps(same, sources, work), work)
    for sop, those in grouped(sources).items():
        mine = [one for one in derived if one.SOPClassUID == sop]
        maps = [one for one in derived if one.SOPClassUID not in {image.SOPClassUID for image in sources}]
        pairs = [(source_of(one, by_uid), one) for one in kept if one.SOPClassUID == sop]
        checked = sampled(mine, sample) + sampled(maps, sample)
        frames = sum(int(one.get('NumberOfFrames', 1)) for one in those)
        yield (
            name, UID(sop).name, ', '.join(sorted({one.get('Manufacturer', '') for one in those})),
            len(those) if frames == len(those) else f'{len(those)}, {frames}', formed, len(mine),
            pixels(pairs), validated(checked, by_uid), told(entities), geometry,
            archived(checked, work), highdicom_reads([(source_of(one, by_uid), one) for one in mine]),
        )


def without_maps(folder, sources, work):
    """The derived images alone: an error map beside them is an image of its own for dcm2niix."""
    classes = {one.SOPClassUID for one in sources}
    alone = work / 'alone'
    alone.mkdir()
    for i, one in enumerate(image for image in read_all(folder) if image.SOPClassUID in classes):
        shutil.copy(one.path, alone / f'{i:05}.dcm')
    return alone


def run(command):
    return subprocess.run(command, capture_output=True, text=True, errors='replace')


def told(count):
    return '-' if count is None else count if isinstance(count, str) else len(count)


def read_all(folder):
    found = []
    for path in sorted(Path(folder).rglob('*')):
        if not path.is_file() or '.limpid' in path.parts:
            continue
        try:
            file = gzip.open(path) if path.suffix == '.gz' else path
            image = pydicom.dcmread(file)
        except Exception:  # other files of the folder, such as its licence
            continue
        if 'SOPClassUID' in image and ('PixelData' in image or 'FloatPixelData' in image):
            image.path = path
            found.append(image)
    return found


def grouped(images):
    classes = defaultdict(list)
    for image in images:
        classes[image.SOPClassUID].append(image)
    return classes


def sampled(images, count):
    """The first, the last and some between, of every series."""
    series = defaultdict(list)
    for image in images:
        series[image.SeriesInstanceUID].append(image)
    chosen = []
    for those in series.values():
        places = np.unique(np.linspace(0, len(those) - 1, min(count, len(those))).round().astype(int))
        chosen += [those[place] for place in places]
    return chosen


def inspect(folder):
    result = json.loads(run([*LIMPID, 'inspect', str(folder), '--json']).stdout.strip().splitlines()[-1])
    grids = Counter()
    for one in result.get('series', []):
        grid = f"{one['columns']} x {one['rows']} x {one['slices']}" + (f" x {one['frames']}" if one['frames'] > 1 else '')
        grids[grid if one['why'] is None else f"{grid} refused ({one['why']['code']})"] += 1
    return '; '.join(grid if count == 1 else f'{count} of {grid}' for grid, count in grids.items())


def source_of(image, by_uid):
    """Of the images that a derived one names, the one that is it."""
    named = [by_uid[uid] for uid in references(image) if uid in by_uid]
    alike = [one for one in named if identity(one) == identity(image)]
    return alike[0] if alike else None


def references(image):
    uids = [one.ReferencedSOPInstanceUID for one in image.get('SourceImageSequence', [])]
    for frame in image.get(FRAMES, []):
        for derivation in frame.get('DerivationImageSequence', []):
            uids += [one.ReferencedSOPInstanceUID for one in derivation.get('SourceImageSequence', [])]
    for study in image.get('SourceImageEvidenceSequence', []):
        for series in study.ReferencedSeriesSequence:
            uids += [one.ReferencedSOPInstanceUID for one in series.ReferencedSOPSequence]
    return dict.fromkeys(uids)


def identity(image):
    first = image[FRAMES][0] if FRAMES in image else image
    names = ['InstanceNumber', 'NumberOfFrames', 'AcquisitionNumber', 'ImagePositionPatient', 'EchoTime', 'Rows']
    place = first.get('PlanePositionSequence', [image])[0].get('ImagePositionPatient')
    return [str(image.get(one)) for one in names] + [str(place)]


def pixels(pairs):
    if not pairs:
        return '-'
    wrong = 0
    for source, image in pairs:
        if source is None or slopes(source) != slopes(image):
            wrong += 1
        elif not np.array_equal(source.pixel_array, image.pixel_array):
            wrong += 1
    return 'equal' if wrong == 0 else f'{wrong} of {len(pairs)} differ'


def slopes(image):
    groups = list(image.get(FRAMES, [])) + list(image.get('SharedFunctionalGroupsSequence', [])) + [image]
    values = [one for group in groups for one in group.get('PixelValueTransformationSequence', [group])]
    return [(one.get('RescaleSlope'), one.get('RescaleIntercept')) for one in values]


def plain(image):
    """A path that tools can read: neither dicom3tools nor dcm2niix opens a gzipped file or a deflated data set."""
    path = Path(tempfile.mkdtemp()) / 'image.dcm'
    if image.path.suffix == '.gz':
        path.write_bytes(gzip.decompress(image.path.read_bytes()))
    elif image.file_meta.TransferSyntaxUID == DeflatedExplicitVRLittleEndian:
        inflated = pydicom.dcmread(image.path)
        inflated.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        inflated.save_as(path)
    else:
        return str(image.path)
    return str(path)


def lines(command, begins):
    done = run(command)
    text = re.sub(r'\b[012](\.\d+){3,}', 'UID', done.stdout + '\n' + done.stderr)
    for one in command[1:]:
        text = text.replace(one, 'FILE')
    return Counter(line for line in text.splitlines() if re.match(begins, line))


def new_lines(before, after):
    return list((after - before).elements())


def validated(images, by_uid):
    if shutil.which('dciodvfy') is None:
        return '-'
    new = Counter()
    for image in images:
        # a map is none of its sources, and has the attributes of the patient and the study of them
        named = [by_uid[uid] for uid in references(image) if uid in by_uid]
        source = source_of(image, by_uid) or next(iter(named), None)
        before = lines(['dciodvfy', plain(source)], 'Error') if source is not None else Counter()
        new.update(new_lines(before, lines(['dciodvfy', plain(image)], 'Error')))
    for line, count in new.items():
        print(f'{count} x {line}', file=sys.stderr)
    return sum(new.values())


def dcentvfy(images):
    return lines(['dcentvfy', *map(plain, images)], '(Error|Warning|E:|W:)')


def dcm2niix(folder, same, work):
    if shutil.which('dcm2niix') is None:
        return '-'
    unpacked = work / 'unpacked'  # a copy of each that it can open
    unpacked.mkdir()
    for i, image in enumerate(read_all(folder)):
        shutil.copy(plain(image), unpacked / f'{i:05}.dcm')
    before, after = (converted(one, work / f'nii-{i}') for i, one in enumerate((unpacked, same)))
    if not before:
        return 'makes nothing of the source'
    used = [False] * len(before)
    for shape, affine, values in after:
        for i, (grid, lies, were) in enumerate(before):
            if not used[i] and grid == shape and np.allclose(lies, affine, atol=1e-3) and np.array_equal(were, values):
                used[i] = True
                break
        else:
            return f'another image of {shape}'
    return f'equal ({len(after)} of {len(before)})' if len(after) < len(before) else 'equal'


def converted(folder, out):
    import nibabel

    out.mkdir()
    run(['dcm2niix', '-z', 'n', '-b', 'n', '-f', '%s_%e_%p_%t', '-o', str(out), str(folder)])
    images = [nibabel.load(path) for path in sorted(out.rglob('*.nii'))]
    return [(image.shape, image.affine, np.asanyarray(image.dataobj)) for image in images]


def archived(images, work):
    if shutil.which('Orthanc') is None:
        return '-'
    with socket.socket() as free:
        free.bind(('127.0.0.1', 0))
        port = free.getsockname()[1]
    store = Path(tempfile.mkdtemp(dir=work))
    (store / 'orthanc.json').write_text(json.dumps({
        'StorageDirectory': str(store / 'db'), 'HttpPort': port, 'DicomServerEnabled': False,
        'AuthenticationEnabled': False, 'RemoteAccessAllowed': False}))
    server = subprocess.Popen(['Orthanc', str(store / 'orthanc.json')], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        return kept_by(f'http://127.0.0.1:{port}', images)
    finally:
        server.terminate()
        server.wait()


def kept_by(address, images):
    for _ in range(600):
        try:
            urllib.request.urlopen(f'{address}/system')
            break
        except OSError:
            time.sleep(0.1)
    wrong = 0
    for image in images:
        asked = urllib.request.Request(f'{address}/instances', data=image.path.read_bytes(), method='POST')
        stored = json.loads(urllib.request.urlopen(asked).read())['ID']
        back = Path(tempfile.mkdtemp()) / 'back.dcm'
        back.write_bytes(urllib.request.urlopen(f'{address}/instances/{stored}/file').read())
        other = pydicom.dcmread(back)
        name = 'FloatPixelData' if 'FloatPixelData' in image else 'PixelData'
        wrong += image[name].value != other[name].value or len(image) != len(other)
    return f'{len(images)} back' if wrong == 0 else f'{wrong} of {len(images)} differ'


def highdicom_reads(pairs):
    pairs = [(source, image) for source, image in pairs if source is not None and FRAMES in image]
    if not pairs:
        return '-'
    try:
        import highdicom
    except ImportError:
        return '-'
    read = 0
    for source, image in pairs:
        try:
            opened = [highdicom.imread(plain(source))]
        except (KeyError, ValueError, AttributeError, TypeError) as error:
            print(f'highdicom reads no source: {error}', file=sys.stderr)
            continue
        opened.append(highdicom.imread(plain(image)))
        geometries = [geometry_of(one) for one in opened]
        if geometries[0] != geometries[1]:
            return 'other geometry'
        frames = opened[1].get_frames(apply_real_world_transform=False, apply_modality_transform=False)
        if not np.array_equal(frames.reshape(-1), image.pixel_array.reshape(-1)):
            return 'other frames'
        read += 1
    return f'{read} read' if read == len(pairs) else f'{read} read of {read} sources that it reads'


def geometry_of(image):
    found = image.get_volume_geometry()
    places = [[str(one) for one in frame.PlanePositionSequence[0].ImagePositionPatient] for frame in image[FRAMES]
              if 'PlanePositionSequence' in frame]
    return places, None if found is None else found.affine.round(6).tolist()


if __name__ == '__main__':
    main()
