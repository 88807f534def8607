"""BM3D and BM4D of Tampere University, with the noise spectrum where noise is correlated.

Licence: non-commercial, informational use; measured here, never shipped. Y. Makinen, L. Azzari, A. Foi, IEEE Trans
Image Process 29:8339, 2020; M. Maggioni, V. Katkovnik, K. Egiazarian, A. Foi, IEEE Trans Image Process 22:119, 2013.
The packages of version 4 have no stabilisation of Rician noise, so both work in unit noise.
"""
import numpy as np
from quality_volume import power_spectrum


def volume(image, noise, settings, in_unit_noise):
    from bm4d import bm4d

    spectrum = 1.0 if noise.white else power_spectrum(image.shape, noise)
    return in_unit_noise(lambda unit: bm4d(unit, spectrum, **settings))


def planes(image, noise, settings, in_unit_noise):
    """Slice by slice: what correlation there is between slices is lost on it."""
    from bm3d import bm3d

    spectrum = 1.0 if noise.white else power_spectrum(image.shape[:2], noise)
    return in_unit_noise(lambda unit: np.stack(
        [bm3d(unit[..., z], spectrum, **settings) for z in range(unit.shape[-1])], -1))
