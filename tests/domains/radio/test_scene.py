"""The ray tracer's answers, where there are none."""

from types import SimpleNamespace

import numpy as np

from ingenium.domains.radio.rays import PATHS, PRESENT_DB
from ingenium.domains.radio.scene import TracedScene


def test_places_that_nothing_reaches_have_no_paths_and_are_no_fault() -> None:
    """As Sionna answers a whole call without a single path."""
    scene = TracedScene("munich", (0.0, 0.0, 27.0), 1.5, 3.5e9)
    none = np.zeros((2, 1, 1, 1, 0))
    paths = SimpleNamespace(a=(none, none), interactions=np.zeros((3, 2, 1, 1, 1, 0)))
    for name in ("tau", "theta_t", "phi_t", "theta_r", "phi_r"):
        setattr(paths, name, none)
    found = scene._strongest(paths, 2)
    assert len(found) == 2
    for arrays in found:
        assert all(a.shape == (PATHS,) for a in arrays)
        assert (arrays[1] >= PRESENT_DB).all()
