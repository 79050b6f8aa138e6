"""Intervals of predicted solubility on molecules held out at random, and what a shift does."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from ingenium.kits.chemistry.likeness import scaffold
from ingenium.kits.chemistry.measurements import solubility
from ingenium.kits.chemistry.parsing import canonical, parsed
from ingenium.kits.chemistry.solubility import (
    OUTSIDE,
    SolubilityModel,
    descriptors,
    fitted,
    regression,
)
from ingenium.trust.conformal import bound

LEVELS = (0.8, 0.9, 0.95)
GROUPS = 3  # of equal size by molecular weight, for intervals of their own
WEIGHT = 2  # place among the descriptors
HELD = 0.2  # share of the molecules that is held out
HEAVY = 0.25  # share that counts as heavy
BATCH = 20  # molecules that are judged together


@dataclass(frozen=True)
class Solubilities:
    """All measured molecules, each once.

    Shapes: n molecules, d descriptors.
    """

    x: Float[np.ndarray, "n d"]
    y: Float[np.ndarray, " n"]
    scaffold: Int[np.ndarray, " n"]  # number of the ring scaffold; 0 for none


def measured() -> Solubilities:
    """The training and test molecules of the data as one set."""
    listed: dict[str, float] = {}
    for split in ("train", "test"):
        own = solubility(split)
        for smiles, value in zip(own.smiles, own.value, strict=True):
            listed.setdefault(canonical(parsed(smiles)), float(value))
    mols = [parsed(s) for s in listed]
    _, number = np.unique([scaffold(m) for m in mols], return_inverse=True)
    x = np.array([descriptors(m) for m in mols])
    return Solubilities(x, np.array(list(listed.values())), number)


def coverage(whole: Solubilities, rng: np.random.Generator) -> dict[str, float]:
    """Coverage and width of three kinds of interval in one random split."""
    order = rng.permutation(len(whole.y))
    own, rest, held = np.split(order, [int(0.6 * len(order)), int(0.8 * len(order))])
    made = regression(whole.x[own], whole.y[own])
    (v, s), (value, deviation) = made.at(whole.x[rest]), made.at(whole.x[held])
    wrong, error = np.abs(whole.y[rest] - v), np.abs(whole.y[held] - value)
    edges = np.quantile(whole.x[rest, WEIGHT], np.arange(1, GROUPS) / GROUPS)
    group, at = (np.digitize(whole.x[rows, WEIGHT], edges) for rows in (rest, held))
    found: dict[str, float] = {}
    for level in LEVELS:
        by_group = np.array([bound(wrong[group == g], level) for g in range(GROUPS)])
        half = {
            "in deviations": bound(wrong / s, level) * deviation,
            "of one width": np.full(len(held), bound(wrong, level)),
            "by weight": by_group[at],
        }
        for kind, width in half.items():
            inside = error <= width
            found[f"coverage {level:.0%} {kind}"] = float(inside.mean())
            found[f"width {level:.0%} {kind}"] = float(2 * width.mean())
            worst = min(float(inside[at == g].mean()) for g in range(GROUPS))
            found[f"worst third {level:.0%} {kind}"] = worst
    return found


def shifts(whole: Solubilities, rng: np.random.Generator) -> dict[str, float]:
    """Shares of molecules and of batches that are flagged, of those like the others and not."""
    heavy = whole.x[:, WEIGHT] > np.quantile(whole.x[:, WEIGHT], 1 - HEAVY)
    found = _flagged("heavier", whole, heavy, rng)
    apart = np.isin(whole.scaffold, _some_scaffolds(whole, rng))
    return found | _flagged("other scaffolds", whole, apart, rng)


def _some_scaffolds(whole: Solubilities, rng: np.random.Generator) -> list[int]:
    """Scaffolds in random order that together hold a share of the molecules; large ones may not."""
    size, free, chosen = np.bincount(whole.scaffold), HELD * len(whole.y), list[int]()
    for one in rng.permutation(np.unique(whole.scaffold[whole.scaffold > 0])).tolist():
        if size[one] <= free:
            chosen.append(one)
            free -= size[one]
    return chosen


def _flagged(
    name: str, whole: Solubilities, moved: np.ndarray, rng: np.random.Generator
) -> dict[str, float]:
    like = rng.permutation(np.flatnonzero(~moved))
    held, own = np.split(like, [int(HELD * len(like))])
    made = fitted(whole.x[own], whole.y[own], rng)
    parts = {f"like the others, not {name}": held, name: rng.permutation(np.flatnonzero(moved))}
    found: dict[str, float] = {}
    for part, rows in parts.items():
        at = made.at(whole.x[rows])
        found[f"flagged molecules, {part}"] = float((at.typical <= OUTSIDE).mean())
        batches = [made.shift(rows_of) for rows_of in _batches(at.typical)]
        found[f"flagged batches, {part}"] = float(np.mean(np.array(batches) <= OUTSIDE))
        inside = (at.low <= whole.y[rows]) & (whole.y[rows] <= at.high)
        found[f"coverage 90%, {part}"] = float(inside.mean())
        found[f"error, {part}"] = float(np.abs(at.value - whole.y[rows]).mean())
    return found


def _batches(typical: Float[np.ndarray, " n"]) -> Iterator[Float[np.ndarray, " b"]]:
    for start in range(0, len(typical) - BATCH + 1, BATCH):
        yield typical[start : start + BATCH]


def of_others(made: SolubilityModel, x: Float[np.ndarray, "n d"]) -> tuple[float, float]:
    """Shares of molecules and of batches of another set that are flagged."""
    typical = made.at(x).typical
    batches = np.array([made.shift(rows) for rows in _batches(typical)])
    return float((typical <= OUTSIDE).mean()), float((batches <= OUTSIDE).mean())
