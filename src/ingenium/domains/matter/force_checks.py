"""A small potential of a proposed crystal, taught places that it came to itself or thrown ones."""

from collections.abc import Iterator
from itertools import islice

import numpy as np
import torch

from ingenium.core.designs import to_arrays
from ingenium.core.seeds import one_thread
from ingenium.domains.matter import force_field
from ingenium.domains.matter.crystal import CrystalProblem
from ingenium.domains.matter.files import crystals
from ingenium.domains.matter.force_field import AtomBox, ForceFit
from ingenium.domains.matter.settings import CrystalSettings
from ingenium.evaluate.findings import Commands, Finding, Picture
from ingenium.evaluate.style import INK, MUTED, OURS, dress, panels

SPEC = """
problem = "matter.crystal"
[setup]
judge = "chgnet"
types = ["cubic"]
[given]
formula = "CsPbBr3"
[[limits]]
quantity = "symmetry_kept"
at_least = 1.0
[[limits]]
quantity = "screened_hull"
at_most = 0.1
unit = "eV"
"""
TIMES, KELVIN = (2, 2, 1), 300.0
FIRST, LEARNED = 10, 60  # configurations of the start, and in all
WIDTHS = (0.05, 0.15, 0.3)  # angstrom, of thrown ones
CALM, EVERY, TESTED = 60, 10, 20  # steps before the first one that is tested, and between two
PICOSECONDS = 100
CLOSEST = 0.65  # of the sum of two radii


def force_fields(commands: Commands) -> Iterator[Finding | Picture]:
    """Row 35.15: errors of forces by what was learned from, and long runs."""
    (commands.folder / "formula.toml").write_text(SPEC)
    commands(
        *("propose", "matter.crystal", "--spec", "formula.toml", "-n", 8, "--seed", 1),
        *("--format", "cif", "--out", "formula"),
    )
    problem = CrystalProblem(CrystalSettings(judge="chgnet", types=("cubic",)))
    read = problem.formats["cif"].read(commands.folder / "formula" / "designs")
    (crystal, *_) = [c for c in crystals(to_arrays(read, problem.variables)) if c is not None]
    with one_thread():
        yield from _taught(AtomBox.of(crystal, TIMES), crystal.sites.text)


def _taught(box: AtomBox, text: str) -> Iterator[Finding | Picture]:
    rng = torch.Generator().manual_seed(0)
    by_chgnet = force_field.run(box, box.force, KELVIN, CALM + EVERY * TESTED, rng)
    tested = [places for places, _ in islice(by_chgnet, CALM, None, EVERY)]
    true = torch.stack(box.forces(tested))
    usual = float(true.square().mean().sqrt())
    first = force_field.thrown(box, 0.1, FIRST, rng)
    own = ForceFit.of(box, *force_field.sought(box, first, LEARNED, KELVIN, rng))
    fits = {"its own runs": own}
    for width in WIDTHS:
        places = force_field.thrown(box, width, LEARNED, rng)
        fits[f"thrown by {width:g}"] = ForceFit.of(box, places, box.forces(places))
    off = {
        name: float((torch.stack([f.force(p) for p in tested]) - true).square().mean().sqrt())
        for name, f in fits.items()
    }
    ours, name = off["its own runs"], min(list(off)[1:], key=lambda k: off[k])
    yield Finding(
        f"forces on {len(tested)} configurations of {text} at {KELVIN:g} K are off CHGNet's by "
        f"{ours:.3f} eV/angstrom of {usual:.3f}, learned from {LEARNED}",
        ours < 0.5 * usual,
    )
    yield Finding(
        f"that is less than from as many thrown at random, {off[name]:.3f} at the best of "
        f"{len(WIDTHS)} widths",
        ours < off[name],
        gap=True,
    )
    yield from _long(box, own, fits[name], rng)
    yield Finding("forces of a quantum engine to learn from", False, gap=True)
    figure, grid = panels(1, 1, (4.2, 2.8))
    colours = [OURS, *[MUTED] * len(WIDTHS)]
    grid[0, 0].barh(list(off), list(off.values()), color=colours)
    grid[0, 0].axvline(usual, color=INK, lw=0.8)
    grid[0, 0].invert_yaxis()
    dress(grid[0, 0], "error of a force (eV/angstrom; line: all of it)", "")
    yield Picture(figure, f"Forces of {text} by what a small potential learned from")


def _long(box: AtomBox, own: ForceFit, other: ForceFit, rng: torch.Generator) -> Iterator[Finding]:
    """Whether runs of `PICOSECONDS` stay crystals of their temperature."""
    steps = round(1000 * PICOSECONDS / force_field.STEP_FS)
    long = list(force_field.run(box, own.force, KELVIN, steps, rng))
    warm = float(np.mean([kelvin for _, kelvin in long[len(long) // 10 :]]))
    near = min(box.closest(places) for places, _ in long[::50])
    yield Finding(
        f"a run of {PICOSECONDS} ps holds {len(long)} of {steps} steps, at {warm:.0f} K, no two "
        f"atoms nearer than {near:.2f} of the sum of their radii",
        len(long) == steps and abs(warm / KELVIN - 1) < 0.1 and near > CLOSEST,
    )
    held = sum(1 for _ in force_field.run(box, other.force, KELVIN, steps, rng))
    yield Finding(
        f"one by what was learned from thrown places breaks up, after {held} of {steps} steps",
        held < steps,
        gap=True,
    )
