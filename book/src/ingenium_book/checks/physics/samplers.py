"""Samplers of lattice fields, and families of generators, shown in seconds."""

import time
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import torch
import xarray as xr
from matplotlib.figure import Figure

from ingenium.domains.physics.lattice import kaufman
from ingenium.domains.physics.lattice.models import law_of, samplers
from ingenium.domains.physics.lattice.settings import LatticeFieldSettings
from ingenium.drawing.style import INK, KNOWN, OURS, dress, plane
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

SPINS = """
problem = "physics.lattice"
title = "Spins of 8 x 8 sites at couplings from hot to cold"
[setup]
model = "ising"
size = 8
train = true
steps = 800
[conditions]
coupling = COUPLING
[select]
keep = "verified"
"""
COUPLINGS, MANY, NEAR = (0.32, 0.38, 0.44, 0.48), 1000, 1e-3

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
keep = "verified"
"""
STEPS, EACH, PROPOSED = (10, 40, 160), 48, 300  # steps of learning, configurations of a step
SHORT, ROWS, MEMBERS = 150, 500, 20  # steps of a fit, designs, and proposals for intervals
FAR, NARROW = 0.02, 0.8  # of a squared MMD, and least coverage of intervals of 90 %
EXPECTED = {  # what families of the engine do wrong by what they are
    "nearest_neighbours": "nearness to training",
    "bootstrap": "nearness to training",
    "random": "spectrum (dB)",
}


def spins(commands: Commands) -> Iterator[Finding | Picture]:
    """Row 35.6: free energy of spins that are drawn one by one, beside Kaufman's."""
    found = []
    for i, coupling in enumerate(COUPLINGS):
        spec = SPINS.replace("COUPLING", f"{coupling}")
        (commands.folder / f"{i}.toml").write_text(spec)
        asked = ("--spec", f"{i}.toml", "-n", MANY, "--seed", 1, "--out", f"run{i}")
        done = commands("propose", "physics.lattice", *asked)
        yield Finding(f"{MANY} proposals at coupling {coupling:g} are weighed", done.code == 0)
        with xr.open_dataset(commands.folder / f"run{i}" / "designs.nc") as made:
            own = (made["action"] + made["log_density"]).to_numpy()
        found.append(own)
    exact = np.array([-kaufman.log_z(8, c) for c in COUPLINGS]) / 64
    bound = np.array([own.mean() for own in found]) / 64
    weighted = -np.array([_log_mean(-own) for own in found]) / 64
    off = float(np.abs(weighted - exact).max())
    yield Finding(f"free energies by weights are within {off:.1e} a spin of Kaufman's", off <= NEAR)
    above = float((bound - exact).max())
    yield Finding(
        f"free energies by the density alone, which lie above, do so by at most {above:.1e}",
        bool((bound - exact > -3e-4).all()) and above <= NEAR,
    )
    weights = [np.exp(-own + 64 * e) for own, e in zip(found, exact, strict=True)]
    pull = max(abs(w.mean() - 1) / (w.std() / np.sqrt(MANY)) for w in weights)
    yield Finding(
        f"weights average to 1 within {pull:.1f} standard errors, as those of a normalised "
        "likelihood do",
        bool(pull < 4),
    )
    figure, axes = plane(4.4, 2.6)
    axes.plot(COUPLINGS, exact, color=INK, label="Kaufman")
    axes.plot(COUPLINGS, weighted, "o", color=OURS, label="proposed spins")
    dress(axes, "coupling", "free energy a spin (over temperature)", grid=True)
    yield Picture(figure, "Free energy of 8 x 8 spins, from proposals and exactly")


def _log_mean(x: np.ndarray) -> float:
    return float(np.log(np.exp(x - x.max()).mean()) + x.max())


def symmetry(commands: Commands) -> Iterator[Finding | Picture]:
    """Row 35.21: densities that turn with all rotors, and what that saves of data."""
    settings = LatticeFieldSettings(model="xy")
    flow = samplers(settings, law_of(settings))["staircase"]
    at, rng = torch.full((8,), 0.9, dtype=torch.float64), torch.Generator().manual_seed(0)
    (angle,) = flow.draw(at, rng)
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
            asked = ("--spec", f"{name}.toml", "-n", PROPOSED, "--seed", 1, "--out", name)
            commands("propose", "physics.lattice", *asked)
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
    x, due = law.draw(cond, rng), law.draw(held, rng)
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
