"""Row 36.20: energy held exactly by generated days, and four layers that all must sign.

Days of one consumer, generated so that each holds an energy of 3.7 hours of full load (a
projection that belongs to the generator), and the same without it. Counted is the largest
relative error of 256 proposed days, added up in extended precision, and of the days that a run
hands over, read back from their files. Each run is then published by `ingenium publish` with
every set of the four layers (technical standards, procurement, operation, community) having
signed with a key of its own: only all four may pass, and each signature must stand in the log as
valid. A seed is a run of its own. Budget: 5 seeds, 256 proposed days and a run of 8, 16 sets of
layers.
"""

from dataclasses import asdict, replace
from itertools import combinations
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from jaxtyping import Float64

from ingenium import loop
from ingenium.core.asking import resolve
from ingenium.core.digest import dataset_digest
from ingenium.core.energy import Meter
from ingenium.core.problem import Problem, Watch
from ingenium.core.seeds import BLOCK
from ingenium.core.spec import Spec, parse
from ingenium.domains import open_problem
from ingenium.evaluate.intervals import Interval, share_of, t_interval
from ingenium.evaluate.measured import Budget, Measured, from_intervals
from ingenium.generators.fitted import fit
from ingenium.generators.generator import Generator
from ingenium.governance import gate
from ingenium.governance.studies import releases
from ingenium.trust.ledger import open_ledger
from ingenium.trust.signoff import State, check_sign_offs

PROBLEM, FAMILY, HELD = "grid.profile_day", "gaussian_copula", "full_load_hours"
HOURS = 3.7  # of full load on each day
DESIGNS, PROPOSED = 8, 256
EXACT = 1e-12  # relative; 96 sums of doubles are off by 96 x 1.1e-16 at most
LAYERS = ("technical", "procurement", "operation", "community")
NOTHING = Interval(float("nan"), float("nan"), float("nan"))


def measure(budget: Budget, watch: Watch) -> Measured:
    """Propose days that hold an energy, and publish them with every set of layers signed."""
    problem = open_problem(Spec(problem=PROBLEM))
    budget.folder.mkdir(parents=True, exist_ok=True)
    off: dict[str, list[float]] = {}
    blocked: list[bool] = []
    let: list[bool] = []
    logged: list[bool] = []
    with TemporaryDirectory(dir=budget.folder) as new:
        for i, seed in enumerate(budget.seeds):
            watch("days", i, len(budget.seeds))
            place = Path(new) / str(seed)
            place.mkdir()
            for name, worst in _proposed(problem, seed).items():
                off.setdefault(name, []).append(worst)
            off.setdefault("handed over", []).append(_run(problem, seed, place))
            for count in range(len(LAYERS) + 1):
                for signing in combinations(LAYERS, count):
                    copy = place / "-".join(("signed", *signing))
                    copy.mkdir()
                    published, seen = _published(releases.copied(place, copy, LAYERS), signing)
                    (let if count == len(LAYERS) else blocked).append(published)
                    logged += seen
    return from_intervals(
        values={
            "residual": t_interval(off["held"]),
            "file": t_interval(off["handed over"]),
            "logged": share_of(logged),
            "community": NOTHING,
            "blocked": share_of([not published for published in blocked]),
            "let": share_of(let),
        },
        beside={
            "largest relative error of the energy, not held": t_interval(off["free"]),
            "the same, a typical day": t_interval(off["typical"]),
        },
        data=dataset_digest(problem.data()),
        notes=(
            f"{len(blocked)} attempts without all of {', '.join(LAYERS)}, {len(let)} with all.",
            "What is handed over is a CSV of 7 significant digits, so that the residual of the "
            "file is that of its rounding; it is what the engine measured and what the record "
            "says.",
            "The roles are signed by keys of this study: whether a community was heard is not "
            "tested.",
        ),
    )


def _asked(*, held: bool) -> Spec:
    table: dict[str, object] = {"problem": PROBLEM, "generator": {"family": FAMILY}}
    if held:
        table["fixed"] = {HELD: {"value": HOURS}}
    return parse(table, Spec, "spec")


def _proposed(problem: Problem, seed: int) -> dict[str, float]:
    """Largest relative error of the energy of proposed days, with and without holding it."""
    known = loop.training(problem)
    found = {}
    for name, held in (("held", True), ("free", False)):
        spec = resolve(_asked(held=held), problem)
        fitted = fit(
            problem,
            known,
            spec.generator,
            watch=lambda stage, done, total: None,
        )
        generator = Generator(problem, fitted.family, spec, known)
        blocks = [generator.propose_block(seed, block) for block in range(PROPOSED // BLOCK)]
        error = np.concatenate([_error(days["load_p"].to_numpy()) for days in blocks])
        found[name] = float(error.max())
        if not held:
            found["typical"] = float(np.median(error))
    return found


def _error(load: Float64[np.ndarray, "n t"]) -> Float64[np.ndarray, " n"]:
    """Relative error of the energy of each day: quarters of an hour, added up exactly."""
    hours = np.array([float(np.sum(row.astype(np.longdouble)) / 4) for row in load])
    error: Float64[np.ndarray, " n"] = np.abs(hours - HOURS) / HOURS
    return error


def _run(problem: Problem, seed: int, folder: Path) -> float:
    """A whole run into `folder`; gives the largest relative error in what it hands over."""
    with Meter() as meter, open_ledger(folder / "ledger.sqlite", actor=releases.OPERATOR) as book:

        def finish(done: loop.Run, part: Path) -> None:
            done.record["energy"] = asdict(meter.read())

        releases.history(book, problem.name)
        out = folder / "run"
        asked = _asked(held=True)
        loop.run(problem, asked, DESIGNS, seed, out, ledger=book, finish=finish)
    form = next(iter(problem.formats.values()))
    return float(_error(form.read(out / "designs")["load_p"].to_numpy()).max())


def _published(release: releases.Release, signing: tuple[str, ...]) -> tuple[bool, list[bool]]:
    """Whether it was published after some layers signed, and whether each stands in the log."""
    for role in signing:
        release.sign(role)
    entry = release.entry()
    with open_ledger(release.book, create=False) as ledger:
        asked = replace(release.asked(ledger), roles=LAYERS)
        published = gate.held(gate.publish(asked, release.folder / "crate"))
        valid = {
            s.entry.table["role"]
            for s in check_sign_offs(ledger, release.signers)
            if s.state is State.VALID and s.entry.table["entry"] == entry
        }
    return published, [role in valid for role in signing]
