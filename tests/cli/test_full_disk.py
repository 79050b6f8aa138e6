"""A disk that fills at any file of a run: reported, nothing half-written, and the run resumes."""

import resource
from pathlib import Path

import pytest

from ingenium.core.evidence import read
from starting import Starter

FILLED = """
import resource
resource.setrlimit(resource.RLIMIT_FSIZE, ({most}, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
"""


def words(folder: Path) -> list[str]:
    """A run in a folder."""
    (folder / "spec.toml").write_text('problem = "toy.cantilever"\n')
    spec = ["--spec", str(folder / "spec.toml"), "-n", "200"]
    return ["propose", "toy.cantilever", *spec, "--out", str(folder / "run")]


def propose(
    starter: Starter, folder: Path, *, most: int = resource.RLIM_INFINITY
) -> tuple[int, str]:
    """Exit code and stderr of a run in which no file may have more than `most` bytes."""
    filled = FILLED.format(most=most)
    return starter.start(words(folder), folder / "stderr", hook=filled).end()


@pytest.mark.slow
def test_a_disk_that_fills_at_any_file(starter: Starter, tmp_path: Path) -> None:
    """Blocks, exported files, evidence, weights, designs and report are larger one by one.

    HDF5, which crashes on a full disk, must have no part in it.
    """
    assert propose(starter, tmp_path)[0] == 0
    whole = tmp_path / "whole"
    (tmp_path / "run").rename(whole)
    sizes = {p.name: p.stat().st_size for p in whole.rglob("*") if p.is_file()}
    largest = max(sizes.values())
    limits = [sizes["run.json"] - 1, sizes["designs.nc"] - 1, sizes["evidence.jsonl"] - 1]
    for most in [*sorted(limits), largest - 1]:
        code, message = propose(starter, tmp_path, most=most)
        assert code == 3, (most, message)
        assert "cannot write" in message
        assert "Traceback" not in message
        assert not (tmp_path / "run").exists()
        assert not list(tmp_path.rglob(".part-*"))
    code, message = propose(starter, tmp_path)
    assert code == 0, message
    again, before = (read(f / "evidence.jsonl") for f in (tmp_path / "run", whole))
    assert again == before


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
@pytest.mark.parametrize(
    "held",
    [
        pytest.param(True, id="held back"),
        pytest.param(False, id="at once", marks=pytest.mark.slow),
    ],
)
@pytest.mark.parametrize(
    "form", [[], pytest.param(["--json"], marks=pytest.mark.slow)], ids=["told", "json"]
)
def test_results_that_cannot_be_printed(
    starter: Starter, tmp_path: Path, form: list[str], held: bool
) -> None:
    """Run in a cold process, since Python's handling of streams at exit is part of it."""
    requested = [*words(tmp_path), *form]
    started = starter.start_cold(requested, tmp_path / "stderr", stdout="/dev/full", held=held)
    code, message = started.end()
    assert code == 3, message
    assert "the output cannot be written" in message
    assert "Traceback" not in message
    assert "Exception ignored" not in message
    assert (tmp_path / "run" / "report.html").exists()
