"""Techniques one by one: formats, learning with rounded weights, fewer units or weights."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from matplotlib.figure import Figure

from ingenium.drawing.style import MUTED, OURS, dress, panels
from ingenium_book.checks.edge.trials import (
    ROUNDED,
    SECTIONS,
    SEEDS,
    SKETCHES,
    SMALL,
    WIDTHS,
    ends,
    fitted,
    named,
    perplexity,
    value,
)
from ingenium_book.findings import Commands, Finding, Picture

GENERATORS = {  # of three domains, with the family that goes to the device
    SKETCHES: "pen",
    "molecules.library": "moses_lstm",
    SMALL: "diffusion",
}
TOKENS = (SKETCHES, "molecules.library")  # whose losses are nats a token
HALF, QUARTER = 0.55, 0.30  # of the single-precision file
ZEROS = (0.25, 0.5, 0.75, 0.9)  # shares of weights that are gone
LEARNED = ("int4, aware", "int4", "int8")
LONG = 300  # steps, after which a rounded network has converged again


def formats(commands: Commands) -> Iterator[Finding | Picture]:
    """Row 18.1: three generators of three domains as files of half precision and of 8 bits."""
    for problem, family in GENERATORS.items():
        own: dict[str, Any] = {"formats": ["fp16", "int8"], "family": family}
        every = [fitted(commands, problem, **own, seed=seed) for seed in SEEDS]
        found = every[0]
        single, half = found["floating"]["fp32"]["file"], found["floating"]["fp16"]
        trials = {t["title"]: t for t in found["trials"]}
        eight = trials["int8"]
        shares = half["file"] / single, eight["file"] / single
        yield Finding(
            f"{problem}: {single / 1e3:.0f} kB in single precision, {shares[0]:.2f} of it in "
            f"half, {shares[1]:.2f} in 8 bits",
            shares[0] <= HALF and shares[1] <= QUARTER,
        )
        rises = [_rises(problem, every, kind) for kind in ("fp16", "int8")]
        what = "perplexity" if problem in TOKENS else "loss"
        reported = found["original"], half["measured"], eight["measured"]
        accepted = [value(measured, "accepted") for measured in reported]
        yield Finding(
            f"{problem}: by ONNX Runtime, held-out {what} {_span(rises[0])} in half and "
            f"{_span(rises[1])} in 8 bits over {len(SEEDS)} seeds; accepted {accepted[0]:.2f} "
            f"before, {accepted[1]:.2f} and {accepted[2]:.2f}",
            max(rises[0]) <= 0.02 and max(rises[1]) <= 0.05,
        )
        others = ("int8, no zero points", "int8, one scale")
        switched = [_rise(problem, trials[k]["measured"], found["original"]) for k in others]
        yield Finding(
            f"{problem}: without zero points {100 * switched[0]:+.2f} %, with one scale a tensor "
            f"{100 * switched[1]:+.2f} %",
            all(map(math.isfinite, switched)),
        )


def _halved(commands: Commands) -> Iterator[Finding]:
    """Halve the units of other generators."""
    for problem in (SKETCHES, SECTIONS):
        own = {**ROUNDED[problem], "widths": [1.0, 0.5]}
        every = [fitted(commands, problem, **own, seed=seed) for seed in SEEDS]
        whole, half = ([named(f, k) for f in every] for k in ("int8", "int8, 50 % of units"))
        counts, lost = (
            [[value(own, name) for own in kind] for kind in (whole, half)]
            for name in ("instructions", "loss")
        )
        shares = [small / large for large, small in zip(*counts, strict=True)]
        yield Finding(
            f"{problem}: with half of the units {ends(shares, 2)} of the instructions over "
            f"{len(SEEDS)} seeds, loss {ends(lost[0])} before and {ends(lost[1])} after",
            max(shares) < 0.8,
        )


def _rises(problem: str, every: Sequence[Mapping[str, Any]], kind: str) -> list[float]:
    """Rise of the loss by half precision or by 8 bits, for each seed."""
    return [
        _rise(
            problem,
            own["floating"][kind]["measured"] if kind == "fp16" else named(own, kind),
            own["original"],
        )
        for own in every
    ]


def _span(rises: Sequence[float]) -> str:
    return f"{100 * min(rises):+.2f} to {100 * max(rises):+.2f} %"


def aware(commands: Commands) -> Iterator[Finding]:
    """Row 18.2: training with rounded weights compared with rounding afterwards, at 4 bits."""
    for problem, own in ROUNDED.items():
        rows = []
        for seed in SEEDS:
            found = fitted(commands, problem, **own, formats=["int4"], steps=LONG, seed=seed)
            rows.append([value(named(found, k), "loss") for k in LEARNED])
        within, after, eight = zip(*rows, strict=True)
        better = sum(own <= other for own, other in zip(within, after, strict=True))
        yield Finding(
            f"{problem}, {own['family']}: loss {ends(within)} learned at 4 bits, {ends(after)} "
            f"rounded to them, {ends(eight)} at 8 bits; no worse in {better} of {len(SEEDS)} "
            "seeds",
            better == len(SEEDS),
        )


def pruning(commands: Commands) -> Iterator[Finding | Picture]:
    """Row 18.3: units or single weights removed and retrained, to the last instruction."""
    curves = {}
    for kind, entries in (("units", {"widths": WIDTHS}), ("weights", {"zeros": ZEROS})):
        curves[kind] = sorted(_curve(fitted(commands, SMALL, **entries), kind))
        reported = "; ".join(
            f"{100 * gone:.0f} % gone: loss {loss:.4f}, {million:.3f} million instructions"
            for gone, loss, million, _ in curves[kind]
        )
        yield Finding(f"{kind}: {reported}", len(curves[kind]) >= 4)
    others = [fitted(commands, SMALL, widths=WIDTHS, seed=s) for s in SEEDS[1:]]
    rows = [curves["units"], *(sorted(_curve(own, "units")) for own in others)]
    each = list(zip(*rows, strict=True))  # a width each, of all seeds
    losses = "; ".join(
        f"{100 * own[0][0]:.0f} % gone: {ends([row[1] for row in own])}" for own in each
    )
    yield Finding(
        f"units, losses over {len(SEEDS)} seeds: {losses}",
        all(small[2] < 0.8 * whole[2] for whole, small in zip(each[0], each[-1], strict=True)),
    )
    spread = {k: (rows[0][2] - rows[-1][2]) / rows[0][2] for k, rows in curves.items()}
    yield Finding(
        f"instructions counted on the board fall by {spread['units']:.1%} where "
        f"{curves['units'][-1][0]:.0%} of the units are gone, and by {spread['weights']:.1%} where "
        f"{curves['weights'][-1][0]:.0%} of the weights are",
        spread["units"] > 0.2 and abs(spread["weights"]) < 0.02,
    )
    yield Finding(
        "weights that were masked are 0 in what is exported, after they were learned again",
        all(zeros >= gone - 0.01 for gone, _, _, zeros in curves["weights"]),
    )
    yield from _halved(commands)
    yield Picture(_curves(curves), "Loss and instructions as units or single weights go")


def _rise(problem: str, measured: Mapping[str, Any], original: Mapping[str, Any]) -> float:
    """Rise of perplexity where losses are nats a token, and otherwise of the loss."""
    if problem in TOKENS:
        return perplexity(measured) / perplexity(original) - 1
    return value(measured, "loss_rise")


Point = tuple[float, float, float, float]  # share gone, loss, million instructions, share of zeros


def _curve(found: Mapping[str, Any], kind: str) -> Iterator[Point]:
    """Points of trials trained on designs; the first is the unpruned one."""
    for t in found["trials"]:
        own, measured = t["recipe"], t["measured"]
        usual = own["scheme"]["per_channel"] and own["scheme"]["zero_points"]
        if own["distilled"] or own["scheme"]["bits"] != 8 or not usual:
            continue
        gone = 1 - own["width"] if kind == "units" else own["sparse"]
        yield gone, value(measured, "loss"), value(measured, "instructions") / 1e6, t["zeros"]


def _curves(curves: Mapping[str, Sequence[Point]]) -> Figure:
    figure, grid = panels(1, 2, (3.6, 2.8))
    names = ("held-out loss", "instructions a design, million")
    for axes, column, name in zip(grid[0], (1, 2), names, strict=True):
        for (kind, rows), color in zip(curves.items(), (OURS, MUTED), strict=True):
            x = [100 * row[0] for row in rows]
            axes.plot(x, [row[column] for row in rows], "o-", color=color, ms=4, label=kind)
        dress(axes, "gone, %", name)
    grid[0][1].set_ylim(0, 1.1 * max(row[2] for rows in curves.values() for row in rows))
    return figure
