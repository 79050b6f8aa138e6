"""Figures of a drill: training over the faults, and its loss compared with an undisturbed fit."""

from collections.abc import Mapping
from typing import Any

from matplotlib.figure import Figure

from ingenium.core.artifact import Artifact, Drawn
from ingenium.core.verdict import Verdict

COLOURED = (
    "Each dot is a step. Red and violet: a worker is lost and nobody knows; grey: new ones start, "
    "and go on from the last checkpoint."
)
LOSS = "Held-out loss at each check, for each place of a text; dotted: a fault."
EQUAL = " Both courses lie on each other."
COLOURS = {"worker killed": "tab:red", "link of a worker cut": "tab:purple"}


def figures(made: Artifact) -> list[Drawn]:
    """Plot steps over time, and the losses of both fits."""
    record, equal = made.record, made.verdict is Verdict.ACCEPTED
    return [
        ("Training over the faults", COLOURED, _steps(record)),
        ("Loss", LOSS + (EQUAL if equal else ""), _losses(record)),
    ]


def _steps(record: Mapping[str, Any]) -> Figure:
    figure = Figure(figsize=(5.4, 2.6), layout="constrained")
    axes = figure.subplots()
    times, steps = zip(*record["beats"], strict=True)
    axes.plot(times, steps, ".", ms=4, color="tab:blue")
    for fault in record["faults"]:
        at, colour = fault["at_s"], COLOURS.get(fault["what"], "0.4")
        axes.axvspan(at, at + fault["seen_s"], color=colour, alpha=0.25, lw=0)
        axes.axvspan(at + fault["seen_s"], at + fault["recovered_s"], color="0.8", alpha=0.5, lw=0)
        axes.annotate(
            fault["what"], (at + fault["seen_s"], 0.97), xycoords=("data", "axes fraction"),
            rotation=90, ha="left", va="top", fontsize=8, color=colour,
        )  # fmt: skip
    axes.set(xlabel="seconds since the fit began", ylabel="step", xlim=(0, None), ylim=(0, None))
    return figure


def _losses(record: Mapping[str, Any]) -> Figure:
    figure = Figure(figsize=(5.4, 2.6), layout="constrained")
    axes = figure.subplots()
    for (name, curve), style in zip(record["curves"].items(), ("o", "-"), strict=True):
        axes.plot(curve["step"], curve["held_out"], style, label=name, mfc="none")
    for fault in record["faults"]:
        axes.axvline(fault["step"], color=COLOURS.get(fault["what"], "0.4"), lw=0.8, ls=":")
    axes.set(xlabel="step", ylabel="held-out loss, nats")
    axes.legend(frameon=False)
    return figure
