"""Bodies in a report are the input ones, and need nothing from elsewhere."""

import base64
import json
import zlib

import numpy as np
import pytest

from ingenium.core.scene import Mark, Scene, Shading
from ingenium.report.template import template
from ingenium.report.viewer import packed

CORNERS = np.array([[0.0, 0, 0], [0.02, 0, 0], [0, 0.03, 0], [0, 0, 0.04]])
FACES = np.array([[0, 2, 1], [0, 1, 3], [0, 3, 2], [1, 2, 3]])


def unpacked(text: str, kind: str) -> np.ndarray:
    return np.frombuffer(zlib.decompress(base64.b64decode(text)), dtype=kind)


def test_what_is_packed_is_what_was_given() -> None:
    values = np.array([0.0, 0.5, 2.0, np.nan])
    mark = Mark("load a", CORNERS + 0.04, FACES, "#102030")
    scene = Scene("one </script>", CORNERS, FACES, (Shading("stress (MPa)", values, 2.0),), (mark,))
    text = str(packed([scene]))
    assert "<" not in text, "it cannot end the element that it stands in"
    (reported,) = json.loads(text)["scenes"]
    assert reported["title"] == scene.title
    span = 0.08  # of the cube around both
    for one, corners in ((reported["body"], CORNERS), (reported["marks"][0], CORNERS + 0.04)):
        places = unpacked(one["vertices"], "<u2").reshape(-1, 3) / 65535 * span
        assert np.abs(places - corners).max() <= span / 65535
        assert unpacked(one["faces"], "<u4").reshape(-1, 3).tolist() == FACES.tolist()
    share, known = unpacked(reported["shadings"][0]["values"], "u1").reshape(-1, 2).T
    assert known.tolist() == [255, 255, 255, 0]
    assert share[:3] / 255 * 2.0 == pytest.approx(values[:3], abs=2 / 255)
    assert np.array(reported["middle"]) * span == pytest.approx([0.01, 0.015, 0.02], abs=1e-5)


def test_of_the_loads_the_one_that_values_are_of_is_shown() -> None:
    marks = tuple(Mark(name, CORNERS, FACES, "#000000") for name in ("load a", "load b", "bolts"))
    under = Shading("stress (MPa), load b", np.zeros(4), 1.0)
    scene = Scene("one", CORNERS, FACES, (under,), marks)
    assert [m.name for m in scene.acting(under)] == ["load b", "bolts"]
    assert scene.acting(None) == marks


def test_the_script_takes_nothing_from_elsewhere() -> None:
    script = template("viewer.html.jinja").render()
    assert "http" not in script
    assert "import" not in script
