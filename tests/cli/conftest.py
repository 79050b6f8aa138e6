"""A plug-in with its specs and a run, and processes from which commands start."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from calling import SPEC, call, spec

import toy
from plugged import plugged
from starting import Starter


@pytest.fixture(scope="module")
def plugin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with plugged(toy.install(tmp_path_factory.mktemp("plugin"))) as folder:
        yield folder


@pytest.fixture(scope="module")
def files(plugin: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A feasible spec, an infeasible one, and a slow one."""
    folder = tmp_path_factory.mktemp("specs")
    for name, pause, most in (("met", 0.0, 4.0), ("unmet", 0.0, 1e-3), ("slow", 1.5, 4.0)):
        (folder / f"{name}.toml").write_text(SPEC.format(pause=pause, most=most))
    return folder


@pytest.fixture(scope="module")
def out(files: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("out") / "run"
    code, _, _ = call("propose", "toy.cantilever", *spec(files), "-n", "20", "--out", folder)
    assert code == 0
    return folder


@pytest.fixture(scope="session")
def starter(own_folders: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Starter]:
    """A process that knows the toy and has imported what a run of it needs."""
    plugin = toy.install(tmp_path_factory.mktemp("plugin"))
    served = Starter(
        plugin,
        Path(toy.__file__).parent,
        names="toy, torch._dynamo, ingenium.train.trainer, h5netcdf, pint",
    )
    yield served
    served.close()
