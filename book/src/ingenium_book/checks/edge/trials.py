"""Small generators for checks: one device sheet, and values of recipes from a record."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import tomli_w

from ingenium_book.findings import Commands, Done

SMALL = "process.laboratory"
SKETCHES, SECTIONS = "edge.doodle", "airfoils.section"
WIDTHS = (1.0, 0.75, 0.5, 0.25)  # shares of units that remain
SEEDS = range(5)  # designs that calibrate, judge and train
ROUNDED: Mapping[str, Mapping[str, Any]] = {  # of three domains, with what goes to the device
    SMALL: {"family": "vae"},
    SKETCHES: {"family": "pen"},
    SECTIONS: {"family": "vae", "setup": {"judge": "neuralfoil", "refine_steps": 0}},
}
SHEET: Mapping[str, Any] = {
    "name": "Cortex-M7, 216 MHz",
    "formats": ["int8"],
    "widths": [1.0],
    "calls": [],
    "steps": 120,
    "finalists": 100,
    "judged": 64,
}


def requested(commands: Commands, problem: str, *, family: str = "vae", **entries: Any) -> Done:
    """Run the command that fits a generator to the sheet, with changed entries."""
    sheet = {**SHEET, "generator": {"family": family}, **entries}
    (commands.folder / "sheet.toml").write_text(tomli_w.dumps(sheet))
    return commands(
        *("edge", "fit", problem, "--device", "sheet.toml", "--out", "small", "--overwrite")
    )


def fitted(commands: Commands, problem: str, **entries: Any) -> Mapping[str, Any]:
    """The record of a small generator."""
    return requested(commands, problem, **entries).answer


def named(found: Mapping[str, Any], title: str) -> Mapping[str, Any]:
    """Measured values of a recipe."""
    (own,) = (t["measured"] for t in found["trials"] if t["title"] == title)
    measured: Mapping[str, Any] = own
    return measured


def value(measured: Mapping[str, Any], name: str) -> float:
    """Value of a quantity."""
    return float(measured[name]["value"])


def perplexity(measured: Mapping[str, Any]) -> float:
    """Perplexity of a generator whose losses are nats a token."""
    return math.exp(value(measured, "loss"))


def ends(values: Sequence[float], digits: int = 4) -> str:
    """Format the range of values."""
    least, most = (f"{end:.{digits}f}" for end in (min(values), max(values)))
    return least if least == most else f"{least} to {most}"
