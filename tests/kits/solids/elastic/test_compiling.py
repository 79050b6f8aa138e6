"""Among processes that need a kernel at the same time, one compiles it."""

from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest

from ingenium.core.folders import locked
from ingenium.kits.solids.elastic import compiling
from ingenium.kits.solids.elastic.compiling import compiled_once


class Kernel:
    """A kernel that reports whether it was compiled."""

    __name__ = "kernel"

    def __init__(self) -> None:
        self.signatures: list[Any] = []


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("INGENIUM_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "kernels" / "kernel"


def test_who_comes_second_waits_until_the_first_is_done(place: Path) -> None:
    done = Event()

    def second() -> None:
        with compiled_once(Kernel()):
            done.set()

    with locked(place):
        waiting = Thread(target=second)
        waiting.start()
        assert not done.wait(3 * compiling.POLL_S)
    assert done.wait(10.0)
    waiting.join()


def test_what_is_compiled_waits_for_nobody(place: Path) -> None:
    kernel = Kernel()
    kernel.signatures.append("a signature")
    with locked(place), compiled_once(kernel):
        pass


def test_it_is_called_where_nothing_can_be_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("INGENIUM_CACHE", str(tmp_path / "file"))
    with compiled_once(Kernel()):
        pass
