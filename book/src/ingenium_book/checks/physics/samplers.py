"""Samplers of lattice fields, and families of generators, shown in seconds."""

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import torch
import xarray as xr
from matplotlib.figure import Figure

from ingenium.domains.physics.lattice import kaufman
from ingenium.domains.physics.lattice.models import law_of, samplers
from ingenium.domains.physics.lattice.settings import LatticeFieldSettings
from ingenium.drawing.style import KNOWN, OURS, dress, plane
from ingenium.generators import families
from ingenium.generators.flow import Flow
from ingenium.generators.row_families import LEARNED
from ingenium.scores.distances import mmd_squared
from ingenium.scores.scores import interval_coverage
from ingenium_book.checks.physics.emulator_suite import (
    CONDITIONS,
    FAULTS,
    SHAPE,
    DrawnLaw,
    KnownSeries,
    emulated,
)
from ingenium_book.findings import Commands, Finding, Picture

COUPLINGS: Mapping[str, float] = {"hot": 0.32, "warm": 0.38, "critical": 0.44, "cold": 0.48}
SITES = 64

ROTORS = """
problem = "physics.lattice"
[setup]
model = "xy"
size = 6
train = true
steps = STEPS
symmetric = SYMMETRIC
known = 20
chain = 50
[conditions]
coupling = 0.9
[select]
export = "verified"
"""
STEPS, EACH, PROPOSED = (10, 40, 160), 48, 300  # steps of learning, configurations of a step
SHORT, ROWS, MEMBERS = 150, 500, 20  # steps of a fit, designs, and proposals for intervals
FAR, NARROW = 0.02, 0.8  # of a squared MMD, and least coverage of intervals of 90 %
EXPECTED = {  # expected faults of the engine's families
    "nearest_neighbours": "nearness to training",
    "bootstrap": "nearness to training",
    "random": "spectrum (dB)",
}


def free_energies(commands: Commands, values: Mapping[str, Any]) -> dict[str, Any]:
    """Free energies a spin at each coupling: by weights, by the density alone, and exact (Kaufman).

    `pull` is the largest distance of the mean of exact weights from 1, in standard errors.
    """
    found = [values[name]["action"] + values[name]["log_density"] for name in COUPLINGS]
    exact = np.array([-kaufman.log_z(8, c) for c in COUPLINGS.values()]) / SITES
    weights = [np.exp(-own + SITES * e) for own, e in zip(found, exact, strict=True)]
    return {
        "exact": exact,
        "bound": np.array([own.mean() for own in found]) / SITES,
        "weighted": -np.array([_log_mean(-own) for own in found]) / SITES,
        "pull": max(abs(w.mean() - 1) / (w.std() / np.sqrt(len(w))) for w in weights),
    }


def _log_mean(x: np.ndarray) -> float:
    return float(np.log(np.exp(x - x.max()).mean()) + x.max())


def symmetry(commands: Commands) -> Iterator[Finding | Picture]:
    """Row 35.21: densities invariant under common rotations, and the data that this saves."""
    settings = LatticeFieldSettings(model="xy")
    flow = samplers(settings, law_of(settings))["staircase"]
    at, rng = torch.full((8,), 0.9, dtype=torch.float64), torch.Generator().manual_seed(0)
    (angle,) = flow.sample(at, rng)
    before = flow.log_density(angle, at)
    for kind, most in ((torch.float64, 1e-12), (torch.float32, 1e-6)):
        turned = (angle.to(kind) + torch.tensor(1.0, dtype=kind)).double()
        off = float(((flow.log_density(turned, at) - before) / before).abs().max())
        name = str(kind).removeprefix("torch.")
        yield Finding(
            f"all rotors turned by one angle in {name}: log density the same to {off:.1e}",
            off <= most,
        )
    errors: dict[bool, list[float]] = {True: [], False: []}
    for steps in STEPS:
        for built_in in errors:
            spec = ROTORS.replace("STEPS", f"{steps}")
            name = f"{steps}{built_in}"
            (commands.folder / f"{name}.toml").write_text(
                spec.replace("SYMMETRIC", f"{built_in}".lower())
            )
            requested = ("--spec", f"{name}.toml", "-n", PROPOSED, "--seed", 1, "--out", name)
            commands("propose", "physics.lattice", *requested)
            with xr.open_dataset(commands.folder / name / "designs.nc") as made:
                weight = made["log_weight"].to_numpy()
            errors[built_in].append(float(np.maximum(0, 1 - np.exp(weight)).mean()))
    for steps, own, plain in zip(STEPS, errors[True], errors[False], strict=True):
        yield Finding(
            f"learned from {EACH * steps} configurations, the sampler is {own:.2f} off the law in "
            f"total variation with the symmetry built in, {plain:.2f} without",
            own < plain,
        )
    yield Picture(_by_size(errors), "Rotors of 6 x 6 sites: error against training size")


def _by_size(errors: Mapping[bool, Sequence[float]]) -> Figure:
    figure, axes = plane(4.4, 2.6)
    many = [EACH * s for s in STEPS]
    axes.plot(many, errors[False], "o-", color=KNOWN, label="without")
    axes.plot(many, errors[True], "o-", color=OURS, label="symmetry built in")
    axes.set_xscale("log")
    axes.set_xticks(many, [f"{n:,}" for n in many])
    axes.set_xticks([], minor=True)
    axes.set_ylim(0, 1)
    dress(axes, "configurations learned from", "distance in total variation", grid=True)
    return figure


def one_distribution(commands: Commands) -> Iterator[Finding | Picture]:
    """Row 35.1: all learned families on series of one known law."""
    law, rng = KnownSeries(), torch.Generator().manual_seed(0)
    cond, held = law.conditions(ROWS, rng), law.conditions(ROWS, rng)
    x, due = law.sample(cond, rng), law.sample(held, rng)
    for name in LEARNED:
        family = families.build(name, SHAPE, CONDITIONS)
        family.fit(x, cond, families.plan(name, shape=SHAPE, steps=SHORT))
        far = mmd_squared(due.numpy(), family.propose(held, rng).numpy())
        many = held.repeat(MEMBERS, 1)
        started = time.process_time()
        each = family.propose(many, rng).view(MEMBERS, ROWS, *SHAPE)
        rate = len(many) / (time.process_time() - started)
        covered = float(interval_coverage(each.numpy(), due.numpy(), level=0.9).mean())
        yield Finding(
            f"{name}: squared MMD {far:.4f} to fresh draws of the law, {covered:.0%} of them in "
            f"intervals of 90 %, {rate:.0f} designs a second",
            far <= FAR and covered >= NARROW,
            gap=True,
        )
        if isinstance(family, Flow):
            own = family.double()
            with torch.no_grad():
                noise = own.to_noise(x.double(), cond.double())
                off = float((own.from_noise(noise, cond.double()) - x).abs().max())
            yield Finding(f"the flow inverts to {off:.1e}", off <= 1e-6)


def suite(commands: Commands) -> Iterator[Finding | Picture]:
    """Row 35.20: tails, spectra, collapse, memory and shift, on planted faults and families."""
    plan = families.plan("random")
    clean = emulated(DrawnLaw(), plan).faults()
    yield Finding("fresh draws of the law pass all measures", not clean)
    for name, (fault, caught) in FAULTS.items():
        found = emulated(DrawnLaw(fault), plan).faults()
        yield Finding(f"{name}: caught by {', '.join(found) or 'nothing'}", caught in found)
    for name, caught in EXPECTED.items():
        found = emulated(families.build(name, SHAPE, CONDITIONS), plan).faults()
        yield Finding(f"{name}: outside the bands are {', '.join(found)}", caught in found)
