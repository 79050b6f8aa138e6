"""Fits that are kept, and those that go out from one: few parameters learn new designs."""

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ingenium.core import spec as specs
from ingenium.core.asking import resolve
from ingenium.core.digest import array_digest, digest
from ingenium.core.energy import Meter
from ingenium.core.errors import InputError
from ingenium.core.folders import staged, write_atomic
from ingenium.core.problem import Problem, Watch, silent
from ingenium.core.provenance import code_digest, machine, package_digest, versions
from ingenium.core.spec import Spec
from ingenium.domains import open_problem
from ingenium.fitting import STEPS, ScaledFit
from ingenium.generators import fitted, offer
from ingenium.generators.fitted import FIT, MODEL, FittedFamily, of_fit, state_digest
from ingenium.loop import training
from ingenium.train.batches import split, stream
from ingenium.train.low_rank import AdaptedModel
from ingenium.train.plan import WholeModel
from ingenium.train.trainer import train
from ingenium.trust.ledger import Ledger, ledger_or_own

RANK = 8


@dataclass(frozen=True)
class AdaptRequest:
    """Designs of a spec, the folder of the fit that is adapted to them, and by how much."""

    spec: Spec
    base: Path
    rank: int = RANK
    steps: int = STEPS


def keep(
    problem: Problem,
    asked: Spec,
    out: Path,
    *,
    watch: Watch = silent,
    overwrite: bool = False,
    ledger: Ledger | None = None,
) -> ScaledFit:
    """Fit the generator of a spec by this process and keep it in `out`, where others go out from.

    Raises:
        InputError: for a family that comes trained.
    """
    choice = resolve(asked, problem).generator
    problem.prepare(watch)
    known = training(problem)
    under = [specs.as_table(asked), package_digest(problem), code_digest()]
    with (
        ledger_or_own(ledger) as book,
        staged(out, digest(under), overwrite=overwrite) as part,
        Meter() as meter,
    ):
        found = fitted.fit(problem, known, choice, watch=watch)
        found.save(part / MODEL)
        x, cond = problem.encode(known).float(), problem.features(known).float()
        record = {
            "problem": problem.name,
            "family": found.name,
            "rows": len(x),
            "parameters": sum(v.numel() for v in found.family.state_dict().values()),
            "fit": found.meta,
            "lineage": _lineage(problem, asked, (x, cond), found.digest),
            "energy": asdict(meter.read()),
        }
        FIT.write(part, record)
        write_atomic(part / "spec.toml", specs.dump(asked))
        told = {k: record[k] for k in ("problem", "family", "rows")}
        book.append("fit", told | {"weights": found.digest})
    return ScaledFit(out, record)


def _lineage(
    problem: Problem, asked: Spec, data: tuple[Tensor, Tensor], weights: str
) -> dict[str, Any]:
    """What a fit stands on, and its weights."""
    return {
        "spec": digest(specs.as_table(asked)),
        "data": digest([array_digest(a.numpy()) for a in data]),
        "weights": weights,
        "package": package_digest(problem),
        "code": code_digest(),
        "versions": versions(),
        "machine": machine(),
    }


def adapt(
    asked: AdaptRequest,
    out: Path,
    *,
    watch: Watch = silent,
    overwrite: bool = False,
    ledger: Ledger | None = None,
) -> ScaledFit:
    """Train low-rank parts of a kept fit on the designs of a spec; keep the sum as a fit in `out`.

    Raises:
        InputError: if there is no fit of this problem in `base`, or no matrix for such a rank.
    """
    problem = open_problem(asked.spec)
    first = of_fit(asked.base, problem)
    problem.prepare(watch)
    known = training(problem)
    x, cond = problem.encode(known).float(), problem.features(known).float()
    under = [specs.as_table(asked.spec), first.digest, asked.rank, asked.steps, code_digest()]
    with (
        ledger_or_own(ledger) as book,
        staged(out, digest(under), overwrite=overwrite) as part,
        Meter() as meter,
    ):
        found, record = _adapted(asked, problem, first, (x, cond), watch)
        found.save(part / MODEL)
        record["energy"] = asdict(meter.read())
        FIT.write(part, record)
        write_atomic(part / "spec.toml", specs.dump(asked.spec))
        told = ("problem", "family", "rank", "trained_share", "steps")
        book.append("adapt", {k: record[k] for k in told} | {"weights": found.digest})
    return ScaledFit(out, record)


def _adapted(
    asked: AdaptRequest,
    problem: Problem,
    first: FittedFamily,
    data: tuple[Tensor, Tensor],
    watch: Watch,
) -> tuple[FittedFamily, dict[str, Any]]:
    """The sum of a fit and its low-rank parts, and the record of how they were trained."""
    (x, cond), family, seed = data, first.family, asked.spec.generator.seed
    if not isinstance(family, WholeModel):
        raise InputError("a fit of a family that is trained step by step", first.name)
    model = AdaptedModel(family, asked.rank, torch.Generator().manual_seed(seed))
    plan = offer.plan(problem, first.name, steps=asked.steps, seed=seed)
    told = replace(plan, progress=lambda i, n, loss: watch("adapt", i, n))
    apart = split(len(x), plan.held_out, stream(seed, 0)).held_out  # as the fit puts them aside
    with torch.no_grad():
        before = model.held_out_loss(x[apart], cond[apart], stream(seed, 3)).mean().item()
    course, share = train(model, x, cond, told), model.share
    model.merge()
    weights = state_digest(family.state_dict())
    about = {"adapted": first.digest, "losses": {k: v[-1] for k, v in course.items() if v}}
    record = {
        "problem": problem.name,
        "family": first.name,
        "rank": asked.rank,
        "trained_share": share,
        "steps": asked.steps,
        "loss_before": before,
        "course": course,
        "lineage": {**_lineage(problem, asked.spec, data, weights), "base": first.digest},
    }
    return FittedFamily(first.name, family, weights, about, cached=False), record
