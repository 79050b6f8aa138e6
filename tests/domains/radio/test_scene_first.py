"""A scene that nothing else opened before, as when a survey comes from the cache."""

import subprocess
import sys

import pytest

ALONE = """
import numpy as np
from ingenium.domains.radio.scene import TracedScene
scene = TracedScene("munich", (8.5, 21.0, 27.0), 1.5, 3.5e9)
up, down = np.array([[0.0, 0.0, 1.0]]), np.array([[0.0, 0.0, -1.0]])
mast = np.array([[8.5, 21.0, 27.0]])
print(scene.free(mast, up)[0], scene.free(mast, down)[0])
"""


@pytest.mark.slow
def test_a_scene_tells_how_far_one_sees_before_anything_else() -> None:
    done = subprocess.run([sys.executable, "-c", ALONE], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    up, down = map(float, done.stdout.split())
    assert up == float("inf")
    assert 0 < down < 28
