"""Answers of the ray tracer without paths."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from ingenium.domains.radio.ground import CELL_M, OpenGround
from ingenium.domains.radio.rays import PATHS, PRESENT_DB
from ingenium.domains.radio.scene import TracedScene


def test_places_that_nothing_reaches_have_no_paths_and_are_no_fault() -> None:
    """Sionna answers a call without a single path in this way."""
    scene = TracedScene("munich", (0.0, 0.0, 27.0), 1.5, 3.5e9)
    none = np.zeros((1, 1, 1, 1, 0))
    paths = SimpleNamespace(a=(none, none), interactions=np.zeros((3, 1, 1, 1, 1, 0)))
    for name in ("tau", "theta_t", "phi_t", "theta_r", "phi_r"):
        setattr(paths, name, none)
    arrays = scene._strongest(paths)
    assert all(a.shape == (PATHS,) for a in arrays)
    assert (arrays[1] >= PRESENT_DB).all()


@pytest.fixture(scope="module")
def munich() -> TracedScene:
    pytest.importorskip("sionna.rt")
    return TracedScene("munich", (8.5, 61.0, 27.0), 1.5, 3.5e9, rays=5000)


def test_a_place_is_traced_alike_in_any_company(munich: TracedScene) -> None:
    """Terminals of one call of Sionna would lose paths to each other."""
    places = np.random.default_rng(0).uniform((-50.0, -50.0), (120.0, 150.0), (120, 2))
    there = places[munich.outdoors(places)][:24]
    together = munich.trace(there)
    munich._known.clear()
    some = munich.trace(there[::-6].copy())
    assert together.present.any()
    for whole, part in zip(together.arrays, some.arrays, strict=True):
        assert torch.equal(whole.flip(0)[::6], part)


def test_a_channel_inside_a_house_is_refused_whatever_the_tracer_finds_there(
    munich: TracedScene,
) -> None:
    places = np.random.default_rng(0).uniform((12.0, -90.0), (160.0, 130.0), (60, 2))
    inside = places[~munich.outdoors(places)][:8]
    assert len(inside) == 8
    assert not munich.trace(inside).present.any()


def test_the_map_of_open_ground_is_the_scene_to_a_quarter_of_a_metre(munich: TracedScene) -> None:
    ground = OpenGround.of(munich, (10.0, 0.0), (60.0, 40.0))
    places = np.random.default_rng(1).uniform((5.0, -5.0), (65.0, 45.0), (500, 2))
    reported = ground(*torch.from_numpy(places).T).numpy()
    around = CELL_M * np.array([(0, 0), (1, 0), (-1, 0), (0, 1), (0, -1)])
    near = np.stack([munich.outdoors(places + step) for step in around])
    assert 0.1 < reported.mean() < 0.9
    assert near.any(0)[reported].all()
    assert not near.all(0)[~reported].any()
    assert not ground(torch.tensor([500.0]).double(), torch.tensor([0.0]).double()).any()
