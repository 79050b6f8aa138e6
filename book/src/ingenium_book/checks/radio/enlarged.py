"""Channels that a generator adds to a few hundred traced ones: their statistics and their worth.

Shapes: n channels, f subcarriers, a antennas, s seeds, d SNRs.
"""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from jaxtyping import Complex128, Float64
from matplotlib.figure import Figure
from torch import Tensor

from ingenium.core.seeds import one_thread
from ingenium.core.spec import Spec
from ingenium.domains import open_problem
from ingenium.domains.radio.estimators import MixtureLmmse
from ingenium.domains.radio.pilots import circular
from ingenium.domains.radio.rays import PATHS, Rays, response, subcarriers
from ingenium.domains.radio.site_channel import STATISTICS, SiteChannel
from ingenium.drawing.style import MUTED, SERIES, dress, panels
from ingenium.evaluate.intervals import t_interval
from ingenium.evaluate.measured import Interval
from ingenium.train.plan import Plan
from ingenium_book.findings import Commands, Finding, Picture

STREET = """
problem = "radio.site_channel"
title = "Streets east of a base station in Munich"
"""
FEW, MANY = 300, 3000
SEEDS, DRAWS, BOOTSTRAPS = 5, 8, 2000
SNR_DB, AT_DB = (0.0, 10.0, 20.0), 10.0
COMPONENTS = (8, 32)  # the better one is chosen by channels without other use
HZ = subcarriers(64, 750e3)
SHIFT_S, TURN = 20e-9, 0.1  # by which plain augmentation moves delays and directions
ARMS = ("few", "few, augmented", "few and generated", "generated, augmented", "many")
PLACES = {"between": "new places between", "streets": "streets that were never learned from"}


def enlarged(commands: Commands) -> Iterator[Finding | Picture]:
    """Row 28.1: statistics of generated channels, and an estimator trained on them."""
    (commands.folder / "street.toml").write_text(STREET)
    words = ("radio.site_channel", "--spec", "street.toml", "-n", 200, "--seed", 7, "--out", "made")
    done = commands("propose", *words)
    yield Finding("channels of new places are made", done.code == 0)
    summary: Any = done.answer["summary"]
    held = summary["accepted"]
    yield Finding(f"{held} of 200 are near what is traced at their places", held >= 160)
    with one_thread():
        problem = _site(FEW)
        for part, where in PLACES.items():
            inside, whole = _inside(problem, part), set(STATISTICS)
            left = ", ".join(sorted(whole - inside)) or "none"
            yield Finding(
                f"on {where}, {len(inside)} of {len(whole)} means of path loss, delays and angles "
                f"lie in the band of 95 % of channels traced there; outside: {left}",
                inside == whole,
                gap=part == "streets",
            )
        errors = _errors(_site(MANY))
    yield from _worth(errors)
    yield Picture(_curves(errors), "Errors of an estimator by what it learned from")


def _site(known: int) -> SiteChannel:
    setup = {"known": known, "held_out": 75}
    problem = open_problem(Spec(problem="radio.site_channel", setup=setup))
    assert isinstance(problem, SiteChannel)
    return problem


def _made(problem: SiteChannel, known: Rays, at: Rays, rng: torch.Generator) -> Rays:
    """Channels of the generator, fitted to known ones, at some places."""
    family = problem.baselines()["image_neighbours"]()
    frame = problem.frame
    cond = [frame.features(r.east, r.north) for r in (known, at)]
    family.fit(frame.numbers(known).float(), cond[0], Plan())
    place = torch.stack([at.east, at.north], 1)
    return frame.rays(family.propose(cond[1], rng).double(), place)


def _inside(problem: SiteChannel, part: str) -> set[str]:
    """Statistics whose means are in the bootstrap band of channels traced at the same places."""
    rng, chance = torch.Generator().manual_seed(0), np.random.default_rng(0)
    held, hz = problem.part(part), problem.settings.carrier_hz
    many = Rays(*(a.repeat(DRAWS, *[1] * (a.ndim - 1)) for a in held.arrays))
    made = _made(problem, problem.part("known"), many, rng)
    again = chance.integers(len(held.east), size=(BOOTSTRAPS, len(held.east)))
    found = set()
    for name, of in STATISTICS.items():
        low, high = np.quantile(of(held, hz).numpy()[again].mean(1), [0.025, 0.975])
        if low <= float(of(made, hz).mean()) <= high:
            found.add(name)
    return found


def _errors(problem: SiteChannel) -> dict[str, dict[str, Float64[np.ndarray, "s d"]]]:
    """Errors of the mixture by training set, on new places and on streets, in dB."""
    found: dict[str, dict[str, list[list[float]]]] = {p: {a: [] for a in ARMS} for p in PLACES}
    tuning = problem.part("between")
    half = len(tuning.east) // 2
    for seed in range(SEEDS):
        rng = torch.Generator().manual_seed(seed)
        order = torch.randperm(len(tuning.east), generator=rng)
        by = _channels(_some(tuning, order[:half]), problem)
        between = _channels(_some(tuning, order[half:]), problem)
        truth = torch.cat([between, _channels(problem.part("streets"), problem)])
        at = {"between": slice(0, len(between)), "streets": slice(len(between), None)}
        for arm, channels in _learned(problem, rng).items():
            estimate = _tuned(channels, by, seed)
            wrong = np.stack([_errors_of(estimate, truth, db, seed) for db in SNR_DB])
            for part, own in at.items():
                found[part][arm].append((10 * np.log10(wrong[:, own].mean(1))).tolist())
    return {p: {a: np.array(x) for a, x in own.items()} for p, own in found.items()}


def _learned(problem: SiteChannel, rng: torch.Generator) -> dict[str, Complex128[Tensor, "n f a"]]:
    """Training channels of each arm."""
    every, places = problem.part("known"), problem.queries(problem.data())
    known = _some(every, torch.randperm(MANY, generator=rng)[:FEW])
    at = torch.randperm(places.sizes["design"], generator=rng)[: MANY - FEW].numpy()
    new = [torch.from_numpy(places[k].to_numpy()[at]) for k in ("east", "north")]
    blank = Rays(*(torch.zeros(len(at), PATHS, dtype=torch.float64) for _ in range(8)), *new)
    few = _channels(known, problem)
    both = torch.cat([few, _channels(_made(problem, known, blank, rng), problem)])
    own = (few, _augmented(few, MANY // FEW, rng), both, _augmented(both, 1, rng))
    return dict(zip(ARMS, (*own, _channels(every, problem)), strict=True))


def _some(rays: Rays, index: Tensor) -> Rays:
    return Rays(*(a[index] for a in rays.arrays))


def _channels(rays: Rays, problem: SiteChannel) -> Complex128[Tensor, "n f a"]:
    """Channels as pilots without noise, each of mean power 1."""
    hz, alive = problem.settings.carrier_hz, _some(rays, torch.nonzero(rays.present.any(1))[:, 0])
    return response(alive.at_unit_power(hz), hz, HZ, problem.settings.antennas)


def _augmented(
    channels: Complex128[Tensor, "n f a"], times: int, rng: torch.Generator
) -> Complex128[Tensor, "k f a"]:
    """Augment channels by a common phase, a small delay, and a small change of direction."""
    whole = channels.repeat(times, 1, 1)
    n, _, a = whole.shape
    share = 2 * torch.rand(3, n, 1, generator=rng, dtype=torch.float64) - 1
    later = -2 * math.pi * SHIFT_S * share[0] * HZ
    turned = math.pi * TURN * share[1] * torch.arange(a)
    angle = math.pi * share[2][:, :, None] + later[:, :, None] + turned[:, None]
    return whole * torch.polar(torch.ones_like(angle), angle)


def _tuned(
    channels: Complex128[Tensor, "n f a"], by: Complex128[Tensor, "m f a"], seed: int
) -> MixtureLmmse:
    """Fit the mixture whose number of components is best on other channels."""
    made = [MixtureLmmse.of(channels, count) for count in COMPONENTS]
    return min(made, key=lambda own: _errors_of(own, by, AT_DB, seed).mean())


def _errors_of(
    estimate: MixtureLmmse, truth: Complex128[Tensor, "n f a"], db: float, seed: int
) -> Float64[np.ndarray, " n"]:
    """Squared error over power of each; all estimates receive the same noise."""
    power = truth.abs().square().mean((1, 2))
    noise, rng = 10 ** (-db / 10), torch.Generator().manual_seed(1000 + seed)
    received = truth + math.sqrt(noise) * circular(tuple(truth.shape), rng)
    wrong = (estimate.estimate(received, noise) - truth).abs().square().mean((1, 2))
    return (wrong / power).numpy()


def _worth(errors: dict[str, dict[str, np.ndarray]]) -> Iterator[Finding]:
    """Check the gain by generated channels at 10 dB, over seeds."""
    at = SNR_DB.index(AT_DB)
    many, few = f"{MANY:,}", f"{FEW}"
    for part, where in PLACES.items():

        def gain(own: str, other: str, part: str = part) -> Interval:
            return t_interval((errors[part][other] - errors[part][own])[:, at])

        alone = gain("few and generated", "few")
        yield Finding(
            f"on {where}, an estimator that learns from {few} traced channels and as many "
            f"generated ones as make {many} errs {_reported(alone)} dB less than from {few} alone",
            alone.low > 0,
            gap=part == "streets",
        )
        for own, other, least, reported in (
            ("few and generated", "few, augmented", 0, "it errs {} dB less than with plain "
             "augmentation"),
            ("generated, augmented", "few, augmented", 0, "generated channels that are augmented "
             "too err {} dB less than plain augmentation alone"),
            ("few and generated", "many", -1, f"it errs {{}} dB less than from {many} traced "
             "channels: at most 1 dB more"),
        ):  # fmt: skip
            found = gain(own, other)
            yield Finding(f"there {reported.format(_reported(found))}", found.low > least, gap=True)


def _reported(found: Interval) -> str:
    return f"{found.value:.2f} ({found.low:.2f} to {found.high:.2f})"


def _curves(errors: dict[str, dict[str, np.ndarray]]) -> Figure:
    figure, grid = panels(1, 2, (3.8, 2.8), sharey=True)
    colours = (MUTED, *SERIES)
    for axes, (part, title) in zip(grid[0], PLACES.items(), strict=True):
        for (arm, own), colour in zip(errors[part].items(), colours, strict=False):
            name = arm if part == "streets" else None  # a key in the panel with free space
            axes.plot(SNR_DB, own.mean(0), color=colour, marker="o", ms=3, label=name)
        dress(axes, "SNR (dB)", "error over power (dB)", title=title, grid=True)
    return figure
