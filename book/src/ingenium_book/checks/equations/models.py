"""Checks of models of processes and of laws, by public commands."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import mpmath
import numpy as np
import xarray as xr
from scipy.integrate import solve_ivp

from ingenium.domains.equations.law import algebra, enclosure
from ingenium.domains.equations.law.language import WHOLE, Postfix
from ingenium.domains.equations.law.operations import OPERATIONS
from ingenium.domains.equations.law.problem import pendulum
from ingenium.domains.equations.law.table import MeasuredTable
from ingenium.domains.equations.law.table import read as read_table
from ingenium.drawing.style import INK, KNOWN, OURS, dress, plane
from ingenium.kits.enclosures.enclosure import Enclosure
from ingenium_book.checks.equations.descriptions import FIRST, FRESH, NO_PROCESS, SECOND, THIRD
from ingenium_book.checks.equations.fields import tamed
from ingenium_book.findings import Commands, Finding, Picture

RATE, CAPACITY, BEGUN = 0.31, 420.0, 12.0


def formulation(commands: Commands) -> Iterator[Finding | Picture]:
    """Row 32.5: descriptions become families with their assumptions, and a table a simulation."""
    time, read, exact = _colony(commands)
    words = "A colony grows until there is no room left."
    requested = ("--data", "colony.csv", "--samples", 200, "--out", "colony")
    done = commands("model", words, *requested)
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
    checks = {c["name"]: c["passed"] for c in done.answer["checks"]}
    yield Finding("units and a second integrator agree", all(checks.values()))
    again = commands("show", "colony").answer
    yield Finding("it is read back as it was made", json.dumps(again) == json.dumps(done.answer))
    yield from _descriptions(commands)
    figure, axes = plane(4.6, 2.6)
    axes.plot(time, read, "o", ms=4, color=KNOWN, label="read")
    axes.plot(time, exact, color=INK, lw=1, label="truth")
    axes.plot(time, run, color=OURS, label="model")
    dress(axes, "hour", "cells", grid=True)
    yield Picture(figure, "Growth to a capacity: what was read, the truth, and the model")


def _colony(commands: Commands) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Hours, readings and truth of a colony, whose readings are in the folder of the commands."""
    rng = np.random.default_rng(4)
    time = np.arange(0.0, 24.0)
    exact = CAPACITY / (1 + (CAPACITY / BEGUN - 1) * np.exp(-RATE * time))
    read = exact * np.exp(0.06 * rng.standard_normal(len(time)))
    rows = "\n".join(f"{t:g},{x:.5g}" for t, x in zip(time, read, strict=True))
    (commands.folder / "colony.csv").write_text(f"hour [hour],cells [1]\n{rows}\n")
    return time, read, exact


def _grown(constants: Mapping[str, float], time: np.ndarray) -> np.ndarray:
    """The logistic trajectory of constants, by SciPy."""
    run = solve_ivp(
        lambda t, x: constants["r"] * x * (1 - x / constants["k"]), (0, time[-1]), [BEGUN],
        t_eval=time, rtol=1e-9,
    )  # fmt: skip
    return np.asarray(run.y[0])


def _descriptions(commands: Commands) -> Iterator[Finding]:
    """Check the reading of all descriptions."""
    seen = {**FIRST, **SECOND, **THIRD}
    read = commands("models", "read", *seen).answer["read"]
    right = [r["words"] for r in read if r["processes"] == [seen[r["words"]]]]
    wrong = [r["words"] for r in read if r["words"] not in right]
    yield Finding(
        f"{len(right)} of {len(read)} descriptions that were written by hand, and seen by whoever "
        "wrote the words of processes, are read as the process that is meant"
        f"{': not ' + '; '.join(wrong) if wrong else ''}",
        len(read) == len(seen) and len(right) >= 0.9 * len(read),
    )
    fresh = commands("models", "read", *FRESH).answer["read"]
    right = [r for r in fresh if r["processes"] == [FRESH[r["words"]]]]
    yield Finding(
        f"{len(right)} of {len(fresh)} others, written afterwards, are read as meant",
        len(right) >= 0.9 * len(fresh),
        gap=True,
    )
    wrong = [r["words"] for r in fresh if r["processes"] and r not in right]
    yield Finding(
        "and none as another one; the rest as no process, where all families are tried"
        f"{': not ' + '; '.join(wrong) if wrong else ''}",
        not wrong,
        gap=True,
    )
    none = commands("models", "read", *NO_PROCESS).answer["read"]
    yield Finding(
        f"{len(none)} descriptions of no process are read as none",
        all(not r["processes"] for r in none),
    )
    reported = [f["assumptions"] for r in read for f in r["families"]]
    yield Finding("each family that is offered lists what it takes for granted", all(reported))


PREY, NOISES = (0.9, 0.5, 0.35, 0.8), (0.02, 0.06)  # a, b, c, d of Lotka and Volterra
BOXES, POINTS = 100, 100  # formulas, and points in boxes of each


def hidden(commands: Commands) -> Iterator[Finding | Picture]:
    """Row 31.5: constants and conserved quantities, from noisy readings at uneven times."""
    rng = np.random.default_rng(11)
    time = np.sort(np.concatenate([[0.0], rng.uniform(0.2, 14.8, 28), [15.0]]))
    a, b, c, d = PREY
    run = solve_ivp(
        lambda t, x: (a * x[0] - b * x[0] * x[1], c * x[0] * x[1] - d * x[1]), (0, 15), (3.0, 1.0),
        t_eval=time, rtol=1e-9,
    )  # fmt: skip
    figure, axes = plane(4.6, 2.6)
    for noise, colour in zip(NOISES, (OURS, KNOWN), strict=True):
        read = run.y * np.exp(noise * rng.standard_normal(run.y.shape))
        rows = "\n".join(f"{t:.4f},{x:.6g},{y:.6g}" for t, x, y in zip(time, *read, strict=True))
        name = f"n{100 * noise:.0f}"
        (commands.folder / f"{name}.csv").write_text(f"month [month],prey [1],hunter [1]\n{rows}\n")
        requested = ("--data", f"{name}.csv", "--held-out", 0, "--samples", 300, "--out", name)
        done = commands("model", "A predator lives on a single prey.", *requested)
        held = done.answer["constants"]
        yield Finding(
            f"of readings with {noise:.0%} of noise the family is found",
            done.answer["model"] == "lotka_volterra",
        )
        low, high = (np.array([held[k][q] for k in "abcd"]) for q in ("q05", "q95"))
        middle = np.array([held[k]["q50"] for k in "abcd"])
        inside = int(((low <= PREY) & (high >= PREY)).sum())
        off = float(np.abs(middle / PREY - 1).max())
        yield Finding(
            f"{inside} of 4 constants lie in their intervals of 90 %, the furthest {off:.1%} off",
            inside >= 3 and off < 3 * noise,
        )
        checks = {k["name"]: k["passed"] for k in done.answer["checks"]}
        yield Finding("what is conserved is found and proved", bool(checks.get("conserved")))
        axes.errorbar(
            np.arange(4) + 2 * noise, middle / PREY, np.abs([middle - low, high - middle]) / PREY,
            fmt="o", ms=4, color=colour, label=f"{noise:.0%} of noise",
        )  # fmt: skip
    axes.axhline(1, color=INK, lw=0.8)
    axes.set_xticks(range(4), list("abcd"))
    dress(axes, "constant", "found over true", grid=True)
    yield Picture(figure, "Constants of prey and predator with intervals of 90 %, by noise")


THEOPH = (  # the first subject of R's Theoph: hours, and mg/L
    (0, 0.74), (0.25, 2.84), (0.57, 6.57), (1.12, 10.5), (2.02, 9.66), (3.82, 8.58), (5.1, 8.36),
    (7.03, 7.47), (9.05, 6.89), (12.12, 5.94), (24.37, 3.28),
)  # fmt: skip
OF_R = {"p": np.exp(0.5752), "q": np.exp(-2.9196)}  # nls of SSfol on the same, as its page prints


def doses(commands: Commands) -> Iterator[Finding | Picture]:
    """Row 32.18, its part on doses: a curve of concentration, by its differential equation."""
    rows = "\n".join(f"{t},{c}" for t, c in THEOPH)
    (commands.folder / "theoph.csv").write_text(f"hour [hour],theophylline [mg/L]\n{rows}\n")
    requested = ("--data", "theoph.csv", "--held-out", 0, "--samples", 300, "--out", "theoph")
    done = commands("model", "A dose of medicine is absorbed from the gut.", *requested)
    fits = {c["family"]: c for c in done.answer["candidates"]}
    yield Finding(
        "uptake and elimination are among what explains the curve best",
        fits.get("one_compartment", {"behind": 1e9})["behind"] < 10,
    )
    checks = {c["name"]: c["passed"] for c in done.answer["checks"]}
    yield Finding("a second integrator has the same curve", bool(checks.get("integrators")))
    held = done.answer["constants"]
    for name, word in (("p", "uptake"), ("q", "elimination")):
        own = held.get(name, {"q05": np.nan, "q50": np.nan, "q95": np.nan})
        ratio = own["q50"] / OF_R[name]
        yield Finding(
            f"the rate of {word} is {ratio:.2f} times that of R's nls, whose errors are additive",
            bool(0.5 < ratio < 2),
        )
    yield _people(commands)


def _people(commands: Commands) -> Finding:
    """Check mixed effects of people simulated by the closed form (Bateman's function)."""
    rng, rows = np.random.default_rng(18), []
    rates = {"p": 1.5, "q": 0.09}
    time = np.array([0.25, 0.5, 1, 2, 4, 8, 16, 24])
    for who in range(8):
        p, q = (v * np.exp(0.3 * rng.standard_normal()) for v in rates.values())
        read = 4 * p / (p - q) * (np.exp(-q * time) - np.exp(-p * time))
        read += 0.1 * rng.standard_normal(len(time))
        rows += [f"{who},{t},{x:.6g}" for t, x in zip(time, read, strict=True)]
    body = "\n".join(rows)
    (commands.folder / "people.csv").write_text(f"person,time [h],blood [mg/L]\n{body}\n")
    numbers = commands("models", "people", "people.csv").answer.get("numbers", {})
    held = [numbers[n]["low"] <= v <= numbers[n]["high"] for n, v in rates.items() if n in numbers]
    return Finding(
        "rates of eight people together lie within intervals (nonlinear mixed effects)",
        held == [True, True],
    )


LAWS = """
problem = "equations.law"
[setup]
bank = 300
generations = 0
known = 40
[generator]
family = "grammar"
[select]
export = "verified"
"""


def bounds(commands: Commands) -> Iterator[Finding]:
    """Row 32.17: bounds by interval arithmetic contain the truth, computed with forty digits."""
    (commands.folder / "laws.toml").write_text(LAWS)
    requested = ("--spec", "laws.toml", "-n", 3 * BOXES, "--out", "laws")
    done = commands("propose", "equations.law", *requested)
    yield Finding("random formulas whose units agree are measured", done.code in (0, 1))
    table, rng = read_table(pendulum(), "period", ()), np.random.default_rng(17)
    tried: list[BoundedFormula] = []
    with xr.open_dataset(commands.folder / "laws" / "designs.nc") as made:
        laws, constants = made["law"].values, made["constants"].values
    for law, own in zip(laws, constants, strict=True):
        tokens = table.language.split(str(law))
        if tokens is not None and len(tried) < BOXES * POINTS:
            tried += _bounded(table, tokens, own.tolist(), rng)
    held = sum(b.ends[0] <= b.true <= b.ends[1] for b in tried)
    wide = float(np.median([b.width / max(abs(float(b.true)), 1e-300) for b in tried]))
    yield Finding(
        f"bounds hold the value in {held} of {len(tried)} random boxes of random formulas",
        held == len(tried) >= BOXES * POINTS,
    )
    yield Finding(
        f"they are not idle: half are narrower than {wide:.2g} of the value", bool(wide < 2)
    )
    both = [(b, b.ball) for b in tried if b.ball is not None]
    alike = sum(low <= b.true <= high for b, (low, high) in both)
    times = float(np.median([(high - low) / b.width for b, (low, high) in both]))
    yield Finding(
        f"balls of python-flint, which have bounds of {len(both)} of these boxes, hold it in "
        f"{alike}, and half are at most {times:.3g} times as wide",
        alike == len(both) > len(tried) / 2,
    )
    yield from tamed()


@dataclass(frozen=True)
class BoundedFormula:
    """Value of a formula at a point of a box, and its bounds over the box by two arithmetics."""

    true: mpmath.mpf
    ends: tuple[float, float]
    ball: tuple[float, float] | None

    @property
    def width(self) -> float:
        """Width of the bounds."""
        return self.ends[1] - self.ends[0]


def _bounded(
    table: MeasuredTable, tokens: Postfix, own: Sequence[float], rng: np.random.Generator
) -> Iterator[BoundedFormula]:
    """Yield a formula in random boxes within the widened one of the table, where it has a value."""
    box, names = table.wide(2.0).numpy()[:, :, None], table.language.names
    ends = np.sort(box[0] + (box[1] - box[0]) * rng.random((2, len(box[0]), POINTS)), axis=0)
    low, high = ends[0], ends[0] + 0.1 * (ends[1] - ends[0])
    found = enclosure.enclose(table.language, tokens, own, Enclosure.between(low, high))
    at = low + (high - low) * rng.random(low.shape)
    for i in np.flatnonzero(found.proved):
        sides = zip(low[:, i].tolist(), high[:, i].tolist(), strict=True)
        yield BoundedFormula(
            _exact(tokens, own, dict(zip(names, at[:, i], strict=True))),
            (float(found.low[i]), float(found.high[i])),
            enclosure.by_balls(tokens, own, dict(zip(names, sides, strict=True))),
        )


def _exact(tokens: Postfix, constants: Sequence[float], at: Mapping[str, float]) -> mpmath.mpf:
    """Value of a formula at a point, in forty digits."""
    stack: list[mpmath.mpf] = []
    held = iter(constants)
    with mpmath.workdps(40):
        for t in tokens:
            if t in OPERATIONS:
                taken = [stack.pop() for _ in range(OPERATIONS[t].arity)][::-1]
                plain = t if t in algebra.BUILT and not hasattr(mpmath, t) else ""
                stack.append(algebra.BUILT[plain](*taken) if plain else getattr(mpmath, t)(*taken))
            else:
                stack.append(mpmath.mpf(at[t] if t in at else t if t in WHOLE else next(held)))
    return stack[-1]
