"""Infer: the prior, the posterior given readings, its calibration, and the record."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
import xarray as xr

from ingenium.core.asking import resolve
from ingenium.core.designs import DESIGN
from ingenium.core.digest import array_digest, dataset_digest, digest, file_digest
from ingenium.core.errors import InputError
from ingenium.core.folders import make_folder, staged, write_atomic
from ingenium.core.given import FOLDER, kept
from ingenium.core.judgement import stated
from ingenium.core.netcdf import write_netcdf
from ingenium.core.problem import Problem, Section, Watch, silent
from ingenium.core.provenance import code_digest, package_digest
from ingenium.core.sealed import RecordMaking
from ingenium.core.seeds import block_rng, one_thread
from ingenium.evaluate.measured import Interval
from ingenium.generators import fitted
from ingenium.generators.generator import Generator
from ingenium.infer import calibration, judging
from ingenium.infer.artifact import DRAWS, RANKS, SPEC, WEIGHT, Posterior
from ingenium.infer.calibration import Ranks
from ingenium.infer.methods.method import InferenceTask
from ingenium.infer.methods.table import named
from ingenium.infer.prior import Prior
from ingenium.infer.question import Inferable, InferenceQuestion
from ingenium.infer.spec import QUANTITIES, InferSpec, dump
from ingenium.infer.weights import Weighted, quantiles
from ingenium.runs.loop import training
from ingenium.trust.ledger import Ledger

ENTERED = ("problem", "family", "method", "verdict")  # of a record, in the ledger
BANDS = (0.05, 0.25, 0.5, 0.75, 0.95)


@dataclass(frozen=True, eq=False)
class Inferred:
    """A new posterior, with the data of its report."""

    kept: Posterior
    question: InferenceQuestion
    found: Weighted
    ranks: Mapping[str, Ranks]  # of samples of the prior, and of held-out truths

    @cached_property
    def sections(self) -> Sequence[Section]:
        """Sections of the report that the problem adds."""
        draws, own = self.kept.draws(), self.question.sections
        return own(draws, draws[WEIGHT].to_numpy()) if own else ()


def infer(
    problem: Problem,
    asked: InferSpec,
    out: Path,
    *,
    ledger: Ledger,
    watch: Watch = silent,
    overwrite: bool = False,
) -> Inferred:
    """Infer what a spec specifies and save it in `out`.

    Raises:
        InputError: for a problem without readings, or a method that it does not admit.
        StorageError: if `out` cannot be written.
    """
    if not isinstance(problem, Inferable):
        raise InputError("a problem with a hidden state, such as radio.estimate", problem.name)
    question = problem.question()
    spec = resolve(asked.spec, problem)
    watch("data", 0, 1)
    problem.prepare(watch)
    known = training(problem)
    data = dataset_digest(known)
    identity = digest([asdict(asked), data, dict(problem.given.digests), code_digest()])
    with RecordMaking() as making, staged(out, identity, overwrite=overwrite) as part:
        made = fitted.fit(problem, known, spec.generator, watch=watch)
        generator = Generator(problem, made.family, spec, known)
        watch("prior", 0, 1)
        prior = Prior.of(generator, asked.prior_draws, asked.seed, question.nearby)
        found, ranks, values = answered(question, prior, asked, problem, watch)
        verdict = judging.judge(values, asked.limits, len(question.quantities))
        write_netcdf(part / DRAWS, _draws(question, prior, found))
        _table(question, ranks).to_csv(part / RANKS, index=False)
        evidence = {
            "given": dict(problem.given.digests),
            "readings": array_digest(question.readings.numpy()),
            "system": problem.system,
            "data": data,
            "model": made.digest,
            DRAWS: file_digest(part / DRAWS),
            RANKS: file_digest(part / RANKS),
            "package": package_digest(problem),
        }
        _ask(asked, problem, part)
        about = {"family": made.name, "method": method_of(asked, question), **verdict.record}
        told_of = (
            _about(problem, asked, question) | about | {"measured": stated(values, QUANTITIES)}
        )
        own = {"told": told(question, found), "diagnostics": dict(found.told)}
        record = making.write(part / Posterior.file, told_of | own, evidence)
        watch("keep", 0, 1)
        ledger.append("posterior", {k: record[k] for k in (*ENTERED, "evidence")})
    return Inferred(Posterior.open(out), question, found, ranks)


def _about(problem: Problem, asked: InferSpec, question: InferenceQuestion) -> dict[str, Any]:
    """Describe the problem, the spec and the readings."""
    return {
        "problem": problem.name,
        "title": asked.title or problem.summary,
        "notes": list(problem.notes),
        "given": list(problem.given.told()),
        "readings": len(question.readings),
        "pairs": [list(p) for p in question.pairs],
    }


def method_of(asked: InferSpec, question: InferenceQuestion) -> str:
    """Return the method of a spec, or the default of the question."""
    return question.method if asked.method == "default" else asked.method


def answered(
    question: InferenceQuestion, prior: Prior, asked: InferSpec, problem: Problem, watch: Watch
) -> tuple[Weighted, dict[str, Ranks], dict[str, Interval]]:
    """Return the posterior, the ranks of truths in theirs, and the judged values."""
    method = named(method_of(asked, question))

    def rng(purpose: str) -> torch.Generator:
        return block_rng(asked.seed, 0, purpose)

    with one_thread():
        task = InferenceTask(
            prior, question.likelihood, question.measure, asked.draws, asked.steps, watch
        )
        watch("infer", 0, 1)
        found = method.prepared(task, rng("prepare"))(question.readings, rng("answer"))
        smaller = InferenceTask(
            prior, question.likelihood, question.measure, asked.check_draws, asked.steps, watch
        )
        answer = method.prepared(smaller, rng("prepare"))
        truths = {
            "prior": calibration.of_prior(prior, asked.ranked, rng("ranked")),
            "held out": calibration.held_out(problem.data(), prior, asked.truths, rng("truths")),
        }
        ranks = {
            name: calibration.ranked(
                question,
                answer,
                arrays,
                range(len(arrays[0])),
                rng(f"check {name}"),
                watch,
                f"check by {name}",
            )
            for name, arrays in truths.items()
        }
        share = calibration.prior_share(question, prior, rng("share"))
        predicted = calibration.predicted_p(question, found, rng("predict"))
    return found, ranks, _judged_values(found, ranks, share, predicted)


def _judged_values(
    found: Weighted, ranks: Mapping[str, Ranks], share: float, predicted: float
) -> dict[str, Interval]:
    """Values to judge, by their names in `QUANTITIES`."""
    held = ranks["held out"]
    least = ranks["prior"].uniform_p()
    return {
        "coverage_50": held.coverage(0.5),
        "coverage_90": held.coverage(0.9),
        "ellipse_90": held.ellipse(0.9),
        "ellipse_size": held.size(),
        "rank_p": _alone(float(np.minimum(1.0, np.min(least) * len(least)))),  # NaN without ranks
        "predictive_p": _alone(predicted),
        "prior_share": _alone(share),
        "pareto_k": _alone(found.pareto_k),
        "effective": _alone(found.effective),
        "truths": _alone(float(len(held.levels))),
        "ranked": _alone(float(len(ranks["prior"].levels))),
    }


def told(question: InferenceQuestion, found: Weighted) -> dict[str, dict[str, Any]]:
    """Mean and bands of each quantity."""
    drawn = question.measure(found.arrays).numpy()
    bands = quantiles(drawn, found.weight, BANDS)
    mean = found.weight @ drawn
    return {
        q.name: {
            "unit": q.unit,
            "long_name": q.long_name,
            "mean": float(mean[i]),
            **{f"q{round(100 * p):02d}": float(bands[j, i]) for j, p in enumerate(BANDS)},
        }
        for i, q in enumerate(question.quantities)
    }


def _draws(question: InferenceQuestion, prior: Prior, found: Weighted) -> xr.Dataset:
    """Samples of designs with their weights and inferred quantities."""
    designs = prior.dataset(found.arrays, found.rows)
    drawn = question.measure(found.arrays).numpy()
    about = {"units": "1", "long_name": "weight in the posterior"}
    own = {WEIGHT: (DESIGN, found.weight, about)}
    own |= {q.name: (DESIGN, drawn[:, i], q.attrs) for i, q in enumerate(question.quantities)}
    return designs.assign(own)


def _table(question: InferenceQuestion, ranks: Mapping[str, Ranks]) -> pd.DataFrame:
    """Ranks of all truths as a table."""
    names = [q.name for q in question.quantities]
    pairs = [f"ellipse of {a} and {b}" for a, b in question.pairs]
    sizes = [f"size of the {pair}" for pair in pairs]
    frames = [
        pd.DataFrame(
            np.hstack([r.levels, r.ellipses, r.sizes]), columns=[*names, *pairs, *sizes]
        ).assign(truth=of)
        for of, r in ranks.items()
    ]
    return pd.concat(frames, ignore_index=True)


def _ask(asked: InferSpec, problem: Problem, part: Path) -> None:
    """Write the spec and its input files, so that the inference can be repeated."""
    for name, (ending, content) in problem.given.files.items():
        make_folder(part / FOLDER)
        write_atomic(part / FOLDER / f"{name}{ending}", content)
    write_atomic(part / SPEC, dump(asked, kept(asked.given, problem.given)))


def _alone(value: float) -> Interval:
    return Interval(value, value, value)
