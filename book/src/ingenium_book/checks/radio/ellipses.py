"""Ellipses of terminals: their coverage, their sharpness, and their cost."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import torch
from matplotlib.figure import Figure

from ingenium.core.problem import silent
from ingenium.core.resolving import resolve
from ingenium.core.seeds import one_thread
from ingenium.domains import open_problem
from ingenium.domains.radio.estimate import TerminalEstimate
from ingenium.domains.radio.pilots import Fading, Pilots
from ingenium.domains.radio.rays import Rays, subcarriers
from ingenium.drawing.style import KNOWN, MUTED, OURS, dress, panels
from ingenium.generators import fitted
from ingenium.generators.generator import Generator
from ingenium.infer.methods.method import InferenceTask
from ingenium.infer.methods.table import named
from ingenium.infer.prior import Prior
from ingenium.infer.spec import InferSpec, load
from ingenium.infer.weights import ellipse_level
from ingenium.runs.loop import training
from ingenium_book.findings import Commands, Finding, Picture

SPEC = """
problem = "radio.estimate"
title = "Terminals of a street in Munich"
samples = 300
truths = 75
ranked = 25
check_samples = 400
seed = 1
[setup]
held_out = 75
[given]
pilots = { file = "pilots.h5" }
"""
ASIDE_M = (0.0, 1.0)  # by which the terminal moves between sets of pilots
SETS = 6
SNR, SUBCARRIERS, SPACING_HZ = 10.0, 64, 750e3
CLOSE = 0.03  # by which the coverage of ellipses may differ from 90 %
METHODS = ("annealed", "random_walk")


@dataclass(frozen=True, eq=False)
class TerminalWalk:
    """A terminal that moves, and its pilots at each place."""

    rays: Rays
    fading: Fading
    readings: torch.Tensor

    @classmethod
    def of(cls, problem: TerminalEstimate, rng: torch.Generator) -> "TerminalWalk":
        """Walk from the first held-out place whose path is outdoors and received."""
        start = problem.part("between")
        steps = np.arange(SETS)[:, None] * np.array(ASIDE_M)
        for place in torch.stack([start.east, start.north], 1).numpy():
            way = place + steps
            if not problem.scene.outdoors(way).all():
                continue
            rays = problem.scene.trace(way)
            if rays.present.any(1).all():
                break
        s = problem.settings
        hz = subcarriers(SUBCARRIERS, SPACING_HZ)
        power = float(rays.amplitude(s.carrier_hz).square().sum(1).mean())
        fading = Fading(hz, s.antennas, s.carrier_hz, power / SNR)
        return cls(rays, fading, fading.simulate(rays.arrays, rng))


def ellipses(commands: Commands) -> Iterator[Finding | Picture]:
    """Row 28.11: coverage of ellipses, their size, and effective samples a second under drift."""
    bare, requested, course = _requested(commands)
    words = ("radio.estimate", "--spec", "terminals.toml", "--out", "terminals")
    done = commands("infer", *words)
    judged: Any = done.answer["measured"]
    yield Finding("a posterior is made and judged", done.code in (0, 1) and bool(judged))
    yield from _calibrated(judged)
    rates, held = _drifting(bare, requested, course)
    yield Finding(
        f"a terminal that moves by {ASIDE_M[1]:g} m between {SETS} sets of pilots lies in the "
        f"ellipse of 90 % {held['annealed']} times, and {held['random_walk']} times in that of a "
        "random walk",
        held["annealed"] >= SETS - 2,
    )
    yield Finding(
        f"{rates['annealed']:.3g} effective samples a second, against "
        f"{rates['random_walk']:.3g} by "
        "a random walk that learns its steps",
        rates["annealed"] > rates["random_walk"],
    )
    yield Picture(
        _picture(pd.read_csv(commands.folder / "terminals" / "ranks.csv")),
        "Where held-out truths lie in their posteriors, and how large ellipses are",
    )


def _requested(commands: Commands) -> tuple[TerminalEstimate, InferSpec, TerminalWalk]:
    """The site, the spec, and pilots of a terminal that moves; the first of them as a file."""
    rng = torch.Generator().manual_seed(0)
    (commands.folder / "terminals.toml").write_text(SPEC.split("[given]")[0])
    requested = load(commands.folder / "terminals.toml")
    bare = open_problem(requested.spec)
    assert isinstance(bare, TerminalEstimate)
    course = TerminalWalk.of(bare, rng)
    s = bare.settings
    received = course.fading.folded(course.readings[:1])[0]
    pilots = Pilots(received, course.fading.noise_power, SPACING_HZ, s.carrier_hz)
    pilots.write(commands.folder / "pilots.h5")
    (commands.folder / "terminals.toml").write_text(SPEC)
    return bare, load(commands.folder / "terminals.toml"), course


def _calibrated(judged: Any) -> Iterator[Finding]:
    """Check coverage and sharpness on held-out places, and ranks on the prior's own."""
    own = judged["ellipse_90"]
    yield Finding(
        f"{100 * own['value']:.1f} % ({100 * own['low']:.1f} to {100 * own['high']:.1f}) of "
        "traced places that nothing learned from lie in the ellipse that says 90 %",
        abs(own["value"] - 0.9) <= CLOSE,
        gap=True,
    )
    for name, says in (("coverage_50", 0.5), ("coverage_90", 0.9)):
        value, low, high = (judged[name][k] for k in ("value", "low", "high"))
        yield Finding(
            f"{100 * value:.1f} % ({100 * low:.1f} to {100 * high:.1f}) of all their quantities "
            f"lie in intervals that say {100 * says:g} %",
            low - 0.02 <= says <= high + 0.02,
            gap=True,
        )
    size = judged["ellipse_size"]
    yield Finding(
        f"the radius of half of the ellipses is at most {size['value']:.2f} times that of Cramér "
        "and Rao, for who knows all reflections",
        size["value"] < 2,
    )
    yield Finding(
        f"ranks of the prior's own draws are uniform (p = {judged['rank_p']['value']:.2g})",
        judged["rank_p"]["value"] >= 0.01,
    )


def _drifting(
    problem: TerminalEstimate, requested: InferSpec, course: TerminalWalk
) -> tuple[dict[str, float], dict[str, int]]:
    """Effective samples per CPU second, and how often the place is in the ellipse."""
    known = training(problem)
    spec = resolve(requested.spec, problem)
    made = fitted.fit(problem, known, spec.generator, watch=silent)
    generator = Generator(problem, made.family, spec, known)
    prior = Prior.of(generator, requested.prior_samples, requested.seed, problem.nearby())
    task = InferenceTask(prior, course.fading, problem.reported, requested.samples)
    truth = problem.reported(course.rays.arrays).numpy()
    rates, held = {}, {}
    for name in METHODS:
        rng = torch.Generator().manual_seed(2)
        worth, spent, count = 0.0, 0.0, 0
        with one_thread():
            answer = named(name).prepared(task, rng)
            for i in range(SETS):  # a set of pilots each
                started = time.process_time()
                found = answer(course.readings[i], rng)
                spent += time.process_time() - started
                worth += found.effective
                drawn = problem.reported(found.arrays).numpy()
                count += ellipse_level(drawn[:, :2], found.weight, truth[i, :2]) <= 0.9
        rates[name], held[name] = worth / spent, int(count)
    return rates, held


def _picture(ranks: pd.DataFrame) -> Figure:
    own = ranks[ranks["truth"] == "held out"]
    levels = [c for c in own if str(c).startswith("ellipse")]
    sizes = [c for c in own if str(c).startswith("size")]
    figure, grid = panels(1, 2, (3.8, 2.8))
    inside = np.sort(own[levels].to_numpy().ravel())
    share = (np.arange(len(inside)) + 1) / len(inside)
    grid[0, 0].plot([0, 1], [0, 1], color=MUTED, lw=0.8)
    grid[0, 0].plot(inside, share, color=OURS, drawstyle="steps-post")
    dress(grid[0, 0], "region that an ellipse says", "share of truths in it", grid=True)
    size = np.clip(own[sizes].to_numpy().ravel(), 0.1, 100)
    grid[0, 1].hist(size, np.geomspace(0.1, 100, 31), color=OURS)
    grid[0, 1].axvline(1.0, color=KNOWN, lw=0.8)
    grid[0, 1].set_xscale("log")
    dress(grid[0, 1], "radius over that of Cramér and Rao", "truths", grid=True)
    return figure
