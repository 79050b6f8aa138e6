"""Runs shared by several tests: ranks are started once."""

from typing import Any

import pytest
import ranked
import torch

from ingenium.scale.place import HERE, WorkPlace
from ingenium.scale.ranks import gather


@pytest.fixture(scope="session")
def alone() -> dict[str, Any]:
    """A run of one process."""
    torch.set_num_threads(1)
    return gather(HERE, ranked.Layouts(("data:1",)), wait_s=ranked.WAIT_S)[0]["data:1"]


@pytest.fixture(scope="session")
def two() -> list[dict[str, Any]]:
    """Runs of two processes, under all layouts of two."""
    return gather(WorkPlace.parse("processes:2"), ranked.Layouts(ranked.TWO), wait_s=ranked.WAIT_S)
