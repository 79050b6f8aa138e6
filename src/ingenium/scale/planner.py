"""The best layouts of a model on a cluster, and the nearest that fits where one does not."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product
from typing import Annotated

from pydantic import Field
from pydantic.dataclasses import dataclass as checked

from ingenium.core.errors import InputError
from ingenium.core.spec import _STRICT
from ingenium.scale.cluster import Cluster, Spending, powers
from ingenium.scale.layout import NAMES, RankLayout
from ingenium.scale.model_size import ModelSize
from ingenium.scale.pieces import MicroSteps, UnlikeSteps
from ingenium.scale.step_time import RankBytes, StepSeconds, rank_bytes, step_seconds


@checked(frozen=True, config=_STRICT)
class Training:
    """Length of the training of a model."""

    sequences: Annotated[int, Field(ge=1, le=10**8)]  # of a step, over all ranks
    tokens: Annotated[float, Field(gt=0, le=1e18)]  # in all


@checked(frozen=True, config=_STRICT)
class PlanSpec:
    """A model and its training."""

    model: ModelSize
    training: Training
    title: str = ""
    unlike: UnlikeSteps | None = None  # steps of known designs, if less than the context


@dataclass(frozen=True)
class PlannedLayout:
    """A layout with simulated costs."""

    layout: RankLayout
    bytes: RankBytes
    seconds: StepSeconds
    utilisation: float  # of all devices' peak, without recomputation
    spending: Spending
    fits: bool


def planned(spec: PlanSpec, cluster: Cluster, layout: RankLayout) -> PlannedLayout:
    """Simulate the costs of a layout.

    Raises:
        InputError: if it divides the model, the batch or the cluster into unequal parts.
    """
    check(spec, cluster.devices, layout)
    if layout.offload and cluster.device.host_gb_s is None:
        instead = "Write host_gb_s under [device], or leave offload out."
        raise InputError("a device that states its bandwidth to the host", str(layout), instead)
    model, training = spec.model, spec.training
    whole = training.sequences / layout.data / layout.micro * model.context
    steps = MicroSteps(whole, whole) if spec.unlike is None else spec.unlike.computed(layout)
    held = rank_bytes(model, layout, steps.most / model.context)
    taken = step_seconds(model, layout, cluster, steps.mean / model.context, steps.pieces)
    tokens = float(training.sequences * model.context)
    computed = steps.mean * layout.micro * layout.data
    peak = cluster.devices * cluster.device.tflops * 1e12
    return PlannedLayout(
        layout,
        held,
        taken,
        model.flops(computed) / taken.total / peak,
        Spending.of(cluster, taken.total * training.tokens / tokens),
        held.total <= cluster.room,
    )


def check(spec: PlanSpec, devices: int, layout: RankLayout) -> None:
    """Refuse a layout that leaves devices idle or divides unevenly."""
    model, batch = spec.model, spec.training.sequences
    if layout.ranks != devices:
        raise InputError(
            f"a layout of {devices} ranks",
            f"{layout}, which has {layout.ranks}",
            f"Write data:{devices}, say: data, tensor and pipeline multiply.",
        )
    uneven = {
        f"{model.heads} heads over tensor:{layout.tensor}": model.heads % layout.tensor,
        f"{model.layers} layers over pipeline:{layout.pipeline}": model.layers % layout.pipeline,
        f"{batch} sequences over {layout.data * layout.micro} parts (data x micro)": batch
        % (layout.data * layout.micro),
    }
    for what, left in uneven.items():
        if left:
            raise InputError("equal parts", f"{what}, which leaves {left}", "Write a divisor.")
    if layout.data > 1 and layout.tensor > 1 and layout.shard == 1:
        instead = "Write shard:2, or leave it out."
        raise InputError("shard:0, 2 or 3 with tensor and data ranks", str(layout), instead)
    if layout.data > 1 and layout.pipeline > 1 and layout.shard >= 2:
        raise InputError(
            "shard:0 or 1 in a pipeline: weights would be gathered anew for each micro-batch",
            str(layout),
            "Write shard:1.",
        )


def layouts(
    spec: PlanSpec, devices: int, *, per_node: int | None = None, offload: bool = False
) -> Iterator[RankLayout]:
    """Yield all layouts that divide evenly, matrices within a node; with `offload` those too."""
    model, batch = spec.model, spec.training.sequences
    most = min(devices, per_node or devices)
    for tensor in (t for t in powers(most) if model.heads % t == 0 and devices % t == 0):
        rest = devices // tensor
        for pipeline in range(1, min(model.layers, rest) + 1):
            if rest % pipeline or model.layers % pipeline:
                continue
            data = rest // pipeline
            if batch % data:
                continue
            own = batch // data
            for micro in (m for m in _divisors(own) if pipeline > 1 or own // m <= 64):
                for shard in range(4) if data > 1 else (0,):
                    one = RankLayout(data, tensor, pipeline, shard, micro)
                    if not _possible(spec, devices, one):
                        continue
                    for recompute, out in product((False, True), (False, True)[: 1 + offload]):
                        yield replace(one, recompute=recompute, offload=out)


def _possible(spec: PlanSpec, devices: int, layout: RankLayout) -> bool:
    try:
        check(spec, devices, layout)
    except InputError:
        return False
    return True


def best(spec: PlanSpec, cluster: Cluster, *, most: int = 5) -> list[PlannedLayout]:
    """Return the layouts that fit, the fastest of each division first.

    Raises:
        InputError: if none fits, with the needs of the smallest.
    """
    found = [planned(spec, cluster, one) for one in _all(spec, cluster)]
    if not found:
        raise InputError(
            f"a batch of {cluster.devices} parts",
            f"{spec.training.sequences} sequences, which no layout divides evenly",
            "Write a multiple of the devices.",
        )
    fitting = sorted((p for p in found if p.fits), key=lambda p: p.seconds.total)
    if not fitting:
        least = min(found, key=lambda p: p.bytes.total)
        raise InputError(
            f"a model whose every layout fits {cluster.room / 1e9:.3g} GB a device",
            f"one that needs {least.bytes.total / 1e9:.3g} GB even as {least.layout}",
            f"Write devices = {_enough(spec, cluster)}, or a smaller model.",
        )
    first: dict[tuple[int, int, int], PlannedLayout] = {}
    for one in fitting:
        own = one.layout
        first.setdefault((own.data, own.tensor, own.pipeline), one)
    return list(first.values())[:most]


def each(spec: PlanSpec, cluster: Cluster) -> list[PlannedLayout]:
    """Return the fastest layout of each division and sharding, without recomputation or offload."""
    own = (planned(spec, cluster, x) for x in layouts(spec, cluster.devices) if not x.recompute)
    first: dict[tuple[int, ...], PlannedLayout] = {}
    for one in sorted((p for p in own if p.fits), key=lambda p: p.seconds.total):
        x = one.layout
        first.setdefault((x.data, x.tensor, x.pipeline, x.shard), one)
    return list(first.values())


def nearest(spec: PlanSpec, cluster: Cluster, layout: RankLayout) -> PlannedLayout | None:
    """Return the layout that fits with the fewest changes, the fastest of those, or None."""
    fitting = (planned(spec, cluster, one) for one in _all(spec, cluster))
    return min(
        (p for p in fitting if p.fits),
        key=lambda p: (_changed(p.layout, layout), p.seconds.total),
        default=None,
    )


def requested(spec: PlanSpec, cluster: Cluster, layout: RankLayout) -> PlannedLayout:
    """Simulate a requested layout.

    Raises:
        InputError: if it does not fit; the message names the nearest that does.
    """
    one = planned(spec, cluster, layout)
    if one.fits:
        return one
    other = nearest(spec, cluster, layout)
    raise InputError(
        f"a layout within {cluster.room / 1e9:.3g} GB a device",
        f"{layout}, which needs {one.bytes.total / 1e9:.3g} GB",
        f"Write {other.layout}, which needs {other.bytes.total / 1e9:.3g} GB."
        if other
        else "No layout fits: take more devices.",
    )


def _changed(a: RankLayout, b: RankLayout) -> int:
    return sum(getattr(a, name) != getattr(b, name) for name in NAMES)


def _enough(spec: PlanSpec, cluster: Cluster) -> int:
    """Number of devices at which some layout fits, by doubling."""
    devices = cluster.devices
    while devices < 2**20:
        devices *= 2
        wider = replace(cluster, devices=devices)
        own = replace(
            spec, training=replace(spec.training, sequences=max(spec.training.sequences, devices))
        )
        if any(
            rank_bytes(own.model, one, own.training.sequences / one.data / one.micro).total
            <= wider.room
            for one in _all(own, wider)
        ):
            return devices
    return devices


def _all(spec: PlanSpec, cluster: Cluster) -> Iterator[RankLayout]:
    offload = cluster.device.host_gb_s is not None
    return layouts(spec, cluster.devices, per_node=cluster.per_node, offload=offload)


def _divisors(n: int) -> list[int]:
    return [m for m in range(1, n + 1) if n % m == 0]
