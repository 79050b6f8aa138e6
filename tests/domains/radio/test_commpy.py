"""The link's symbols and log-likelihoods against CommPy, which shares no code with Sionna."""

import numpy as np
import pytest
import torch

from ingenium.domains.radio.link import beliefs, qpsk
from ingenium.domains.radio.pilots import circular

NOISE = 0.4


def test_commpy_believes_as_much_in_each_bit() -> None:
    """CommPy's demodulator sums over all symbols; ours is the closed form after combining."""
    modulation = pytest.importorskip("commpy.modulation")
    rng = torch.Generator().manual_seed(0)
    bits = torch.randint(2, (1, 400), generator=rng).double()
    symbols = qpsk(bits)[:, :, None]
    channel = circular((1, 200, 4), rng)
    received = channel * symbols + NOISE**0.5 * circular((1, 200, 4), rng)
    ours = beliefs(received, channel, NOISE)[0].numpy()

    all_bits = torch.tensor([[0, 0, 0, 1, 1, 0, 1, 1]]).double()
    modem = modulation.Modem(qpsk(all_bits)[0].numpy(), reorder_as_gray=False)
    assert np.allclose(modem.modulate(bits[0].numpy().astype(int)), symbols[0, :, 0].numpy())
    size = channel.abs().square().sum(2)[0]
    combined = ((channel.conj() * received).sum(2)[0] / size).numpy()
    theirs = [
        modem.demodulate(np.array([y]), "soft", NOISE / float(own))
        for y, own in zip(combined, size, strict=True)
    ]
    assert np.allclose(ours, -np.concatenate(theirs), rtol=1e-6, atol=1e-6)  # they tell of ones
    assert ((ours < 0) == (bits[0].numpy() > 0.5)).mean() > 0.99
