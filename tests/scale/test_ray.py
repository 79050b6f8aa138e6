"""A Ray started here, and one at an address, compute what this process does."""

import math
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import ranked
from test_layouts import check_equal

import ingenium
from ingenium.core.errors import InputError
from ingenium.core.spec import Spec
from ingenium.scale.place import WorkPlace
from ingenium.scale.port import opened
from ingenium.scale.ranks import gather
from ingenium.scale.worker_pool import spread

SPEC = Spec("molecules.library", setup={"known": 200})


def test_a_head_that_cannot_be_reached_is_refused() -> None:
    pytest.importorskip("ray")
    with (
        pytest.raises(InputError, match=r"a Ray cluster that can be reached, got 127\.0\.0\.1:9 "),
        opened(WorkPlace.parse("ray://127.0.0.1:9?workers=2")),
    ):
        pass


def test_what_listens_but_is_no_ray_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def init(*_: object, **__: object) -> None:
        raise ConnectionError("ray client connection timeout")

    stub = SimpleNamespace(is_initialized=lambda: False, init=init)
    monkeypatch.setitem(sys.modules, "ray", stub)
    with socket.create_server(("127.0.0.1", 0)) as other:
        address = f"127.0.0.1:{other.getsockname()[1]}"
        with (
            pytest.raises(InputError, match=rf"{address} \(ray client connection timeout\)"),
            opened(WorkPlace.parse(f"ray://{address}?workers=2")),
        ):
            pass


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # of Ray's own
def test_designs_on_ray_are_those_of_this_process(tmp_path: Path) -> None:
    pytest.importorskip("ray")
    with opened(WorkPlace.parse("ray://local?workers=2")) as site:
        made = partial(getattr, math, "sqrt")
        assert dict(spread(site, made, [4.0, 9.0, 16.0])) == {0: 2.0, 1: 3.0, 2: 4.0}
    ingenium.propose(SPEC, 128, 3, tmp_path / "here")
    ingenium.propose(SPEC, 128, 3, tmp_path / "ray", on="ray://local?workers=2")
    here, there = ((tmp_path / x / "designs.nc").read_bytes() for x in ("here", "ray"))
    assert here == there


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_ranks_on_ray_do_what_one_process_does(alone: dict[str, Any]) -> None:
    pytest.importorskip("ray")
    place = WorkPlace.parse("ray://local?workers=2")
    found = gather(place, ranked.Layouts(("data:2", "data:2,shard:3")), wait_s=ranked.WAIT_S)
    for text in ("data:2", "data:2,shard:3"):
        check_equal(text, alone, found[0][text])


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


@pytest.fixture
def head(tmp_path: Path) -> Iterator[str]:
    """The address of a Ray, started as on the page about real clusters."""
    pytest.importorskip("ray")
    port, short = free_port(), Path("/tmp") / f"ray-{os.getpid()}"  # its sockets have short names
    line = [
        str(Path(sys.executable).parent / "ray"), "start", "--head", "--block", "--num-cpus", "2",
        "--port", str(free_port()), "--ray-client-server-port", str(port),
        "--include-dashboard", "false", "--temp-dir", str(short),
    ]  # fmt: skip
    with (tmp_path / "log").open("w") as log:
        own = subprocess.Popen(line, start_new_session=True, stdout=log, stderr=log)
    until = time.monotonic() + 120
    while time.monotonic() < until and own.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            break
        except OSError:
            time.sleep(0.5)
    yield f"127.0.0.1:{port}"
    os.killpg(own.pid, signal.SIGTERM)
    own.wait(60)
    shutil.rmtree(short, ignore_errors=True)


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.filterwarnings("ignore")
def test_a_head_at_an_address_hands_out_work(head: str, tmp_path: Path) -> None:
    place = f"ray://{head}?workers=2"
    with opened(WorkPlace.parse(place)) as site:
        made = partial(getattr, math, "sqrt")
        assert dict(spread(site, made, [4.0, 9.0, 16.0])) == {0: 2.0, 1: 3.0, 2: 4.0}
    ingenium.propose(SPEC, 64, 3, tmp_path / "here")
    ingenium.propose(SPEC, 64, 3, tmp_path / "ray", on=place)
    here, there = ((tmp_path / x / "designs.nc").read_bytes() for x in ("here", "ray"))
    assert here == there
