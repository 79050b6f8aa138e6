"""Installation of a third-party package for all tests of this folder."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from installation import NAME, forget

from plugged import outside, plugged


@pytest.fixture(scope="module", autouse=True)
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with plugged(outside(tmp_path_factory.mktemp("site"))) as site:
        forget()
        yield site / NAME
    forget()
