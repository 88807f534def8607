"""Whether metal artifacts of CT can be reduced in images alone: normalised metal artifact reduction (NMAR, Meyer 2010)
on projections of the image, against drawn metal.

    python test/bench/metal.py FOLDER [--slices 8,16,20]

FOLDER holds a head CT (DICOM). Implants of titanium and iron of several shapes are put into its slices; parallel
projections with beam hardening (120 kVp, five energies), Poisson and electronic noise; water is corrected for, as
scanners do; filtered backprojection; values are cut off at 3071 HU, as files have them. NMAR sees this image only.
Printed: PSNR (peak 2000 HU, values up to 2000) in the head further than two pixels from metal, against the same slice
without metal and noise; the share of the squared error that is left, of what metal added to that of noise alone; and
the root mean square error within 25 mm of metal and beyond, before and after.
Needs numpy, scipy, scikit-image, pydicom.
"""
import argparse
import glob

import numpy as np
import pydicom
from scipy import ndimage
from skimage.transform import iradon, radon, resize

SIDE = 256
VIEWS = np.linspace(0, 180, 400, endpoint=False)
# Of 40, 60, 80, 100 and 120 keV, per cm (NIST XCOM); weights of a spectrum of 120 kVp behind its filter.
SPECTRUM = np.array([0.12, 0.30, 0.28, 0.19, 0.11])
WATER = np.array([0.268, 0.206, 0.184, 0.171, 0.161])
BONE = np.array([1.278, 0.604, 0.428, 0.356, 0.317])
METALS = {
    "titanium": np.array([9.96, 3.45, 1.82, 1.22, 0.95]),
    "iron": np.array([28.6, 9.48, 4.68, 2.93, 2.10]),
}
MONO = SPECTRUM @ WATER
PHOTONS = 2e5
ELECTRONIC = 8.0


def planes(folder, wanted):
    files = [pydicom.dcmread(f) for f in sorted(glob.glob(folder + "/**/*", recursive=True)) if f.endswith(".dcm")]
    files.sort(key=lambda one: float(one.ImagePositionPatient[2]))
    for n in wanted:
        one = files[n]
        values = one.pixel_array * float(one.RescaleSlope) + float(one.RescaleIntercept)
        yield n, resize(values, (SIDE, SIDE), anti_aliasing=True), float(one.PixelSpacing[0]) * values.shape[0] / SIDE


def projected(image):
    return radon(image, VIEWS, circle=True)


def backprojected(sinogram):
    return iradon(sinogram, VIEWS, filter_name="ramp", circle=True, output_size=SIDE)


def scanned(hu, metal, coefficients, spacing, random):
    """What a scanner makes of a slice; random None: no noise."""
    bone = np.clip((hu - 150) / 1350, 0, None) * (metal == 0)
    water = np.clip(1 + np.minimum(hu, 150) / 1000, 0, None) * (metal == 0) * (1 - np.clip(bone, 0, 1))
    cm = spacing / 10
    paths = [projected(one) * cm for one in (water, bone, metal)]
    passed = sum(
        share * np.exp(-(w * paths[0] + b * paths[1] + m * paths[2]))
        for share, w, b, m in zip(SPECTRUM, WATER, BONE, coefficients)
    )
    counts = PHOTONS * passed
    if random is not None:
        counts = random.poisson(counts) + ELECTRONIC * random.standard_normal(counts.shape)
    line = -np.log(np.maximum(counts, 1) / PHOTONS)
    depths = np.linspace(0, 60, 600)
    hardened = -np.log(sum(share * np.exp(-w * depths) for share, w in zip(SPECTRUM, WATER)))
    corrected = np.interp(line, hardened, MONO * depths)
    mu = backprojected(corrected) / cm
    return np.clip(1000 * (mu / MONO - 1), -1024, 3071)


def reduced(hu):
    """NMAR of an image in HU; the image alone is known."""
    metal = hu > 2600
    if not metal.any():
        return hu
    metal = ndimage.binary_dilation(metal)
    mu = np.clip(1 + hu / 1000, 0, None)
    whole = projected(mu)
    trace = projected(metal.astype(float)) > 0.3

    def filled(sinogram):
        out = sinogram.copy()
        places = np.arange(out.shape[0])
        for view in range(out.shape[1]):
            hidden = trace[:, view]
            if hidden.any() and not hidden.all():
                out[hidden, view] = np.interp(places[hidden], places[~hidden], out[~hidden, view])
        return out

    # A prior: air, tissue of one value and bone, told in an image without the metal's trace.
    first = ndimage.gaussian_filter(mu + backprojected(filled(whole) - whole), 1)
    prior = np.where(first < 0.5, 0, np.where(first < 1.3, 1.03, first))
    prior[metal] = 1.03
    expected = projected(prior)
    safe = np.maximum(expected, 0.1 * expected.max())
    corrected = np.where(trace, filled(whole / safe) * safe, whole)
    out = hu + 1000 * backprojected(corrected - whole)
    return np.where(metal, hu, out)


def implants(head, skull):
    """Shapes by name: 1 where metal is. Places follow from the head."""
    rows, columns = np.nonzero(head)
    cy, cx = rows.mean(), columns.mean()
    ry, rx = np.ptp(rows) / 2, np.ptp(columns) / 2
    y, x = np.mgrid[:SIDE, :SIDE]

    def ball(at, radius):
        return np.clip(radius - np.hypot(y - cy - at[0] * ry, x - cx - at[1] * rx) + 0.5, 0, 1)

    rod = np.clip(1.2 - np.abs(y - cy + 0.1 * ry), 0, 1) * (np.abs(x - cx - 0.3 * rx) < 12)
    edge = ndimage.binary_dilation(skull, iterations=2) & ~skull & (x < cx) & (np.abs(y - cy) < 0.25 * ry)
    return {
        "coil in the middle, iron": ("iron", ball((0, 0), 2.5)),
        "clip off the middle, titanium": ("titanium", ball((-0.3, 0.35), 2)),
        "electrode, iron": ("iron", rod),
        "plate on the skull, titanium": ("titanium", edge.astype(float)),
        "two fillings, iron": ("iron", np.maximum(ball((-0.6, 0.3), 3), ball((-0.6, -0.3), 3))),
        "a large one, titanium": ("titanium", ball((0.2, -0.3), 7)),
    }


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--slices", default="8,16,20")
    parser.add_argument("--save")
    options = parser.parse_args()
    print("| slice | implant | before | after | gain | left of what metal did | near metal | far from metal |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    shown = []
    for n, hu, spacing in planes(options.folder, [int(one) for one in options.slices.split(",")]):
        head = ndimage.binary_fill_holes(ndimage.binary_opening(hu > -300, iterations=3))
        label, _ = ndimage.label(head)
        head = label == np.argmax(np.bincount(label.ravel())[1:]) + 1
        hu = np.where(head, hu, -1000)
        truth = scanned(hu, np.zeros_like(hu), METALS["iron"], spacing, None)
        clean = scanned(hu, np.zeros_like(hu), METALS["iron"], spacing, np.random.default_rng(n))
        for name, (kind, metal) in {"none": ("iron", np.zeros_like(hu)), **implants(head, hu > 700)}.items():
            image = clean if name == "none" else scanned(hu, metal, METALS[kind], spacing, np.random.default_rng(n))
            after = reduced(image)
            away = ndimage.distance_transform_edt(metal < 0.05) if metal.any() else np.full_like(hu, 1e3)
            asked = head & (away > 2)
            error = [np.minimum(one, 2000) - np.minimum(truth, 2000) for one in (image, after)]
            own = np.mean((np.minimum(clean, 2000) - np.minimum(truth, 2000))[asked] ** 2)
            added = [np.mean(one[asked] ** 2) - own for one in error]
            left = f"{100 * added[1] / added[0]:.0f} %" if metal.any() else ""
            psnr = [10 * np.log10(2000**2 / np.mean(one[asked] ** 2)) for one in error]
            near, far = asked & (away * spacing < 25), asked & (away * spacing >= 25)
            said = [
                " to ".join(f"{np.sqrt(np.mean(one[part] ** 2)):.0f}" for one in error) + " HU" if part.any() else ""
                for part in (near, far)
            ]
            print(f"| {n} | {name} | {psnr[0]:.1f} | {psnr[1]:.1f} | {psnr[1] - psnr[0]:+.1f} dB | {left} | {said[0]} | {said[1]} |", flush=True)
            shown.append(np.hstack([truth, image, after]))
    if options.save:
        from skimage.io import imsave

        imsave(options.save, (np.clip((np.vstack(shown) + 100) / 300, 0, 1) * 255).astype(np.uint8))


if __name__ == "__main__":
    main()
