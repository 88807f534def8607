"""N2V2 (E. Hoeck et al, ECCV Workshops 2022) by CAREamics, on the CPU, slice by slice, trained on the volume itself.

structN2V's cross mask where noise is correlated in the plane. The training is CAREamics' default length.
"""
import logging
import tempfile
import warnings

import numpy as np

PATCH = 64


def train_and_predict(series, noise, settings, in_unit_noise):
    warnings.filterwarnings('ignore')
    logging.getLogger('lightning').setLevel(logging.ERROR)
    import torch
    from careamics import CAREamist
    from careamics.config import create_advanced_n2v_config

    torch.set_num_threads(2)

    def denoise(unit):
        planes = np.moveaxis(unit.reshape(*unit.shape[:2], -1), -1, 0).astype(np.float32)
        padded, sizes = reflected_to_patches(planes)
        config = create_advanced_n2v_config(
            experiment_name='quality', data_type='array', axes='SYX', patch_size=[PATCH, PATCH], batch_size=16,
            use_n2v2=True, struct_n2v_axes='none' if noise.white else 'cross', num_workers=0, seed=1,
            trainer_params={'accelerator': 'cpu'}, **settings)
        with tempfile.TemporaryDirectory() as folder:
            trainer = CAREamist(config, work_dir=folder, enable_progress_bar=False)
            trainer.train(train_data=padded)
            predicted, _ = trainer.predict(padded, axes='SYX', data_type='array', batch_size=1)
        result = np.asarray(predicted).reshape(padded.shape)[:, : sizes[0], : sizes[1]]
        return np.moveaxis(result, 0, -1).reshape(unit.shape).astype(np.float64)

    return in_unit_noise(denoise)


def reflected_to_patches(planes):
    """Whole patches in both directions: untiled prediction of a network with two levels needs multiples of 4."""
    rows, columns = planes.shape[1:]
    return np.pad(planes, ((0, 0), (0, -rows % PATCH), (0, -columns % PATCH)), 'reflect'), (rows, columns)
