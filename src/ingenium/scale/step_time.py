"""Bytes of a rank and seconds of a step under a layout: simulated, by published formulas."""

from dataclasses import dataclass, replace

from ingenium.scale.cluster import Cluster
from ingenium.scale.layout import RankLayout
from ingenium.scale.model_size import ModelSize

HIDDEN = 0.5  # share of an exchange that the backward pass hides, at most so much is seen today


@dataclass(frozen=True)
class RankBytes:
    """Bytes on the fullest rank at the memory peak of a step."""

    weights: float
    gradients: float
    state: float  # of the optimiser
    activations: float
    host: float = 0.0  # of the state, offloaded from the device
    not_yet: float = 0.0  # gradients that take the memory of activations as these are freed

    @property
    def total(self) -> float:
        """Sum of all entries on the device."""
        return self.weights + self.gradients + self.state + self.activations - self.not_yet


@dataclass(frozen=True)
class StepSeconds:
    """Time of a step by its causes."""

    compute: float
    memory: float  # kernels that wait for memory
    tensor: float  # exchange between tensor ranks
    data: float  # exchange between data ranks that nothing hides
    bubble: float  # waiting for the pipeline to fill and drain
    update: float  # of the weights

    @property
    def total(self) -> float:
        """Seconds of a whole step."""
        own = self.compute + self.memory + self.tensor
        return own + self.data + self.bubble + self.update

    @property
    def bound(self) -> str:
        """Name of the largest entry."""
        entries = ("compute", "memory", "tensor", "data", "bubble", "update")
        return max(entries, key=lambda name: getattr(self, name))


def stage_parameters(model: ModelSize, layout: RankLayout) -> float:
    """Return the parameters of the fullest stage of the pipeline, on one tensor rank."""
    layers = -(-model.layers // layout.pipeline)
    own = layers * model.block / layout.tensor
    if layout.pipeline == 1:
        return own + (model.parameters - model.layers * model.block)
    return own + max(model.entry, model.head)


def rank_bytes(model: ModelSize, layout: RankLayout, sequences: float) -> RankBytes:
    """Estimate the bytes of the fullest rank; `sequences` are those of one micro-batch.

    Sharded weights are whole while they are needed: with `shard` 2 all of them, with 3 those of two
    layers, of which one is fetched ahead.
    """
    tokens = sequences * model.context
    if layout.pipeline == 1:
        return _stage_bytes(
            model, layout, stage_parameters(model, layout), _activations(model, layout, tokens)
        )
    layers = model.layers / layout.pipeline * model.block / layout.tensor
    first, middle, last = _piped_activations(model, layout, tokens)
    stages = [(layers + model.entry, first), (layers + model.head, last)]
    stages += [(layers, middle)] if layout.pipeline > 2 else []
    return max((_stage_bytes(model, layout, *s) for s in stages), key=lambda found: found.total)


@dataclass(frozen=True)
class StageActivations:
    """Bytes that a stage stores for its backward pass."""

    retained: float  # by layers, freed as the backward pass goes through them
    opened: float  # during the backward pass of a layer
    loss: float = 0.0  # when it is computed

    @property
    def most(self) -> float:
        """Peak: at the loss, or in the first layer of the backward pass."""
        return self.retained + max(self.opened, self.loss)

    def alongside(self, gradients: float) -> float:
        """Peak with gradients that are allocated as activations are freed."""
        return max(self.retained + self.loss, self.opened + max(self.retained, gradients))


def _stage_bytes(
    model: ModelSize, layout: RankLayout, own: float, activations: StageActivations
) -> RankBytes:
    """Bytes of a rank with that many parameters."""
    shared = layout.data
    sharded = shared if layout.shard >= 2 else 1
    gathered = 0.0
    if layout.shard == 2:
        gathered = own * (1 - 1 / shared)
    elif layout.shard == 3:
        gathered = min(own, 2 * model.block / layout.tensor) * (1 - 1 / shared)
    moments = model.state_bytes * own / (shared if layout.shard >= 1 else 1)
    averages = 4 * model.averages * own / sharded
    gradients = model.weight_bytes * own / sharded
    # Gradients of micro-batches are summed elsewhere, and put into buckets with the last.
    if layout.micro > 1 and layout.replicated and not model.gradients_stay:
        gathered += own
    # In buckets, or from the first of some micro-batches on, they are there at the peak.
    stay = model.gradients_stay or layout.replicated or layout.micro > 1
    return RankBytes(
        weights=model.weight_bytes * own / sharded,
        gradients=gradients,
        state=averages + (0.0 if layout.offload else moments),
        activations=activations.most + model.weight_bytes * gathered,
        host=moments if layout.offload else 0.0,
        not_yet=0.0 if stay else activations.most + gradients - activations.alongside(gradients),
    )


def _activations(model: ModelSize, layout: RankLayout, tokens: float) -> StageActivations:
    layers = -(-model.layers // layout.pipeline)
    each = tokens * model.width * (model.stored_whole + model.shared_bytes / layout.tensor)
    open_ = tokens * model.width * model.stored_open / layout.tensor
    # Recomputed layers store only their input, and one layer is recomputed at a time.
    own = layers * each
    if layout.recompute:
        own, open_ = layers * tokens * model.width * model.weight_bytes, open_ + each
    loss = tokens * (model.width * model.stored_entry + model.vocabulary * model.stored_head)
    return StageActivations(own, open_, loss)


def _piped_activations(
    model: ModelSize, layout: RankLayout, tokens: float
) -> tuple[StageActivations, StageActivations, StageActivations]:
    """Activations of the first, a middle and the last stage, for all micro-batches in progress.

    Outputs are stored until their gradients arrive.
    """
    own = _activations(model, layout, tokens)
    signal = tokens * model.width * model.weight_bytes
    first, middle = (min(layout.pipeline - i, layout.micro) for i in range(2))
    return (
        StageActivations(first * (own.retained + signal), own.opened + signal),
        StageActivations(middle * (own.retained + signal), own.opened + signal),
        replace(own, retained=own.retained + signal),
    )


def step_seconds(
    model: ModelSize, layout: RankLayout, cluster: Cluster, sequences: float, pieces: int = 1
) -> StepSeconds:
    """Estimate the seconds of a step of `micro` micro-batches of `sequences` on each data rank.

    Sequences are computed in `pieces`; starting the kernels of each takes time.
    """
    device, tokens = cluster.device, sequences * model.context
    times = 4 / 3 if layout.recompute else 1.0  # a forward pass is a third of all
    shares = layout.tensor * layout.pipeline
    compute = times * model.flops(tokens) / shares / (device.tflops * 1e12 * device.gemm_share)
    layers = model.layers / layout.pipeline
    compute += times * pieces * (layers + 1 / layout.pipeline) * device.launch_us * 1e-6
    moved = tokens * model.width * (model.stored_whole + model.shared_bytes / layout.tensor)
    # Stored activations are written once and read in the backward pass, and so are gradients.
    memory = times * 3 * layers * moved / (device.bandwidth_gb_s * 1e9)
    memory = 0.0 if device.of_layers else memory
    inside = cluster.link(layout.tensor)
    size = tokens * model.width * model.weight_bytes
    sums = (6 if layout.recompute else 4) * layers
    tensor = sums * inside.all_reduce_s(size, layout.tensor) if layout.tensor > 1 else 0.0
    hop = 0.0
    if layout.pipeline > 1:
        distance = layout.tensor * layout.data
        hop = 2 * cluster.link(2, distance).send_s(size / layout.tensor)
    one = compute + memory + tensor + hop
    return StepSeconds(
        compute=layout.micro * compute,
        memory=layout.micro * memory,
        tensor=layout.micro * (tensor + hop),
        data=_exchange(model, layout, cluster, layout.micro * (compute + memory)),
        bubble=(layout.pipeline - 1) * one,
        update=_update(model, layout, cluster),
    )


def _exchange(model: ModelSize, layout: RankLayout, cluster: Cluster, busy_s: float) -> float:
    """Visible time of the exchange of gradients, and of weights where those are sharded."""
    if layout.data == 1:
        return 0.0
    link = cluster.link(layout.data, layout.tensor)
    size = model.weight_bytes * stage_parameters(model, layout)
    # Gradients are summed and scattered, weights gathered: once, or before each pass if sharded.
    gathers = 3.0 if layout.shard >= 3 else 2.0
    pieces = model.layers / layout.pipeline + 2 if layout.shard >= 2 else 1.0  # each by itself
    times = layout.micro if layout.shard >= 2 else 1  # in each micro-batch
    whole = times * gathers * pieces * link.gather_s(size / pieces, layout.data)
    # Where only the state is sharded, gradients are summed as ever, and weights gathered after
    # their update, when there is nothing left to hide that.
    after = link.gather_s(size, layout.data) if layout.shard == 1 else 0.0
    return max(whole * (1 - HIDDEN), whole - busy_s * 2 / 3) + after


def _update(model: ModelSize, layout: RankLayout, cluster: Cluster) -> float:
    """Seconds to read gradients, weights and state, and write the latter two; state on its host."""
    own = stage_parameters(model, layout) / (layout.data if layout.shard else 1)
    averaged = stage_parameters(model, layout) / (layout.data if layout.shard >= 2 else 1)
    size = own * model.weight_bytes * 2
    size += averaged * 8 * min(model.averages, 1)  # one average moves, another is a copy of it
    here, moments = cluster.device.bandwidth_gb_s, own * 2 * model.state_bytes
    there = here if not layout.offload else cluster.device.host_gb_s or here
    return size / (here * 1e9) + moments / (there * 1e9)
