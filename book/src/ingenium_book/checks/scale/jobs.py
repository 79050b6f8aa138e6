"""One job as processes of this machine and as jobs of a queue: the same designs."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ingenium.core.digest import file_digest
from ingenium.scale.local_queue import write
from ingenium_book.findings import Commands, Finding

SPEC = """
problem = "molecules.library"
[setup]
known = 200
"""
DESIGNS = 256


def any_back_end(commands: Commands) -> Iterator[Finding]:
    """Row 38.11: the same file as processes of this machine and as jobs of a queue."""
    with _queue(commands.folder / "queue"):
        yield from _places(commands, ("processes:2", "slurm:2"))


def _places(commands: Commands, places: tuple[str, ...]) -> Iterator[Finding]:
    (commands.folder / "job.toml").write_text(SPEC)
    digests = []
    for i, on in enumerate(places):
        began = time.perf_counter()
        done = commands(
            "propose", "molecules.library", "--spec", "job.toml", "-n", DESIGNS, "--seed", 7,
            "--on", on, "--out", f"run-{i}",
        )  # fmt: skip
        wall = time.perf_counter() - began
        own = file_digest(commands.folder / f"run-{i}" / "designs.nc")
        digests.append(own)
        cpu = done.answer["record"]["energy"]["cpu_seconds"]
        yield Finding(
            f"{on}: {DESIGNS} designs in {wall:.0f} s, {DESIGNS / wall:.1f} a second; {cpu:.0f} s "
            "of processor time; the designs are those of the first",
            own == digests[0],
        )


@contextmanager
def _queue(folder: Path) -> Iterator[None]:
    """Put programs like Slurm's on the path."""
    write(folder)
    before = os.environ["PATH"]
    os.environ["PATH"] = f"{folder}{os.pathsep}{before}"
    try:
        yield
    finally:
        os.environ["PATH"] = before
