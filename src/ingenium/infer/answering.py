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

from ingenium.core.designs import DESIGN
from ingenium.core.digest import array_digest, dataset_digest, digest, file_digest
from ingenium.core.errors import InputError
from ingenium.core.folders import make_folder, staged, write_atomic
from ingenium.core.given import FOLDER, stored
from ingenium.core.judgement import stated
from ingenium.core.netcdf import write_netcdf
from ingenium.core.problem import Problem, Section, Watch, silent
from ingenium.core.provenance import code_digest, package_digest
from ingenium.core.resolving import resolve
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

    stored: Posterior
    question: InferenceQuestion
    found: Weighted
    ranks: Mapping[str, Ranks]  # of samples of the prior, and of held-out truths

    @cached_property
    def sections(self) -> Sequence[Section]:
        """Sections of the report that the problem adds."""
        samples, own = self.stored.samples(), self.question.sections
        return own(samples, samples[WEIGHT].to_numpy()) if own else ()


def infer(
    problem: Problem,
    wanted: InferSpec,
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
    spec = resolve(wanted.spec, problem)
    watch("data", 0, 1)
    problem.prepare(watch)
    known = training(problem)
    data = dataset_digest(known)
    identity = digest([asdict(wanted), data, dict(problem.given.digests), code_digest()])
    with RecordMaking() as making, staged(out, identity, overwrite=overwrite) as part:
        made = fitted.fit(problem, known, spec.generator, watch=watch)
        generator = Generator(problem, made.family, spec, known)
        watch("prior", 0, 1)
        prior = Prior.of(generator, wanted.prior_samples, wanted.seed, question.nearby)
        found, ranks, values = answered(question, prior, wanted, problem, watch)
        verdict = judging.judge(values, wanted.limits, len(question.quantities))
        write_netcdf(part / DRAWS, _samples(question, prior, found))
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
        _ask(wanted, problem, part)
        about = {"family": made.name, "method": method_of(wanted, question), **verdict.record}
        reported_of = (
            _about(problem, wanted, question) | about | {"measured": stated(values, QUANTITIES)}
        )
        own = {"estimates": reported(question, found), "diagnostics": dict(found.reported)}
        record = making.write(part / Posterior.file, reported_of | own, evidence)
        watch("store", 0, 1)
        ledger.append("posterior", {k: record[k] for k in (*ENTERED, "evidence")})
    return Inferred(Posterior.open(out), question, found, ranks)


def _about(problem: Problem, wanted: InferSpec, question: InferenceQuestion) -> dict[str, Any]:
    """Describe the problem, the spec and the readings."""
    return {
        "problem": problem.name,
        "title": wanted.title or problem.summary,
        "notes": list(problem.notes),
        "given": list(problem.given.reported()),
        "readings": len(question.readings),
        "pairs": [list(p) for p in question.pairs],
    }


def method_of(wanted: InferSpec, question: InferenceQuestion) -> str:
    """Return the method of a spec, or the default of the question."""
    return question.method if wanted.method == "default" else wanted.method


def answered(
    question: InferenceQuestion, prior: Prior, wanted: InferSpec, problem: Problem, watch: Watch
) -> tuple[Weighted, dict[str, Ranks], dict[str, Interval]]:
    """Return the posterior, the ranks of truths in theirs, and the judged values."""
    method = named(method_of(wanted, question))

    def rng(purpose: str) -> torch.Generator:
        return block_rng(wanted.seed, 0, purpose)

    with one_thread():
        task = InferenceTask(
            prior, question.likelihood, question.measure, wanted.samples, wanted.steps, watch
        )
        watch("infer", 0, 1)
        found = method.prepared(task, rng("prepare"))(question.readings, rng("answer"))
        smaller = InferenceTask(
            prior, question.likelihood, question.measure, wanted.check_samples, wanted.steps, watch
        )
        answer = method.prepared(smaller, rng("prepare"))
        truths = {
            "prior": calibration.of_prior(prior, wanted.ranked, rng("ranked")),
            "held out": calibration.held_out(problem.data(), prior, wanted.truths, rng("truths")),
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


def reported(question: InferenceQuestion, found: Weighted) -> dict[str, dict[str, Any]]:
    """Mean and bands of each quantity."""
    sampled = question.measure(found.arrays).numpy()
    bands = quantiles(sampled, found.weight, BANDS)
    mean = found.weight @ sampled
    return {
        q.name: {
            "unit": q.unit,
            "long_name": q.long_name,
            "mean": float(mean[i]),
            **{f"q{round(100 * p):02d}": float(bands[j, i]) for j, p in enumerate(BANDS)},
        }
        for i, q in enumerate(question.quantities)
    }


def _samples(question: InferenceQuestion, prior: Prior, found: Weighted) -> xr.Dataset:
    """Samples of designs with their weights and inferred quantities."""
    designs = prior.dataset(found.arrays, found.rows)
    sampled = question.measure(found.arrays).numpy()
    about = {"units": "1", "long_name": "weight in the posterior"}
    own = {WEIGHT: (DESIGN, found.weight, about)}
    own |= {q.name: (DESIGN, sampled[:, i], q.attrs) for i, q in enumerate(question.quantities)}
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


def _ask(wanted: InferSpec, problem: Problem, part: Path) -> None:
    """Write the spec and its input files, so that the inference can be repeated."""
    for name, (ending, content) in problem.given.files.items():
        make_folder(part / FOLDER)
        write_atomic(part / FOLDER / f"{name}{ending}", content)
    write_atomic(part / SPEC, dump(wanted, stored(wanted.given, problem.given)))


def _alone(value: float) -> Interval:
    return Interval(value, value, value)
