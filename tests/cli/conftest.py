"""Processes from which the tests of the command line start commands."""

from collections.abc import Iterator
from pathlib import Path

import pytest

import toy
from starting import Starter


@pytest.fixture(scope="session")
def starter(own_folders: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Starter]:
    """It knows the toy and has imported what a run of it needs."""
    plugin = toy.install(tmp_path_factory.mktemp("plugin"))
    served = Starter(
        plugin,
        Path(toy.__file__).parent,
        names="toy, torch._dynamo, ingenium.train.trainer, h5netcdf, pint",
    )
    yield served
    served.close()
