"""A few steps of a fit under a layout: losses, bytes and seconds compared with a plan."""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import torch
import torch.distributed as dist
from torch import Tensor
from torch.nn.parallel import DistributedDataParallel

from ingenium.scale import planner
from ingenium.scale.calibration import peak_bytes
from ingenium.scale.cluster import Cluster
from ingenium.scale.divided import BUCKET_MB, ONE_BUCKET_MB, DividedModel
from ingenium.scale.exchange import CountedSums, hidden_share, idle_share
from ingenium.scale.layout import RankLayout
from ingenium.scale.planner import PlannedLayout, PlanSpec
from ingenium.scale.ranked_descent import RankedDescent
from ingenium.train.plan import Plan
from ingenium.train.trainer import train

STEPS = 12  # in full precision, whose losses are compared with one process


@dataclass(frozen=True)
class Rehearsal:
    """A rehearsal of a fit; every rank of a group makes the same calls.

    Shapes: n designs, c conditions.
    """

    make: Callable[[], Any]  # a family with the same first weights
    plan: Plan
    x: Tensor
    cond: Tensor

    def of(self, layout: RankLayout) -> dict[str, Any]:
        """Run a few steps; return their losses and seconds, and this rank's peak bytes."""
        model = DividedModel(self.make(), layout)
        descent = RankedDescent(model, precision="fp32")
        ticks = list[tuple[float, float]]()
        plan = replace(
            self.plan, steps=STEPS, check_every=1, held_out=0.0, patience=99, checkpoint=None,
            progress=lambda *_: ticks.append((time.perf_counter(), time.process_time())),
        )  # fmt: skip
        course = train(model, self.x, self.cond, plan, descent=descent)
        held, peak = descent.held(), peak_bytes(self._step(model, descent, self._fullest(model)))
        waits = self._waiting(model, descent)
        total = held["weights"] + held["state"] + peak
        total += held["gradients"] if layout.replicated else 0  # which lie in buckets already
        return {
            "losses": course["turn_1"],
            "rehearsed_steps_s": np.diff(ticks, axis=0)[:, 0].tolist(),
            "rehearsed_cpu_s": float(np.median(np.diff(ticks, axis=0)[:, 1])),
            "bytes": held | {"total": total},
            "waits": waits,
        }

    def each(self, requested: PlanSpec, cluster: Cluster) -> list[dict[str, Any]]:
        """Try all layouts that fit; return predicted and measured costs, the fastest first."""
        reported: list[Any] = [planner.each(requested, cluster)]
        dist.broadcast_object_list(reported)
        found = [self._measured(one) for one in reported[0]]
        dist.broadcast_object_list(found)  # of rank 0, whose clock is that of all
        return sorted(found, key=lambda own: own["step_s"])

    def _measured(self, one: PlannedLayout) -> dict[str, Any]:
        own, waits = self.of(one.layout), dict[str, Any]()
        if one.layout.replicated:
            waits["one_bucket"] = self._exchange(one.layout, bucket_mb=ONE_BUCKET_MB)
        held = torch.tensor(float(own["bytes"]["total"]))
        dist.all_reduce(held, op=dist.ReduceOp.MAX)
        return {
            "layout": str(one.layout),
            "predicted_s": one.seconds.total,
            "step_s": min(own["rehearsed_steps_s"]),  # that which other programs delay least
            "predicted_bytes": one.bytes.total,
            "bytes": float(held),
            "losses": own["losses"],
            "waits": own["waits"] | waits,
        }

    def _waiting(self, model: DividedModel, descent: RankedDescent) -> dict[str, Any]:
        """Measure what ranks exchange or wait for, by the kind of layout."""
        layout, work = model.layout, self._step(model, descent)
        if layout.replicated:
            return {"buckets": self._exchange(layout)}
        if layout.pipeline > 1:
            return {"idle": idle_share(descent, work), "bubble": layout.bubble}
        if layout.tensor > 1:
            with CountedSums() as counted:
                work()
            size = model.chain.size
            each = descent.computed(self.x[self._first]) * size.width * 4
            sums = (6 if layout.recompute else 4) * size.layers
            return {"summed_bytes": counted.bytes, "formula_bytes": sums * each}
        return {}

    def _exchange(self, layout: RankLayout, bucket_mb: float = BUCKET_MB) -> dict[str, Any]:
        """Measure how much of the gradient exchange is hidden, in buckets of a size."""
        model = DividedModel(self.make(), layout, bucket_mb=bucket_mb)
        assert isinstance(model.module, DistributedDataParallel)
        descent = RankedDescent(model, precision="fp32")
        return hidden_share(model.module, self._step(model, descent))

    @property
    def _first(self) -> Tensor:
        """Return the rows of a batch."""
        return torch.arange(min(len(self.x), self.plan.batch))

    def _fullest(self, model: DividedModel) -> Tensor:
        """Return the rows of the batch that needs most computation."""
        return model.chain.known_steps(self.x).argsort(descending=True)[: len(self._first)]

    def _step(
        self, model: DividedModel, descent: RankedDescent, rows: Tensor | None = None
    ) -> Callable[[], object]:
        """Return a function that computes the gradients of one batch."""
        turn, rows = model.turns()[0], self._first if rows is None else rows
        x, cond = self.x[rows], self.cond[rows]
        return lambda: descent.gradients(turn, x, cond, torch.Generator().manual_seed(0))


def predicted(
    requested: PlanSpec, cluster: Cluster, spent: Cluster, layout: RankLayout
) -> dict[str, Any]:
    """Predict the costs of a layout, and of a rehearsed step from the CPU time `spent`."""
    one = planner.planned(requested, cluster, layout)
    return {
        "bytes": asdict(one.bytes) | {"total": one.bytes.total},
        "step_s": one.seconds.total,
        "step_cpu_s": planner.planned(requested, spent, layout).seconds.total,
        "seconds": asdict(one.seconds),
        "bubble": layout.bubble,
    }
