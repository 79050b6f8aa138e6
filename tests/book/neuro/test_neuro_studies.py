"""Studies of chapter 19: readings of planted pieces, and one quick run of each."""

import numpy as np
import pytest
import torch

from ingenium.evaluate.trials import Readings
from ingenium.kits.spikes.surrogate import ADAPTIVE
from ingenium_book.studies.neuro import classifying, digit_families, slopes, spike_codes


def _planted(arms, **values) -> Readings:
    piece = {k: np.array(v) for k, v in values.items()}
    return Readings((0, 1), {arm: (dict(piece), dict(piece)) for arm in arms})


def test_ratios_of_planted_families():
    names = (
        "frechet",
        "recognised_share",
        "operations",
        "arithmetic_nj",
        "home_nj",
        "kl",
        "weights",
    )
    rounded = {"at_8_bits": 10.2, "at_4_bits": 20.0}
    found = _planted(digit_families.ARMS, **dict.fromkeys(names, 10.0), **rounded)
    for piece in found.pieces["spiking_vae"]:
        piece |= {"home_nj": np.array(0.1), "kl": np.array(30.0), "weights": np.array(1e9)}
    for piece in found.pieces["fully_spiking_gan"]:
        piece |= {"arithmetic_nj": np.array(2.5), "frechet": np.array(12.0)}
    for piece in found.pieces["diffusion_16"]:
        piece |= {"frechet": np.array(8.0)}
    for piece in found.pieces["diffusion"]:
        piece |= {"frechet": np.array(5.0), "home_nj": np.array(80.0), "at_8_bits": np.array(5.1)}
    values = digit_families.read(found)
    due = {"frugal": 100.0, "kept": 3.0, "gan_frugal": 4.0, "gan_gap": 1.2, "longer": 0.2}
    due |= {"apart": 800.0, "alike": 800 ** (1 / 3), "held": 5 / 6, "hybrid_frugal": 4.0}
    for name, value in due.items():
        assert np.asarray(values[name]).tolist() == pytest.approx([value, value]), name
    found.pieces["gan"][1]["recognised_share"] = np.array(0.1)  # it generates no digits
    values = digit_families.read(found)
    assert np.isnan(values["gan_frugal"]).tolist() == [False, True]
    assert np.isfinite(values["hybrid_frugal"]).all()


def test_differences_of_planted_codes_and_slopes():
    found = _planted(spike_codes.ARMS, accuracy=0.8, epochs=5.0, spikes=40.0, most=1.0)
    for piece in found.pieces["population"]:
        piece |= {"accuracy": np.array(0.9), "epochs": np.array(2.0)}
    values = spike_codes.read(found)
    assert np.asarray(values["over_rate"]) == pytest.approx(0.1)
    assert np.asarray(values["below_ordinary"]) == pytest.approx(-0.1)
    assert np.asarray(values["sooner"]) == pytest.approx(3)
    found = _planted(slopes.ARMS, accuracy=0.8, spikes=40.0)
    for piece in found.pieces["adaptive_2"]:
        piece |= {"accuracy": np.array(0.85)}
    assert np.asarray(slopes.read(found)["gain"]) == pytest.approx(0.05)


def test_a_reader_of_spikes_learns_a_few_digits():
    data = classifying.ReadDigits.of(512)
    torch.manual_seed(0)
    net = classifying.SpikingReader(196, 48, 1, ADAPTIVE)
    course, sent = classifying.learned(
        data, net, lambda x, rng: spike_codes.ARMS["latency"][0](x, rng), epochs=15, seed=0
    )
    assert course[-1] > 0.5
    assert sent > 1
    assert net.sharpness == pytest.approx(ADAPTIVE.last)
