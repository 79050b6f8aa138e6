"""Fits on many ranks: a layout, a rehearsal compared with one process, the fit, its lineage.

Each rank opens the problem by itself, so that only gradients travel; ranks with other code or
data are refused. `out` holds a model as any run saves one, and `fit.json`: the layout, the
predicted costs and the measured ones.
"""

import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, get_args

import numpy as np
import torch
import torch.distributed as dist
from torch import Tensor

from ingenium.core import spec as specs
from ingenium.core.digest import array_digest, digest
from ingenium.core.energy import Meter
from ingenium.core.errors import InputError, choose
from ingenium.core.folders import cache_folder, locked, staged, write_atomic
from ingenium.core.problem import Problem, Watch, silent
from ingenium.core.provenance import code_digest, machine, package_digest, versions
from ingenium.core.resolving import resolve
from ingenium.core.spec import GeneratorChoice, Spec
from ingenium.domains import open_problem
from ingenium.generators import offer
from ingenium.generators.artifact import MODEL, SPEC, FitRecord, judge
from ingenium.generators.fitted import FittedFamily, state_digest
from ingenium.runs.loop import training
from ingenium.scale import planner
from ingenium.scale.calibration import calibrated
from ingenium.scale.chain import ChainedFamily
from ingenium.scale.cluster import Cluster
from ingenium.scale.divided import DividedModel
from ingenium.scale.laws import ceiling, fitted_share
from ingenium.scale.layout import AUTO, TRIED, RankLayout
from ingenium.scale.pieces import UnlikeSteps
from ingenium.scale.place import LOCAL, WorkPlace
from ingenium.scale.planner import PlanSpec, Training
from ingenium.scale.ranked_descent import Precision, RankedDescent, in_precision
from ingenium.scale.ranks import WAIT_S, Rank, Tell, agree, gather
from ingenium.train.plan import Plan
from ingenium.train.trainer import train
from ingenium.trust.ledger import Ledger, ledger_or_own
from ingenium.verbs.rehearsal import Rehearsal, predicted

DIVIDED = "autoregressive"  # fitted where the problem's own generator is pretrained
STEPS = 200  # default
SAME = 1e-5  # within which losses of two layouts are equal


@dataclass(frozen=True)
class RankedFit:
    """The work of every rank; it is sent to them as it is."""

    opener: Callable[[], Problem]
    family: str
    plan: Plan
    layout: str = AUTO
    fit: bool = True  # else the rehearsal alone
    rehearse: bool = True
    precision: Precision = "own"

    def __call__(self, rank: Rank, tell: Tell) -> dict[str, Any]:
        """Agree, calibrate, choose a layout, rehearse, and fit; rank 0 returns the weights."""
        problem = self.opener()
        known = training(problem)
        x, cond = problem.encode(known).float(), problem.features(known).float()
        make = partial(offer.make, problem, self.family, cond.shape[1])
        agree(self._stands_on(problem, x, cond, make().state_dict()))
        found: dict[str, Any] = {"rank": rank.number}
        if self.rehearse:
            layout, reported = self._rehearsed(make, x, cond)
            found |= reported
        else:
            layout = RankLayout.parse(self.layout)
            planner.check(self._requested(make, x), rank.count, layout)
        found["layout"] = str(layout)
        if self.fit:
            found |= self._fitted(make, layout, x, cond, tell)
        return found

    def _stands_on(
        self, problem: Problem, x: Tensor, cond: Tensor, first: Mapping[str, Tensor]
    ) -> dict[str, str]:
        return {
            "code": code_digest(),
            "package": package_digest(problem),
            "data": digest([array_digest(x.numpy()), array_digest(cond.numpy())]),
            "first weights": state_digest(first),
            "PyTorch": str(torch.__version__),
        }

    def _requested(self, make: Callable[[], Any], x: Tensor) -> PlanSpec:
        family = make()
        if not isinstance(family, ChainedFamily):
            raise InputError(
                "a family that ranks can share, such as autoregressive on texts",
                self.family,
                'Write family = "autoregressive" under [generator], or fit without --on.',
            )
        chain, batch = family.chain(), self.plan.batch
        tokens = float(self.plan.steps) * batch * chain.size.context
        pieces = len(chain.pieces(x[_some(x, batch)]))
        unlike = UnlikeSteps.of(chain.known_steps(x), batch, pieces)
        return PlanSpec(chain.size, Training(batch, tokens), unlike=unlike)

    def _layout(self, requested: PlanSpec, cluster: Cluster) -> RankLayout:
        """Return the layout that was specified, or the fastest that fits, as rank 0 finds it."""
        reported: list[Any] = [None]
        if dist.get_rank() == 0:
            if self.layout == AUTO:
                reported = [planner.best(requested, cluster)[0].layout]
            else:
                reported = [
                    planner.requested(requested, cluster, RankLayout.parse(self.layout)).layout
                ]
        dist.broadcast_object_list(reported)
        chosen: RankLayout = reported[0]
        return chosen

    def _rehearsed(
        self, make: Callable[[], Any], x: Tensor, cond: Tensor
    ) -> tuple[RankLayout, dict[str, Any]]:
        """Calibrate, choose a layout, and compare a few of its steps with their prediction."""
        requested, chain = self._requested(make, x), make().chain()
        full = in_precision(chain, "fp32")  # in which it is rehearsed
        some = _some(x, max(self.plan.batch, dist.get_world_size()))
        batch = x[some], cond[some]
        cluster = calibrated(in_precision(chain, self.precision), *batch)
        spent = calibrated(full, *batch, clock=time.process_time)
        rehearsal, tried = Rehearsal(make, self.plan, x, cond), list[dict[str, Any]]()
        if self.layout == TRIED:
            tried = rehearsal.each(requested, calibrated(full, *batch))
            layout = RankLayout.parse(tried[0]["layout"])
        else:
            layout = self._layout(requested, cluster)
        return layout, {
            "cluster": asdict(cluster),
            "tried": tried,
            "predicted": predicted(requested, cluster, spent, layout),
            **rehearsal.of(layout),
        }

    def _fitted(
        self, make: Callable[[], Any], layout: RankLayout, x: Tensor, cond: Tensor, tell: Tell
    ) -> dict[str, Any]:
        """Fit; a checkpoint of any layout is resumed."""
        model, ticks = DividedModel(make(), layout), list[tuple[float, float]]()
        descent = RankedDescent(model, precision=self.precision)

        def heard(step: int, steps: int, loss: float) -> None:
            ticks.append((time.perf_counter(), time.process_time()))
            tell("fit", step, steps)

        plan = replace(self.plan, progress=heard)
        curve = train(model, x, cond, plan, descent=descent)
        whole = descent.whole(model.state_dict())
        steps = np.diff(ticks, axis=0)
        return {
            "curve": curve,
            "step_s": float(np.median(steps[:, 0])) if len(steps) else None,
            "step_cpu_s": float(np.median(steps[:, 1])) if len(steps) else None,
            "steps_here": len(ticks),  # earlier ones were before a stop
            "weights": {k: v.numpy() for k, v in whole.items()},
        }


@dataclass(frozen=True)
class FitRequest:
    """Request of a fit, and where it runs."""

    spec: Spec
    on: WorkPlace = field(default_factory=WorkPlace)
    layout: str = AUTO
    steps: int | None = None
    rehearse: bool = True  # a few steps, measured and compared with one process
    precision: Precision = "own"  # of products
    wait_s: float = WAIT_S

    def job(self, opener: Callable[[], Problem], family: str, plan: Plan) -> RankedFit:
        """Return the work of its ranks."""
        return RankedFit(
            opener, family, plan, self.layout, rehearse=self.rehearse, precision=self.precision
        )

    def __post_init__(self) -> None:
        choose(self.precision, get_args(Precision), "precision")
        chosen = self.layout in (AUTO, TRIED)
        if chosen and not self.rehearse:
            what = "a layout of a fit that is not rehearsed"
            raise InputError(what, self.layout, "Write data:2.")
        if not chosen:
            layout = RankLayout.parse(self.layout)
            if layout.ranks != self.on.count:
                raise InputError(
                    f"a layout of {self.on.count} ranks, as {self.on} has",
                    f"{layout}, which has {layout.ranks}",
                    f"Write --layout data:{self.on.count}.",
                )


def fit(
    requested: FitRequest,
    out: Path,
    *,
    watch: Watch = silent,
    overwrite: bool = False,
    ledger: Ledger | None = None,
    gathered: Callable[..., list[Any]] = gather,
) -> FitRecord:
    """Fit the generator of a spec over ranks, and save it in `out` with its lineage.

    A fit that was stopped, or lost a rank, resumes from its last checkpoint, on whatever ranks the
    next call has. `gathered` starts the ranks.

    Raises:
        InputError: for a family that cannot be divided, a layout that does not fit, ranks with
            other code or data, or a rank that has to `follow`.
        FolderInUseError: if another process makes the same fit, or writes to `out`.
        RankLost: if a rank ended by itself.
    """
    if requested.on.follows:
        raise InputError("the first rank, which keeps what comes out", "another", "Call follow.")
    own = _OpenedFit.of(requested, watch)
    with (
        staged(out, own.identity, overwrite=overwrite) as part,
        locked(own.resume),
        Meter() as meter,
    ):
        # First what many may refuse, such as a head that cannot be reached.
        found = gathered(requested.on, own.job, wait_s=requested.wait_s, tell=watch)
        alone = (
            _alone(own.job, requested, watch)
            if requested.rehearse and requested.on.handed_out
            else None
        )
        model = _model(own.problem, own.job.family, found[0])
        model.save(part / MODEL)
        record = _record(requested, own.job, found, alone)
        record["lineage"] |= {"weights": model.digest, "package": package_digest(own.problem)}
        record["energy"] = asdict(meter.read())
        FitRecord.write(part, record)
        write_atomic(part / SPEC, specs.dump(requested.spec))
        _enter(record, ledger)
        shutil.rmtree(own.resume, ignore_errors=True)
    return FitRecord.open(out)


def shared(problem: Problem, choice: GeneratorChoice) -> bool:
    """True if ranks can share a fit of the chosen family."""
    return _family(problem, choice) == DIVIDED


def follow(requested: FitRequest) -> None:
    """Do the part of a rank that torchrun started; the first rank saves the result."""
    gather(requested.on, _OpenedFit.of(requested, silent).job, wait_s=requested.wait_s)


@dataclass(frozen=True)
class _OpenedFit:
    """An opened fit: its job, and the place of its checkpoint."""

    problem: Problem
    job: RankedFit
    resume: Path
    identity: str

    @classmethod
    def of(cls, requested: FitRequest, watch: Watch) -> "_OpenedFit":
        watch("open the problem", 0, 1)
        problem = open_problem(requested.spec)
        spec = resolve(requested.spec, problem)
        family = _family(problem, spec.generator)
        plan = _plan(problem, family, spec.generator, requested.steps)
        problem.prepare(watch)
        opener = partial(open_problem, requested.spec, problem.given)
        under = [specs.as_table(spec), family, asdict(plan), requested.precision]
        under += [code_digest(), package_digest(problem)]
        resume = cache_folder() / "ranked" / digest(under).removeprefix("sha256:")
        job = requested.job(opener, family, replace(plan, checkpoint=resume))
        return cls(problem, job, resume, digest([*under, str(requested.on), requested.layout]))


def _family(problem: Problem, choice: GeneratorChoice) -> str:
    """Return the family of a spec, or one that ranks can share if that family is pretrained."""
    name = problem.default_family if choice.family == "default" else choice.family
    if offer.check(problem, name) == "pretrained":
        if choice.family != "default":
            raise InputError("a family that is fitted", f"{name}, which comes trained")
        return DIVIDED
    return name


def _plan(problem: Problem, family: str, choice: GeneratorChoice, steps: int | None) -> Plan:
    own = steps or choice.steps or STEPS
    plan = offer.plan(problem, family, steps=own, seed=choice.seed)
    return replace(plan, check_every=min(plan.check_every, max(1, own // 10)))


def _alone(job: RankedFit, requested: FitRequest, watch: Watch) -> dict[str, Any]:
    """Run the same steps in one process."""
    watch("the same by one process", 0, 1)
    own = replace(job, layout=AUTO, fit=False)
    found: dict[str, Any] = gather(WorkPlace(LOCAL), own, wait_s=requested.wait_s)[0]
    return found


def _model(problem: Problem, name: str, first: Mapping[str, Any]) -> FittedFamily:
    known = problem.features(training(problem))
    family = offer.make(problem, name, known.shape[1])
    state = {k: torch.from_numpy(v) for k, v in first["weights"].items()}
    family.load_state_dict(state)
    losses = {k: v[-1] for k, v in first["curve"].items() if v}
    meta = {"layout": first["layout"], "losses": losses}
    return FittedFamily(name, family, state_digest(state), meta, cached=False)


def _record(
    requested: FitRequest,
    job: RankedFit,
    found: list[dict[str, Any]],
    alone: Mapping[str, Any] | None,
) -> dict[str, Any]:
    first = found[0]
    compared = None if alone is None else _compared(first, alone, len(found))
    return {
        "problem": requested.spec.problem,
        "family": job.family,
        "precision": requested.precision,
        "on": str(requested.on),
        "ranks": len(found),
        "layout": first["layout"],
        "steps": job.plan.steps,
        "batch": job.plan.batch,
        "predicted": first.get("predicted"),
        "measured": {
            "bytes": [one.get("bytes") for one in found],
            "step_s": first["step_s"],
            "step_cpu_s": [one.get("step_cpu_s") for one in found],
            "rehearsed_step_s": _median(first.get("rehearsed_steps_s")),
            "rehearsed_cpu_s": [one.get("rehearsed_cpu_s") for one in found],
            "waits": first.get("waits", {}),
        },
        "tried": first.get("tried", []),
        "losses": first.get("losses"),
        "one_process": compared,
        "curve": first["curve"],
        **_judged(first["curve"], compared),
        "cluster": first.get("cluster"),
        "lineage": {
            "spec": digest(specs.as_table(requested.spec)),
            "code": code_digest(),
            "versions": versions(),
            "machine": machine(),
        },
    }


def _compared(first: Mapping[str, Any], alone: Mapping[str, Any], ranks: int) -> dict[str, Any]:
    """Compare the first steps of a rank with those of one process."""
    both = zip(first["losses"], alone["losses"], strict=True)
    distance = max(abs(a - b) for a, b in both)
    times = [alone["rehearsed_steps_s"], first["rehearsed_steps_s"]]
    share = fitted_share([1, ranks], times)
    return {
        "losses": alone["losses"],
        "distance": distance,
        "equal": distance <= SAME,
        "speedup": float(np.median(times[0]) / np.median(times[1])),
        "parallel_share": asdict(share) | {"most": ceiling(share.value)},
    }


def _judged(curve: Mapping[str, list[float]], compared: Mapping[str, Any] | None) -> dict[str, Any]:
    unequal = compared is not None and not compared["equal"]
    against = ["losses of the first steps are not those of one process"] if unequal else []
    return judge({k: v[-1] for k, v in curve.items() if v}, against).record


def _some(x: Tensor, count: int) -> Tensor:
    """Sample rows for a batch, with repetition where there are fewer."""
    order = torch.randperm(len(x), generator=torch.Generator().manual_seed(0))
    return order[torch.arange(count) % len(x)]


def _median(seconds: list[float] | None) -> float | None:
    return float(np.median(seconds)) if seconds else None


def _enter(record: Mapping[str, Any], ledger: Ledger | None) -> None:
    body = {k: record[k] for k in ("problem", "family", "on", "layout", "steps")}
    body |= {k: record["lineage"][k] for k in ("spec", "weights", "package", "code")}
    with ledger_or_own(ledger) as book:
        book.append("fit", body)
