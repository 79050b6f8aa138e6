"""A Ray that is started here does what this process does."""

import math
from functools import partial
from pathlib import Path

import pytest

from ingenium import api
from ingenium.core.errors import InputError
from ingenium.core.spec import Spec
from ingenium.scale.crew import spread
from ingenium.scale.place import WorkPlace
from ingenium.scale.port import opened

SPEC = Spec("molecules.library", setup={"known": 200})


def test_a_head_that_cannot_be_reached_is_refused() -> None:
    pytest.importorskip("ray")
    with (
        pytest.raises(InputError, match=r"a Ray cluster that can be reached; came 127\.0\.0\.1:9 "),
        opened(WorkPlace.parse("ray://127.0.0.1:9?workers=2")),
    ):
        pass


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # of Ray's own
def test_designs_on_ray_are_those_of_this_process(tmp_path: Path) -> None:
    pytest.importorskip("ray")
    with opened(WorkPlace.parse("ray://local?workers=2")) as site:
        made = partial(getattr, math, "sqrt")
        assert dict(spread(site, made, [4.0, 9.0, 16.0])) == {0: 2.0, 1: 3.0, 2: 4.0}
    api.propose(SPEC, 128, 3, tmp_path / "here")
    api.propose(SPEC, 128, 3, tmp_path / "ray", on="ray://local?workers=2")
    here, there = ((tmp_path / x / "designs.nc").read_bytes() for x in ("here", "ray"))
    assert here == there
