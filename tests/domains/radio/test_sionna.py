"""Written files are read by Sionna, and give the channel of their paths."""

from pathlib import Path

import numpy as np
import pytest
import torch
from test_pilots import drawn

from ingenium.core.designs import to_dataset
from ingenium.domains.radio.formats import channel_file
from ingenium.domains.radio.geometry import SiteFrame
from ingenium.domains.radio.rays import VARIABLES, response, subcarriers

HZ = 3.5e9


def test_sionna_reads_the_file_and_finds_our_channel(tmp_path: Path) -> None:
    pytest.importorskip("sionna")
    import h5py
    from sionna.phy.channel import cir_to_ofdm_channel

    rays = drawn(5)
    frame = SiteFrame((0.0, 0.0, 20.0), 1.5, (0.0, 0.0), (100.0, 100.0), HZ)
    channel_file(frame, 4, 1.5, 0.0).write(to_dataset(rays.arrays, VARIABLES, {}), tmp_path)
    with h5py.File(tmp_path / "channels.h5") as file:
        a, tau = (torch.from_numpy(file[k][()]) for k in ("a", "tau"))
    hz = subcarriers(16, 1e6)
    theirs = cir_to_ofdm_channel(hz, a, tau, normalize=False)[:, 0, 0, 0, :, 0]
    ours = response(rays, HZ, hz, 4).mT
    gap = np.abs(theirs.numpy() - ours.numpy()).max()
    assert gap < 1e-5 * float(ours.abs().max())
