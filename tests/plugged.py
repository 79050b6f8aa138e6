"""Packages of problems, as if they were installed."""

import shutil
import tomllib
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


def outside(site: Path) -> Path:
    """Put the package in `tests/outside` into a folder, as an installer leaves it."""
    here = Path(__file__).parent / "outside"
    about = tomllib.loads((here / "pyproject.toml").read_text())["project"]
    (entries,) = about["entry-points"].values()
    for name in entries:
        aside = shutil.ignore_patterns("__pycache__")
        shutil.copytree(here / name, site / name, ignore=aside)
    return distribution(site, about["name"], entries)


@contextmanager
def plugged(folder: Path) -> Iterator[Path]:
    """Make the contents of a folder importable within the block."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(folder))
        domains.load.cache_clear()
        yield folder
    domains.load.cache_clear()
