"""A third party's package with rows of its own."""

from collections.abc import Iterator
from pathlib import Path

import dice
import pytest


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Path]:
    with dice.installed(tmp_path / "home") as place:
        yield place
