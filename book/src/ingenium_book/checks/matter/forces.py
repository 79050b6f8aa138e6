"""A small potential of a proposed crystal, trained on its own configurations or random ones."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from matplotlib.axes import Axes

from ingenium.core.designs import to_arrays
from ingenium.core.seeds import one_thread
from ingenium.domains.matter import espresso
from ingenium.domains.matter.crystal import CrystalProblem
from ingenium.domains.matter.files import crystals
from ingenium.domains.matter.settings import CrystalSettings
from ingenium.drawing.style import INK, MUTED, OURS, dress, panels
from ingenium_book.checks.matter import force_field
from ingenium_book.checks.matter.box_forces import by_pw
from ingenium_book.checks.matter.force_field import AtomBox, ForceFit, ForcesOf, by_chgnet
from ingenium_book.findings import Commands, Finding, Picture

SPEC = """
problem = "matter.crystal"
[setup]
judge = "chgnet"
types = ["cubic"]
[given]
formula = "{}"
[[limits]]
quantity = "symmetry_preserved"
at_least = 1.0
[[limits]]
quantity = "screened_hull"
at_most = 0.1
unit = "eV"
"""
TIMES, KELVIN = (2, 2, 1), 300.0
CALM, EVERY = 60, 10  # steps before the first one that is tested, and between two
PICOSECONDS = 100
CLOSEST = 0.65  # of the sum of two radii


@dataclass(frozen=True)
class TaughtBy:
    """Source of training forces, its compound, and the number of configurations."""

    name: str
    teacher: ForcesOf
    formula: str
    first: int  # of the start
    learned: int  # in all
    tested: int
    widths: tuple[float, ...]  # angstrom, of random displacements


TRAINING = (
    TaughtBy("CHGNet", by_chgnet, "CsPbBr3", 10, 60, 20, (0.05, 0.15, 0.3)),
    TaughtBy("pw.x", by_pw, "SrTiO3", 4, 16, 8, (0.05, 0.15)),
)


def force_fields(commands: Commands) -> Iterator[Finding | Picture]:
    """Row 35.15: errors of forces by training configurations, and long runs."""
    figure, grid = panels(1, len(TRAINING), (4.2 * len(TRAINING), 2.8))
    for axes, examples in zip(grid[0], TRAINING, strict=True):
        spec = f"{examples.formula.lower()}.toml"
        (commands.folder / spec).write_text(SPEC.format(examples.formula))
        commands(
            *("propose", "matter.crystal", "--spec", spec, "-n", 8, "--seed", 1),
            *("--format", "cif", "--out", examples.formula),
        )
        missing = espresso.absent() if examples.teacher is by_pw else None
        if missing is not None:
            yield Finding(f"forces by {examples.name} on {examples.formula}: {missing}", False)
            continue
        with one_thread():
            yield from _taught(_box(commands.folder / examples.formula / "designs"), examples, axes)
    yield Picture(figure, "Forces by what a small potential learned from")


def _box(designs: Path) -> AtomBox:
    problem = CrystalProblem(CrystalSettings(judge="chgnet", types=("cubic",)))
    read = problem.formats["cif"].read(designs)
    (crystal, *_) = [c for c in crystals(to_arrays(read, problem.variables)) if c is not None]
    return AtomBox.of(crystal, TIMES)


def _taught(box: AtomBox, examples: TaughtBy, axes: Axes) -> Iterator[Finding]:
    rng = torch.Generator().manual_seed(0)
    steps = CALM + EVERY * examples.tested
    went = force_field.run(box, lambda at: by_chgnet(box, [at])[0], KELVIN, steps, rng)
    tested = [places for places, _ in islice(went, CALM, None, EVERY)]
    true = torch.stack(examples.teacher(box, tested))
    usual = float(true.square().mean().sqrt())
    first = force_field.thrown(box, 0.1, examples.first, rng)
    sought = force_field.sought(box, examples.teacher, first, examples.learned, KELVIN, rng)
    own = ForceFit.of(box, *sought)
    fits = {"its own runs": own}
    for width in examples.widths:
        places = force_field.thrown(box, width, examples.learned, rng)
        fits[f"thrown by {width:g}"] = ForceFit.of(box, places, examples.teacher(box, places))
    off = {
        name: float((torch.stack([f.force(p) for p in tested]) - true).square().mean().sqrt())
        for name, f in fits.items()
    }
    ours, name = off["its own runs"], min(list(off)[1:], key=lambda k: off[k])
    yield Finding(
        f"forces on {len(tested)} configurations of cubic {examples.formula} at {KELVIN:g} K: off "
        f"those of {examples.name} by {ours:.3f} eV/angstrom of {usual:.3f}, learned from "
        f"{examples.learned}",
        ours < 0.5 * usual,
    )
    yield Finding(
        f"that is less than from as many thrown at random, {off[name]:.3f} at the best of "
        f"{len(examples.widths)} widths",
        ours < off[name],
        gap=True,
    )
    yield from _long(box, own, fits[name], rng)
    colours = [OURS, *[MUTED] * len(examples.widths)]
    axes.barh(list(off), list(off.values()), color=colours)
    axes.axvline(usual, color=INK, lw=0.8)
    axes.invert_yaxis()
    title = f"{examples.formula}, forces by {examples.name}"
    dress(axes, "error of a force (eV/angstrom; line: all of it)", title=title)


def _long(box: AtomBox, own: ForceFit, other: ForceFit, rng: torch.Generator) -> Iterator[Finding]:
    """Check that runs of `PICOSECONDS` stay crystals at their temperature."""
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
        f"one by what was learned from thrown places breaks up before its end ({held} of {steps} "
        f"steps held)",
        held < steps,
        gap=True,
    )
