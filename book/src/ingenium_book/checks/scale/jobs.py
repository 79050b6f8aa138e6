"""Checks of one job on several back ends: the same designs, whoever makes them."""

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


def any_workers(commands: Commands) -> Iterator[Finding]:
    """Row 38.3: one, two and three workers make the same bits, again and again."""
    yield from _places(commands, ("local", "local", "processes:2", "processes:3"))
    yield Finding("streams and frames between nodes of a graph", False, gap=True)


def any_back_end(commands: Commands) -> Iterator[Finding]:
    """Row 38.11: the same file as processes of this machine and as jobs of a queue."""
    with _queue(commands.folder / "queue"):
        yield from _places(commands, ("processes:2", "slurm:2"))
    yield Finding("the queue is one of processes that speaks as Slurm does", False, gap=True)


FAMILY = '[generator]\nfamily = "autoregressive"\n'


def adapted(commands: Commands) -> Iterator[Finding]:
    """Row 38.8: low-rank parts of a fit learn designs that came later; the fit stays as it was."""
    (commands.folder / "first.toml").write_text(SPEC + FAMILY)
    later = SPEC.replace("known = 200", "known = 400") + FAMILY
    (commands.folder / "later.toml").write_text(later)
    words = ("fit", "molecules.library", "--spec")
    commands(*words, "first.toml", "--steps", 40, "--out", "base")
    weights = commands.folder / "base" / "model" / "model.safetensors"
    before = file_digest(weights)
    own = commands(*words, "later.toml", "--base", "base", "--steps", 40, "--out", "adapted")
    found = own.answer
    yield Finding(
        f"{found['trained_share']:.1%} as many parameters as the model has are trained",
        0 < found["trained_share"] < 0.2,
    )
    yield Finding(
        "the weights that it went out from are the same file", file_digest(weights) == before
    )
    now = found["course"]["held_out"][-1]
    before_loss = found["loss_before"]
    yield Finding(
        f"on designs that came later the held-out loss falls from {before_loss:.4f} to {now:.4f}",
        now < before_loss,
    )
    made = commands(
        "propose", "molecules.library", "--spec", "later.toml", "-n", 64, "--model", "adapted",
        "--out", "run",
    )  # fmt: skip
    yield Finding("what was adapted proposes", made.answer["summary"]["proposed"] == 64)
    yield Finding("a service takes it up without a new start", False, gap=True)


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
    """Programs like Slurm's on the path."""
    write(folder)
    before = os.environ["PATH"]
    os.environ["PATH"] = f"{folder}{os.pathsep}{before}"
    try:
        yield
    finally:
        os.environ["PATH"] = before
