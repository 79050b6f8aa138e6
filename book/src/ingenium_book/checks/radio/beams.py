"""Beams of least power, and gains by feedback."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from ingenium.core.spec import load
from ingenium.domains import open_problem
from ingenium.domains.radio.beam import BITS, Beam
from ingenium.drawing.style import KNOWN, OURS, dress, plane
from ingenium_book.findings import Commands, Finding, Picture

BEAMS = """
problem = "radio.beam"
title = "Four users of a street in Munich"
[setup]
users = 4
[conditions]
sinr = { at_least = 10.0, at_most = 10.0 }
"""
EQUAL = 1e-6  # relative, to which another solver gives the same power
MOST_ENERGY = 0.9


def beams(commands: Commands) -> Iterator[Finding | Picture]:
    """Row 28.6: beams of least power, the same by Clarabel, and energy by bits of feedback."""
    (commands.folder / "beams.toml").write_text(BEAMS)
    requested = ("radio.beam", "--spec", "beams.toml")
    done = commands("propose", *requested, "-n", 100, "--seed", 7, "--out", "beams")
    yield Finding("beams are made", done.code == 0)
    summary: Any = done.answer["summary"]
    held = summary["accepted"]
    yield Finding(
        f"{held} of 100 sets get the SINR that they ask for, at a power that duality proves least",
        held == 100,
    )
    distance = _distance(commands.folder / "beams")
    yield Finding(f"Clarabel finds the same power to {distance:.1e}", distance <= EQUAL)
    yield from _limited(commands)
    problem = open_problem(load(commands.folder / "beams.toml"))
    assert isinstance(problem, Beam)
    shares = np.array([problem.feedback(b) for b in BITS])
    # Codebooks of different bits have different beams, so a step of one bit may lose a little.
    first, last = shares[0], shares[-1]
    yield Finding(
        f"{BITS[-1]} bits capture more than {BITS[0]} on streets that were never learned from: "
        f"{last[0]:.3f} against {first[0]:.3f} by DFT beams, {last[1]:.3f} against {first[1]:.3f} "
        "by learned ones",
        bool((last > first).all()),
    )
    enough = shares[:, 0] >= MOST_ENERGY
    bits = BITS[int(enough.argmax())] if enough.any() else None
    yield Finding(f"DFT beams capture {100 * MOST_ENERGY:g} % with {bits} bits", bits is not None)
    yield Finding(
        f"beams learned from the site capture more than DFT beams at 3 bits "
        f"({shares[2, 1]:.3f} against {shares[2, 0]:.3f})",
        bool(shares[2, 1] > shares[2, 0]),
        gap=True,
    )
    yield Picture(_curve(shares), "Energy of a channel along the best beam of a codebook")


def _distance(folder: Path) -> float:
    """The largest relative difference between the fixed point and Clarabel."""
    from ingenium.core.designs import to_arrays
    from ingenium.domains.radio.clarabel import Clarabel
    from ingenium.runs.opened import open_run

    run = open_run(folder, open_problem)
    some = run.designs.isel(design=range(8))
    problem = run.problem
    assert isinstance(problem, Beam)
    limit = problem.settings.antenna_limit
    theirs = Clarabel(limit).measure(*to_arrays(some, problem.variables))[:, 0].numpy()
    ours = run.verdicts["power"].to_numpy()[:8]
    return float(np.nanmax(np.abs(theirs / ours - 1)))


def _curve(shares: np.ndarray) -> Figure:
    figure, axes = plane(4.6, 2.8)
    axes.plot(BITS, shares[:, 0], color=KNOWN, marker="o", ms=3, label="DFT beams")
    axes.plot(BITS, shares[:, 1], color=OURS, marker="o", ms=3, label="learned from the site")
    axes.set_ylim(0, 1.02)
    dress(axes, "bits of feedback", "energy captured", grid=True)
    return figure


def _limited(commands: Commands) -> Iterator[Finding]:
    """Check the same users with no antenna allowed more than most of the busiest one's power."""
    from ingenium.runs.opened import open_run

    busiest = open_run(commands.folder / "beams", open_problem).verdicts["antenna_power"]
    most = float(np.quantile(busiest.to_numpy(), 0.5))
    text = BEAMS.replace("users = 4", f"users = 4\nantenna_limit = {most!r}")
    (commands.folder / "limited.toml").write_text(text)
    requested = ("radio.beam", "--spec", "limited.toml")
    done = commands("propose", *requested, "-n", 40, "--seed", 7, "--out", "limited")
    summary: Any = done.answer["summary"]
    held = summary["accepted"]
    yield Finding(
        f"{held} of 40 sets get it too where no antenna sends more than half of the busiest ones "
        f"did; for the others no beams exist",
        held > 10,
    )
    distance = _distance(commands.folder / "limited")
    yield Finding(
        f"under such limits Clarabel finds the same power to {distance:.1e}", distance <= EQUAL
    )
