"""Checks of rows on models of processes: what public commands do with descriptions."""

import json
from collections.abc import Iterator, Mapping

import numpy as np
from scipy.integrate import solve_ivp

from ingenium.evaluate.findings import Commands, Finding, Picture
from ingenium.evaluate.style import INK, KNOWN, OURS, dress, plane

DESCRIBED: Mapping[str, str] = {  # thirty, written by hand, with the process that is meant
    "Two species, one eats the other.": "predation",
    "Foxes hunt rabbits on an island.": "predation",
    "A predator lives on a single prey.": "predation",
    "Ladybirds eat aphids in a greenhouse.": "predation",
    "Big fish and the small fish that they have eaten over the years.": "predation",
    "Lynx and hare: the prey breeds, the hunters starve without it.": "predation",
    "Two kinds of barnacle compete for the same rock.": "competition",
    "Competition between two yeasts in one flask.": "competition",
    "Grey and red squirrels are competitors for nuts.": "competition",
    "Two competing plants shade each other.": "competition",
    "A colony grows until there is no room left.": "growth",
    "Growth of bacteria in a flask.": "growth",
    "The number of users grew fast at first and then slowly.": "growth",
    "Yeast grows until the sugar is used.": "growth",
    "A tumour that is growing.": "growth",
    "An epidemic in a boarding school.": "infection",
    "A contagious disease; people recover and are immune.": "infection",
    "Infected computers infect others.": "infection",
    "How an infection runs through a barn.": "infection",
    "The flu season: infectious people meet susceptible ones.": "infection",
    "Age classes of deer: juveniles, yearlings and adults.": "ages",
    "Cohorts of trees that grow older.": "ages",
    "Fish counted by ages, which give birth and survive.": "ages",
    "A turtle population by age.": "ages",
    "A dose of medicine is absorbed from the gut.": "absorption",
    "Plasma concentration after a single dose.": "absorption",
    "A tracer moves between two compartments.": "absorption",
    "Absorption of caffeine into the blood.": "absorption",
    "A radioactive sample decays.": "decay",
    "Decay of iodine into xenon and on.": "decay",
}
RATE, CAPACITY, FIRST = 0.31, 420.0, 12.0


def formulation(commands: Commands) -> Iterator[Finding | Picture]:
    """Row 32.5: descriptions become families with their assumptions, and a table a simulation."""
    time, read, exact = _colony(commands)
    words = "A colony grows until there is no room left."
    asked = ("--data", "colony.csv", "--draws", 200, "--out", "colony")
    done = commands("model", words, *asked)
    yield Finding(
        "of growth to a capacity that was simulated the logistic family is chosen",
        done.code == 0 and done.answer["model"] == "logistic",
    )
    held = done.answer["constants"]
    inside = [
        held["r"]["q05"] <= RATE <= held["r"]["q95"],
        held["k"]["q05"] <= CAPACITY <= held["k"]["q95"],
    ]
    yield Finding("its intervals of 90 % hold rate and capacity of the simulation", all(inside))
    run = _grown({k: own["q50"] for k, own in held.items()}, time)
    off = float(np.abs(np.log(run / exact)).max())
    yield Finding(f"simulated with its constants it stays within {off:.1%} of the truth", off < 0.1)
    checks = {c["name"]: c["holds"] for c in done.answer["checks"]}
    yield Finding("units and a second integrator agree", all(checks.values()))
    again = commands("models", "show", "colony").answer
    yield Finding("it is read back as it was made", json.dumps(again) == json.dumps(done.answer))
    yield from _descriptions(commands)
    figure, axes = plane(4.6, 2.6)
    axes.plot(time, read, "o", ms=4, color=KNOWN, label="read")
    axes.plot(time, exact, color=INK, lw=1, label="truth")
    axes.plot(time, run, color=OURS, label="model")
    dress(axes, "hour", "cells", grid=True)
    yield Picture(figure, "Growth to a capacity: what was read, the truth, and the model")


def _colony(commands: Commands) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Hours, readings and truth of a colony, whose readings lie beside the commands."""
    rng = np.random.default_rng(4)
    time = np.arange(0.0, 24.0)
    exact = CAPACITY / (1 + (CAPACITY / FIRST - 1) * np.exp(-RATE * time))
    read = exact * np.exp(0.06 * rng.standard_normal(len(time)))
    rows = "\n".join(f"{t:g},{x:.5g}" for t, x in zip(time, read, strict=True))
    (commands.folder / "colony.csv").write_text(f"hour [hour],cells [1]\n{rows}\n")
    return time, read, exact


def _grown(constants: Mapping[str, float], time: np.ndarray) -> np.ndarray:
    """The logistic course of constants, by SciPy."""
    run = solve_ivp(
        lambda t, x: constants["r"] * x * (1 - x / constants["k"]), (0, time[-1]), [FIRST],
        t_eval=time, rtol=1e-9,
    )  # fmt: skip
    return np.asarray(run.y[0])


def _descriptions(commands: Commands) -> Iterator[Finding]:
    """All of them are read."""
    read = commands("models", "read", *DESCRIBED).answer["read"]
    right = [r["words"] for r in read if r["processes"] == [DESCRIBED[r["words"]]]]
    wrong = [r["words"] for r in read if r["words"] not in right]
    yield Finding(
        f"{len(right)} of {len(read)} descriptions that were written by hand are read as the "
        f"process that is meant{': not ' + '; '.join(wrong) if wrong else ''}",
        len(read) == len(DESCRIBED) and len(right) >= 0.9 * len(read),
    )
    told = [f["assumptions"] for r in read for f in r["families"]]
    yield Finding("each family that is offered lists what it takes for granted", all(told))
