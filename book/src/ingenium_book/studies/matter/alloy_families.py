"""Row 20.2: four families on tables of measured alloys, R2 of what is found by training size.

A user fetches two tables (`INGENIUM_ALLOYS`): which of five phases were found in 11,207 alloys, and
the yield strength of 1,067 samples at the temperature of their test. The claim is of properties
that AFLOW computed; these are measured. A family draws all properties of an alloy at once, given
its composition; its answer is the mean of 8 draws, and R2 that of a mean of endless draws, as an
unbiased estimate, of each property against what was measured in compositions that were held out,
then the mean over properties. A phase counts 1 or 0. N alloys are learned from, drawn anew for each
seed, on 0.2 deviations of noise, since a density of flags has no bound. Each family has two
settings, both fitted once for each table to 700 other draws of its rows; the one that does better
on compositions kept for that is fitted for all N and seeds, and the same is done for boosted trees
(one forest for each property) and the mean of near alloys. Fits have about as many seconds for each
family at most and stop where the loss on a tenth of their rows no longer falls. Beside them any
known alloy. Main claim and side checks are of the phases, where data go furthest; yield strengths
stand beside. The control's look-up is the mean of near alloys, its losses those of diffusion with
most data. Budget: 5 seeds, N of 64, 700, 8000 and 64, 700; quick: 1 seed, 64, 200 and 64.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64
from numpy.typing import ArrayLike

from ingenium.core.digest import digest
from ingenium.evaluate.intervals import t_interval
from ingenium.evaluate.measured import Control, Interval, Value
from ingenium.evaluate.trials import Readings, Trials, curve_of, losses
from ingenium_book.studies.matter.alloy_ways import (
    FAMILIES,
    WAYS,
    Guess,
    fair_r2,
    guessed,
    retained,
)
from ingenium_book.studies.matter.alloys import AlloyTable, phases, strengths

TABLES: Mapping[str, Callable[[], AlloyTable]] = {"phases": phases, "strengths": strengths}
LOOK_UP, CHANCE = "nearest", "chance"


@dataclass(frozen=True)
class AlloyArm:
    """A way on a table."""

    table: str
    way: str


@dataclass(frozen=True)
class AlloyBudget:
    """Sizes of what is learned from on each table, and a share of each fit's steps."""

    phases: tuple[int, ...]
    strengths: tuple[int, ...]
    share: float = 1.0

    def sizes(self, table: str) -> tuple[int, ...]:
        """On one of them."""
        return self.phases if table == "phases" else self.strengths


def run(arm: AlloyArm, seed: int, size: AlloyBudget) -> dict[str, ArrayLike]:
    """R2 with each size of training set; of each property, errors and losses with most data."""
    table = TABLES[arm.table]()
    truth, sizes = table.found[table.held].double().numpy(), size.sizes(arm.table)
    setting = retained(table, arm.way, size.share)
    way = WAYS[arm.way][setting]
    found = [guessed(table, way, table.own(n, seed), table.held, seed, size.share) for n in sizes]
    r2, last = [fair_r2(guess.drawn, truth) for guess in found], found[-1]
    return {
        "r2": [x.mean() for x in r2],
        "last_r2": r2[-1],
        "mae_percent": percent(last, truth) if arm.table == "strengths" else 0.0,
        "kept": setting,
        "size": sizes,
        **(losses(last.curve) if last.curve else {}),
    }


def percent(guess: Guess, truth: Float64[np.ndarray, "n k"]) -> float:
    """Mean absolute error of what logarithms stand for, relative to what was measured (%)."""
    return float(100 * np.abs(np.exp(guess.drawn.mean(0) - truth) - 1).mean())


def read(found: Readings) -> dict[str, ArrayLike | Value]:
    """How far families lead, paired by seed, and R2 of all ways as medians."""
    r2 = {name: found(name, "r2") for name in found.pieces}

    def lead(name: str, at: int, others: tuple[str, ...] = FAMILIES) -> ArrayLike:
        rest = [r2[f"phases {other}"][:, at] for other in others if other != name]
        return np.asarray(r2[f"phases {name}"][:, at] - np.max(rest, axis=0))

    values: dict[str, ArrayLike | Value] = {
        "diffusion_last": lead("diffusion", -1),
        "least_lead": lead("diffusion", -1, (*FAMILIES, "boosting", LOOK_UP)),
        "vae_first": lead("beta_vae", 0),
        "transformer_middle": lead("transformer", 1, ("diffusion",)),
        "line": np.max([r2[f"phases {name}"][:, -1] for name in FAMILIES], axis=0),
        "over_boosting": lead("diffusion", -1, ("boosting",)),
        "over_nearest": lead("diffusion", -1, (LOOK_UP,)),
    }
    for name, arm in measure.arms.items():
        sizes = found(name, "size")[0].astype(int)
        columns = zip(sizes, r2[name].T, strict=True)
        values |= {f"{arm.table}.{n}.{arm.way}.r2": _median(x) for n, x in columns}
        if arm.table == "strengths":
            values[f"strengths.{arm.way}.mae_percent"] = _median(found(name, "mae_percent"))
            continue
        each = zip(phases().properties, found(name, "last_r2").T, strict=True)
        values |= {f"{phase}.{arm.way}.r2": _median(x) for phase, x in each}
    return values


def _median(x: Float64[np.ndarray, " s"]) -> Value:
    """Over seeds, with the least and the most."""
    return Value(Interval(float(np.median(x)), float(x.min()), float(x.max())), tuple(x.tolist()))


def _first(values: Mapping[str, float]) -> str:
    return max(values, key=lambda name: values[name])


def control(found: Readings) -> Control:
    """Whether diffusion had its chance with most data, by R2 of the phases."""
    last = {way: found(f"phases {way}", "r2")[:, -1] for way in ("diffusion", LOOK_UP, CHANCE)}
    lookup, chance = (t_interval(last["diffusion"] - last[way]) for way in (LOOK_UP, CHANCE))
    return Control(lookup, chance, curve_of(found, "phases diffusion"))


def notes(found: Readings) -> tuple[str, ...]:
    """Who is best with least and most data."""
    reported = []
    for table in TABLES:
        r2 = {way: np.median(found(f"{table} {way}", "r2"), axis=0) for way in WAYS}
        sizes = found(f"{table} {CHANCE}", "size")[0].astype(int)
        for at, n in ((0, sizes[0]), (-1, sizes[-1])):
            first, best = (_first({way: r2[way][at] for way in ways}) for ways in (FAMILIES, WAYS))
            reported.append(
                f"{table}, {n} alloys: {first} is the best of the four, with a median R2 of "
                f"{r2[first][at]:.2f}; of all {best} is, with {r2[best][at]:.2f}."
            )
    return tuple(reported)


measure = Trials(
    arms={f"{table} {way}": AlloyArm(table, way) for table in TABLES for way in WAYS},
    sizes=(AlloyBudget((64, 700, 8000), (64, 700)), AlloyBudget((64, 200), (64,), 0.05)),
    run=run,
    read=read,
    data=lambda size: digest([table().data for table in TABLES.values()]),
    notes=notes,
    control=control,
)
