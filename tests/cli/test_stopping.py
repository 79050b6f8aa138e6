"""Ctrl-C and SIGTERM at any moment: obeyed, without a traceback, and the run resumes later."""

import random
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingenium.core.evidence import read
from starting import Started, Starter

SPEC = """
problem = "toy.cantilever"
[setup]
pause_s = {pause}
[conditions]
duty = "heavy"
[generator]
family = "vae"
steps = 60
seed = {seed}
[[limits]]
quantity = "deflection_m"
at_most = 4.0
unit = "mm"
"""
BOTH = 1 << signal.SIGINT - 1 | 1 << signal.SIGTERM - 1


class Command:
    """A command in a process of its own, as a user runs it; warm unless a cold start is needed."""

    def __init__(
        self, starter: Starter, folder: Path, *, hook: str = "", cold: bool = False, **spec: float
    ) -> None:
        folder.mkdir(exist_ok=True)
        self.out = folder / "o"
        self.partial = folder / ".o.partial"
        (folder / "spec.toml").write_text(SPEC.format(**{"pause": 0.0, "seed": 0} | spec))
        words = ["propose", "toy.cantilever", "--spec", str(folder / "spec.toml"), "-n", "300"]
        words += ["--out", str(self.out)]
        said = folder / "stderr"
        self.process: Started = (
            starter.start_cold(words, said) if cold else starter.start(words, said, hook=hook)
        )

    def until_it_listens(self) -> None:
        """Wait for the command's first line; Python itself takes a moment before."""
        status = Path(f"/proc/{self.process.pid}/status")
        for _ in self._polls():
            caught = next(x for x in status.read_text().splitlines() if x.startswith("SigCgt"))
            if int(caught.split()[1], 16) & BOTH == BOTH:
                return

    def until(self, pattern: str) -> None:
        """Wait for a file in the unfinished run."""
        for _ in self._polls():
            if list(self.partial.glob(pattern)):
                return

    def _polls(self) -> Iterator[None]:
        until = time.monotonic() + 120
        while time.monotonic() < until and self.process.runs(0.01):
            yield
        raise AssertionError(f"ended too early: {self.process.end(1)}")

    def end(self) -> tuple[int, str]:
        """Exit code and stderr."""
        return self.process.end()


def check_stopped(command: Command, when: object = "") -> None:
    code, message = command.end()
    assert code == 130, (when, code, message)
    for ugly in ("Traceback", "Exception ignored", "KeyboardInterrupt", "Aborted"):
        assert ugly not in message, (when, message)
    assert not command.out.exists(), when
    assert not list(command.out.parent.glob(".*.lock")), when
    assert not list(command.out.parent.rglob(".part-*")), when


LOST = """
import signal, time
from ingenium.runs import loop
class Press:
    def __del__(self):
        signal.raise_signal(signal.SIGINT)
        until = time.monotonic() + 2.5 * {long}
        while time.monotonic() < until:
            time.sleep(0.01)
training = loop.training
loop.training = lambda problem: (Press(), training(problem))[1]
"""


@pytest.mark.parametrize("long", [0, 1])
def test_a_stop_in_a_finaliser_is_heeded(starter: Starter, tmp_path: Path, long: int) -> None:
    """Python drops exceptions raised there, whether by the key or, later, by the timer."""
    command = Command(starter, tmp_path, hook=LOST.format(long=long))
    check_stopped(command)


TIDYING = """
import pathlib, signal, time
from ingenium.runs import loop
def slow(problem):
    try:
        signal.raise_signal(signal.SIGINT)
        time.sleep(60)  # no place to stop at
    finally:
        for _ in range(250):
            time.sleep(0.01)
        pathlib.Path({mark!r}).write_text("tidied up")
loop.training = slow
"""


def test_work_without_a_place_to_stop_is_interrupted_and_tidies_up(
    starter: Starter, tmp_path: Path
) -> None:
    """After a second it is interrupted in place, and its clean-up is not."""
    started = time.monotonic()
    check_stopped(Command(starter, tmp_path, hook=TIDYING.format(mark=str(tmp_path / "mark"))))
    assert time.monotonic() - started < 50
    assert (tmp_path / "mark").read_text() == "tidied up"


SWALLOWED = """
import signal
from ingenium.runs import loop
training = loop.training
def swallowing(problem):
    try:
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
    except BaseException:
        {then}
    return training(problem)
loop.training = swallowing
"""


@pytest.mark.parametrize("then", ["pass", "raise ImportError('no such thing')"])
def test_a_stop_that_others_swallow_or_rename_is_heeded(
    starter: Starter, tmp_path: Path, then: str
) -> None:
    check_stopped(Command(starter, tmp_path, hook=SWALLOWED.format(then=then)))


def test_ignored_signals_stay_ignored(starter: Starter, tmp_path: Path) -> None:
    """Signals of a command that a shell started in the background."""
    hook = (
        "import signal\n"
        "for number in (signal.SIGINT, signal.SIGTERM):\n"
        "    signal.signal(number, signal.SIG_IGN)\n" + SWALLOWED.format(then="raise")
    )
    command = Command(starter, tmp_path, hook=hook)
    code, message = command.end()
    assert code == 0, message
    assert command.out.exists()


@pytest.mark.parametrize(
    "number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.slow)]
)
def test_a_stopped_run_goes_on(starter: Starter, tmp_path: Path, number: signal.Signals) -> None:
    """Verified blocks are stored, and the same command needs only the others."""
    command = Command(starter, tmp_path, cold=True, pause=0.5)
    command.until("blocks-*/000001.npz")
    command.process.send_signal(number)
    check_stopped(command)
    retained = {p.name: p.stat().st_mtime_ns for p in command.partial.glob("blocks-*/*.npz")}
    assert {"000000.npz", "000001.npz"} <= set(retained) < {f"00000{i}.npz" for i in range(5)}
    command = Command(starter, tmp_path, pause=0.5)
    code, message = command.end()
    assert code == 0, message
    assert len(read(command.out / "evidence.jsonl")) == 300


@pytest.mark.slow
def test_a_stop_at_any_moment(starter: Starter, tmp_path: Path) -> None:
    """One or several signals at random moments from the first line to the last."""
    rng = random.Random(5)
    command = Command(starter, tmp_path / "whole", cold=True, pause=0.3)
    command.until_it_listens()
    started = time.monotonic()
    assert command.end()[0] == 0
    whole_s = time.monotonic() - started
    stopped = 0
    for i in range(30):
        command = Command(starter, tmp_path / str(i), cold=True, pause=0.3, seed=i)
        command.until_it_listens()
        when = rng.uniform(0, 0.9 * whole_s), rng.choice([signal.SIGINT, signal.SIGTERM])
        time.sleep(when[0])
        for _ in range(rng.choice([1, 1, 2, 5])):
            command.process.send_signal(when[1])
            time.sleep(rng.choice([0, 0.01, 0.3]))
        if command.out.exists():  # it was whole before
            assert command.end()[0] == 0
            continue
        check_stopped(command, when)
        stopped += 1
    assert stopped >= 20
