"""A package of problems, as if it were installed."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ingenium import domains


@contextmanager
def plugged(folder: Path) -> Iterator[Path]:
    """What lies in a folder is found by name until the block is left."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(folder))
        domains.load.cache_clear()
        yield folder
    domains.load.cache_clear()
