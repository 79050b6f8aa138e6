"""Packages of problems, as if they were installed."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from ingenium import domains


def distribution(folder: Path, name: str, entries: Mapping[str, str]) -> Path:
    """Make the metadata of a distribution with domains in `folder`, which is for `sys.path`."""
    about = folder / f"{name.replace('-', '_')}-0.1.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 0.1\n")
    lines = [f"{k} = {v}" for k, v in entries.items()]
    (about / "entry_points.txt").write_text("[ingenium.domains]\n" + "\n".join(lines) + "\n")
    return folder


@contextmanager
def plugged(folder: Path) -> Iterator[Path]:
    """What lies in a folder is found by name until the block is left."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(folder))
        domains.load.cache_clear()
        yield folder
    domains.load.cache_clear()
