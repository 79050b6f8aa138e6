"""Stored fits, and adapted ones: few added parameters learn new designs."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch
import xarray as xr
from torch import Tensor

from ingenium.core import spec as specs
from ingenium.core.artifact import Replay
from ingenium.core.digest import array_digest, digest
from ingenium.core.energy import Meter
from ingenium.core.errors import InputError
from ingenium.core.folders import staged, write_atomic
from ingenium.core.problem import Problem, Watch, silent
from ingenium.core.provenance import code_digest, machine, package_digest, versions
from ingenium.core.resolving import resolve
from ingenium.core.spec import Spec
from ingenium.domains import open_problem
from ingenium.generators import fitted, offer
from ingenium.generators.artifact import MODEL, SPEC, FitRecord, judge
from ingenium.generators.fitted import FittedFamily, of_fit, state_digest
from ingenium.runs.loop import training
from ingenium.scale.place import WorkPlace
from ingenium.train.batches import split, stream
from ingenium.train.low_rank import AdaptedModel
from ingenium.train.plan import WholeModel
from ingenium.train.trainer import train
from ingenium.trust.ledger import Ledger, ledger_or_own
from ingenium.verbs import ranked_fit
from ingenium.verbs.ranked_fit import STEPS, FitRequest

RANK = 8


@dataclass(frozen=True)
class AdaptRequest:
    """Request to adapt: designs of a spec, the folder of the base fit, and its settings."""

    spec: Spec
    base: Path
    rank: int = RANK
    steps: int = STEPS
    replay: float = 0.0  # share of training examples that are designs which the base learned from


def store(
    problem: Problem,
    requested: Spec,
    out: Path,
    *,
    watch: Watch = silent,
    overwrite: bool = False,
    anew: bool = False,
    ledger: Ledger | None = None,
) -> FitRecord:
    """Fit the generator of a spec in this process and save it in `out`, as a base for adaptation.

    Raises:
        InputError: for a family that comes trained.
    """
    choice = resolve(requested, problem).generator
    problem.prepare(watch)
    known = training(problem)
    under = [specs.as_table(requested), package_digest(problem), code_digest()]
    with (
        ledger_or_own(ledger) as book,
        staged(out, digest(under), overwrite=overwrite) as part,
        Meter() as meter,
    ):
        found = fitted.fit(problem, known, choice, watch=watch, anew=anew)
        found.save(part / MODEL)
        x, cond = _encoded(problem, known)
        record = {
            "problem": problem.name,
            "family": found.name,
            "rows": found.meta.get("rows", len(x)),
            "parameters": sum(v.numel() for v in found.family.state_dict().values()),
            "fit": found.meta,
            **judge(found.meta.get("losses", {})).record,
            "lineage": _lineage(problem, requested, (x, cond), found.digest),
            "energy": asdict(meter.read()),
        }
        FitRecord.write(part, record)
        write_atomic(part / SPEC, specs.dump(requested))
        reported = {k: record[k] for k in ("problem", "family", "rows")}
        book.append("fit", reported | {"weights": found.digest})
    return FitRecord.open(out)


def _lineage(
    problem: Problem, requested: Spec, data: tuple[Tensor, Tensor], weights: str
) -> dict[str, Any]:
    return {
        "spec": digest(specs.as_table(requested)),
        "data": digest([array_digest(a.numpy()) for a in data]),
        "weights": weights,
        "package": package_digest(problem),
        "code": code_digest(),
        "versions": versions(),
        "machine": machine(),
    }


def adapt(
    requested: AdaptRequest,
    out: Path,
    *,
    watch: Watch = silent,
    overwrite: bool = False,
    ledger: Ledger | None = None,
) -> FitRecord:
    """Train low-rank parts of a saved fit on the designs of a spec; save the sum as a fit in `out`.

    Raises:
        InputError: if there is no fit of this problem in `base`, no matrix for such a rank, or no
            share to replay.
    """
    if not 0 <= requested.replay < 1:
        raise InputError("a share of at least 0 and below 1 to replay", requested.replay)
    problem = open_problem(requested.spec)
    first = of_fit(requested.base, problem)
    problem.prepare(watch)
    data = _encoded(problem, training(problem))
    own = [first.digest, requested.rank, requested.steps, requested.replay]
    under = [specs.as_table(requested.spec), *own, code_digest()]
    with (
        ledger_or_own(ledger) as book,
        staged(out, digest(under), overwrite=overwrite) as part,
        Meter() as meter,
    ):
        found, record = _adapted(requested, problem, first, data, watch)
        found.save(part / MODEL)
        record["energy"] = asdict(meter.read())
        FitRecord.write(part, record)
        write_atomic(part / SPEC, specs.dump(requested.spec))
        reported = ("problem", "family", "rank", "trained_share", "steps")
        book.append("adapt", {k: record[k] for k in reported} | {"weights": found.digest})
    return FitRecord.open(out)


Encoded = tuple[Tensor, Tensor]  # designs and their conditions


def _encoded(problem: Problem, known: xr.Dataset) -> Encoded:
    return problem.encode(known).float(), problem.features(known).float()


@dataclass(frozen=True)
class EarlierExamples:
    """Training data of the base fit, as the new problem encodes it, and its held-out share."""

    seen: Encoded
    separate: Encoded

    @classmethod
    def of(cls, base: Path, problem: Problem, share: float) -> "EarlierExamples":
        """Rebuild the split of the fit in the folder `base` from the spec stored there.

        Raises:
            InputError: if there is none.
        """
        requested = specs.load(base / SPEC)
        first = open_problem(requested)
        first.prepare(silent)
        x, cond = _encoded(problem, training(first))
        rows = split(len(x), share, stream(requested.generator.seed, 0))  # as that fit did
        seen, separate = ((x[r], cond[r]) for r in (rows.train, rows.held_out))
        return cls(seen, separate)

    def alongside(self, own: Encoded, share: float, rng: torch.Generator) -> Encoded:
        """Return training examples of which a share is sampled from those of the base."""
        count = round(len(own[0]) * share / (1 - share))
        drawn = torch.randint(len(self.seen[0]), (count,), generator=rng)
        both = zip(own, self.seen, strict=True)
        x, cond = (torch.cat([mine, old[drawn]]) for mine, old in both)
        return x, cond


def _adapted(
    requested: AdaptRequest, problem: Problem, first: FittedFamily, data: Encoded, watch: Watch
) -> tuple[FittedFamily, dict[str, Any]]:
    """The sum of a fit and its low-rank parts, and the record of how they were trained."""
    (x, cond), family, seed = data, first.family, requested.spec.generator.seed
    if not isinstance(family, WholeModel):
        raise InputError("a fit of a family that is trained step by step", first.name)
    model = AdaptedModel(family, requested.rank, torch.Generator().manual_seed(seed))
    plan = offer.plan(problem, first.name, steps=requested.steps, seed=seed)
    reported = replace(plan, progress=lambda i, n, loss: watch("adapt", i, n))
    rows = split(len(x), plan.held_out, stream(seed, 0))  # held out as the fit does
    earlier = EarlierExamples.of(requested.base, problem, plan.held_out)
    tried = {"loss": (x[rows.held_out], cond[rows.held_out]), "earlier_loss": earlier.separate}

    def losses(when: str) -> dict[str, float]:
        with torch.no_grad():
            found = {k: model.held_out_loss(*v, stream(seed, 3)) for k, v in tried.items()}
        return {f"{k}_{when}": v.mean().item() for k, v in found.items()}

    before, examples = losses("before"), data
    if requested.replay:
        own = x[rows.train], cond[rows.train]  # held-out rows stay held out
        examples = earlier.alongside(own, requested.replay, stream(seed, 4))
    curve, share = train(model, *examples, reported), model.share
    after = losses("after")
    model.merge()
    weights = state_digest(family.state_dict())
    about = {"adapted": first.digest, "losses": {k: v[-1] for k, v in curve.items() if v}}
    record = {
        "problem": problem.name,
        "family": first.name,
        "rank": requested.rank,
        "replay": requested.replay,
        "trained_share": share,
        "steps": requested.steps,
        **before,
        **after,
        "curve": curve,
        "base": str(requested.base.resolve()),
        **judge(after, _risen(before, after)).record,
        "lineage": {**_lineage(problem, requested.spec, data, weights), "base": first.digest},
    }
    return FittedFamily(first.name, family, weights, about, cached=False), record


def _risen(before: Mapping[str, float], after: Mapping[str, float]) -> list[str]:
    """Return the reason against an adapted fit: a held-out loss on its own designs that rose."""
    was, now = before["loss_before"], after["loss_after"]
    return [f"the held-out loss on these designs rose from {was:.4g} to {now:.4g}"] * (now > was)


def replay(stored: FitRecord, folder: Path) -> Replay:
    """Fit it again from its record, without the cache, and compare the weights.

    Raises:
        InputError: if the fit that it was adapted from is no longer there.
    """
    own, spec = stored.record, stored.spec
    if "on" in own:
        on = WorkPlace.parse(own["on"])
        requested = FitRequest(
            spec, on, own["layout"], own["steps"], rehearse=False, precision=own["precision"]
        )
        return stored.compared(ranked_fit.fit(requested, folder, overwrite=True).record)
    if "rank" in own:
        base = AdaptRequest(spec, Path(own["base"]), own["rank"], own["steps"], own["replay"])
        return stored.compared(adapt(base, folder, overwrite=True).record)
    again = store(open_problem(spec), spec, folder, overwrite=True, anew=True)
    return stored.compared(again.record)
