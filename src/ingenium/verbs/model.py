"""Models in Python: words and a table over time in, a checked model with its forecast out."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from ingenium.core.artifact import Replay
from ingenium.core.designs import DESIGN
from ingenium.core.digest import digest, file_digest
from ingenium.core.errors import InputError
from ingenium.core.folders import make_folder, staged, write_atomic
from ingenium.core.problem import Watch, silent
from ingenium.core.provenance import code_digest
from ingenium.core.reading.files import content
from ingenium.core.resolving import resolve
from ingenium.core.sealed import RecordMaking
from ingenium.core.spec import Limit, Spec
from ingenium.core.verdict import Verdict
from ingenium.core.verify import verify
from ingenium.domains import open_problem
from ingenium.generators import fitted
from ingenium.generators.generator import Generator
from ingenium.model import checks, fitting, searched
from ingenium.model.artifact import DATA, DRAWS, FORECAST, StoredModel
from ingenium.model.families import PROCESSES, candidates
from ingenium.model.finished import (
    NewModel,
    constant_bands,
    forecast_score,
    trajectory_times,
    unsaid,
    write_tables,
)
from ingenium.model.fitting import FittedModel
from ingenium.model.judging import ForecastScore, judge
from ingenium.model.lack_of_fit import lack_of_fit
from ingenium.model.posterior import ModelPosterior, posterior
from ingenium.model.reading import ProcessReading, read
from ingenium.model.searched import LONGEST, RATE, RATE_UNIT, RateLaw
from ingenium.model.series import MeasuredSeries
from ingenium.model.spec import ModelSpec
from ingenium.model.system import ProcessModel
from ingenium.runs.loop import training
from ingenium.trust.ledger import Ledger, ledger_or_own

LAWS, SEARCH = "equations.law", 64  # the problem that finds laws, and proposals for each column
SETUP = {"operations": ["+", "-", "*", "/", "sq"], "constant_units": [RATE_UNIT], "target": RATE}
AMONG = 800  # short formulas that laws are put together from
EFFORT = {"wider": 1.2, "bank": AMONG, "generations": 6, "known": 120}
LOOSE = (Limit("misfit", at_most=1.0), Limit("misfit_outside", at_most=2.0))
BETTER = 0.98  # of the misfit of shorter laws, that a longer one must reach


def model(
    requested: ModelSpec,
    data: Path,
    out: Path,
    *,
    watch: Watch = silent,
    overwrite: bool = False,
    ledger: Ledger | None = None,
) -> NewModel:
    """Build the model described in words from a table over time, and save it in `out`.

    Raises:
        InputError: for words or a table that fit no model.
        StorageError: if `out` cannot be written.
    """
    series = MeasuredSeries.read(data, requested.held_out)
    reading = read(requested.words)
    families = _candidates(reading, series)
    identity = digest([asdict(requested), file_digest(data), code_digest()])
    with RecordMaking() as making, staged(out, identity, overwrite=overwrite) as part:
        write_atomic(part / DATA, content(data, "a table over time as CSV"))
        laws = _searched(series, part, requested.seed, watch)
        models = [ProcessModel(f, o, series) for f, o in families]
        own = [ProcessModel(f, tuple(range(len(series.names))), series)
               for f in searched.families(series, laws, AMONG)]  # fmt: skip
        fits, left = _fitted([*models, *own], requested.seed, watch)
        best = fits[0]
        watch("constants", 0, 1)
        found = posterior(best, requested.samples, requested.seed)
        fine = trajectory_times(series)
        trajectories = found.trajectories(fine)
        readings = found.readings(trajectories, requested.seed)
        score = forecast_score(series, trajectories, readings)
        write_tables(part, found, series, fine, readings)
        reported = {
            "requested": asdict(requested),
            "time_unit": series.time_unit,
            "read": {"processes": list(reading.processes), "unread": list(reading.unread)},
            **_chosen(best),
            "candidates": [_reported(f, best.aicc) for f in fits],
            "left_out": left,
            "laws": [asdict(law) for law in laws],
            "found_again": _found_again(models, own),
            "cannot_say": unsaid(reading, series, found, fits),
            **_weighed(best, found, score, reading),
        }
        files = {name: file_digest(part / name) for name in (DATA, DRAWS, FORECAST)}
        _entered(making.write(part / StoredModel.file, reported, files), ledger)
    return NewModel(StoredModel.open(out), series, found, fine, trajectories, readings)


def replay(stored: StoredModel, folder: Path) -> Replay:
    """Build it again from its own words and table, in another folder, and compare."""
    again = model(stored.spec, stored.folder / DATA, folder, overwrite=True)
    return stored.compared(again.stored.record)


def _candidates(reading: ProcessReading, series: MeasuredSeries) -> list[Any]:
    """Return families that words and columns admit; by columns alone where the words name none.

    Raises:
        InputError: where no family has such columns.
    """
    step = np.diff(series.time)
    even = bool(np.ptp(step) <= 1e-6 * step.max())
    columns = len(series.names)
    own = candidates(reading.processes, series.units, even)
    found = own or candidates((), series.units, even)
    if not found:
        known = "; ".join(f"{k}: {v}" for k, v in PROCESSES.items())
        raise InputError(
            "columns of a process that is known here",
            f"{columns} columns",
            f"Leave some out. Known are {known}.",
        )
    return found


def _searched(series: MeasuredSeries, part: Path, seed: int, watch: Watch) -> list[RateLaw]:
    """Search a rate law for each column; return the accepted ones, each column's shortest first."""
    found = []
    for place, column in enumerate(series.names):
        watch("laws", place, len(series.names))
        given = {"table": searched.rate_table(series, column)}
        requested = Spec(problem=LAWS, setup=SETUP | EFFORT, given=given, limits=LOOSE)
        try:
            problem = open_problem(requested)
            spec = resolve(requested, problem)
            known = training(problem)
        except InputError:  # rates that no formula explains even in part
            continue
        made = fitted.fit(problem, known, spec.generator, watch=silent)
        designs = Generator(problem, made.family, spec, known).propose_block(seed, 0)
        verdicts = verify(
            designs, problem.verifier, spec.limits, variables=problem.variables,
            sizes=problem.sizes,
        )  # fmt: skip
        front = _front(verdicts)
        folder = part / "laws" / column
        make_folder(folder)
        files = next(iter(problem.formats.values())).write(designs.isel({DESIGN: front}), folder)
        for path, row in zip(files.values(), front, strict=True):
            error, size = (float(verdicts[n].to_numpy()[row]) for n in ("misfit", "complexity"))
            text = (path / "law.sympy").read_text(encoding="utf-8")
            found.append(RateLaw(column, text, error, int(size)))
    return found


def _front(verdicts: xr.Dataset) -> list[int]:
    """Return accepted laws that no shorter one beats, the most accurate first."""
    good = verdicts["verdict"].to_numpy() == Verdict.ACCEPTED
    size, error = (verdicts[n].to_numpy() for n in ("complexity", "misfit"))
    stored: list[int] = []
    for row in np.lexsort((error, size)).tolist():
        better = not stored or error[row] < BETTER * error[stored[-1]]
        if good[row] and size[row] <= LONGEST and better:
            stored.append(row)
    return stored[::-1]


def _fitted(
    models: Sequence[ProcessModel], seed: int, watch: Watch
) -> tuple[list[FittedModel], list[str]]:
    """Fit all models that have a trajectory, the likeliest first; also return why others have none.

    Raises:
        InputError: where none has.
    """
    found, left = [], []
    for i, one in enumerate(models):
        watch("families", i, len(models))
        try:
            done = fitting.fit(one, seed, _begun(one))
        except InputError as error:
            left.append(f"{one.label}: {error.got}, and it needs more readings than unknowns.")
            continue
        if done is None:
            left.append(f"{one.label}: no trajectory comes near the readings.")
        else:
            found.append(done)
    if not found:
        raise InputError("a table that some family can follow", " ".join(left)[:600])
    return sorted(found, key=lambda f: f.aicc), left


def _begun(one: ProcessModel) -> np.ndarray | None:
    """Return the initial constants for the fit of a law: those that the search found."""
    if not one.family.found:
        return None
    start = fitting.ReadingDensity(one).middle.copy()
    values = np.array(list(one.family.found.values()))
    start[: len(values)] = np.log(np.maximum(values, 1e-12))
    return start


def _checked(best: FittedModel) -> list[checks.ModelCheck]:
    """Check units, conserved quantities, and agreement with a second integrator."""
    constants, first, _ = best.density.parts(best.numbers)
    found = [checks.units(best.model), checks.conserved(best.model)]
    found.append(checks.integrators(best.model, constants, first))
    return [c for c in found if c is not None]


def _weighed(
    best: FittedModel, found: ModelPosterior, score: ForecastScore, reading: ProcessReading
) -> dict[str, Any]:
    """Return constants with their bands, checks, the forecast, and derived values."""
    tried, smooth = _checked(best), lack_of_fit(best)
    return {
        "constants": constant_bands(found),
        "checks": [asdict(c) for c in tried],
        "forecast": asdict(score),
        "plain": score.reported,
        "sampler": {"r_hat": found.r_hat, "effective": found.effective},
        "lack_of_fit": None if smooth is None else asdict(smooth),
        **judge(found, tried, score, mechanisms=reading.mechanisms, smooth=smooth).record,
    }


def _found_again(models: Sequence[ProcessModel], own: Sequence[ProcessModel]) -> list[str]:
    """Return families whose rates the search found again without knowing them."""
    again = [m.label for m in models if any(checks.same_form(m, o) for o in own)]
    return [f"The search of formulas, which knows no family, wrote the rates of {a} again."
            for a in again]  # fmt: skip


def _chosen(best: FittedModel) -> dict[str, Any]:
    """Return the model, its assumptions, and its steady states."""
    return {
        "model": best.model.family.name,
        "title": best.model.label,
        "equations": checks.equations(best.model),
        "assumptions": list(best.model.family.assumptions),
        "rest": checks.rest(best.model, best.density.parts(best.numbers)[0]),
    }


def _reported(fit: FittedModel, least: float) -> dict[str, Any]:
    family = fit.model.family
    return {
        "family": family.name,
        "title": fit.model.label,
        "assumptions": list(family.assumptions),
        "constants": len(family.units),
        "likelihood": fit.likelihood,
        "aicc": fit.aicc,
        "behind": fit.aicc - least,
    }


def _entered(record: Mapping[str, Any], ledger: Ledger | None) -> None:
    entry = {k: record[k] for k in ("model", "title", "verdict", "evidence")}
    with ledger_or_own(ledger) as book:
        book.append("model", entry)
