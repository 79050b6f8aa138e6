"""Calibration of a cluster: speed of this process group on a model, over all ranks together."""

import os
import time
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path

import torch
import torch.distributed as dist
from torch import Tensor

from ingenium.core.energy import watts
from ingenium.scale.chain import Chain
from ingenium.scale.cluster import Cluster, Device, Link
from ingenium.scale.layout import RankLayout
from ingenium.scale.offload import offload
from ingenium.scale.pieces import dealt

REPEATS = 4  # of which the least counts: other processes only add time
TOGETHER = 3  # times in each, until all ranks are through: some may find a core free at first
Clock = Callable[[], float]  # wall time, or CPU time of this process
SMALL, LARGE = 1 << 12, 1 << 20  # numbers of an exchange
WEIGHTS = 1 << 20  # of which an update is timed
SHARE = 0.8  # of the free memory that ranks may take


def calibrated(
    chain: Chain, x: Tensor, cond: Tensor, *, clock: Clock = time.perf_counter
) -> Cluster:
    """Describe the ranks of this process group as a cluster; its peak is that of this model.

    Args:
        chain: the model.
        x: designs of a batch.
        cond: their conditions.
        clock: source of the seconds in which the cluster is described.

    All ranks measure simultaneously, since they share caches and memory; the slowest is reported.
    """
    ranks = dist.get_world_size()
    pieces = _pieces(chain, x, cond)
    parts_s = chain.size.layers * _layer_s(chain, pieces, clock) + _ends_s(chain, pieces, clock)
    # Before and after the layers about as many kernels are started as in one.
    launch_s = _layer_s(chain, [(x[:1], cond[:1], 1)], clock)
    work_s = max(parts_s - launch_s * (chain.size.layers + 1) * len(pieces), parts_s / 4)
    small_s, large_s = _exchange_s(ranks, clock)
    update_s, far_s = (_update_s(clock, offloaded=x) for x in (False, True))
    found = torch.tensor([work_s, launch_s, update_s, far_s, small_s, large_s])
    dist.all_reduce(found, op=dist.ReduceOp.MAX)
    work_s, launch_s, update_s, far_s, small_s, large_s = found.tolist()
    flops = chain.size.flops(sum(len(x) * steps for x, _, steps in pieces))
    hops = max(2 * (ranks - 1), 1)
    moved = hops / ranks * 4 * (LARGE - SMALL)
    link = Link(
        gb_s=max(moved / max(large_s - small_s, 1e-9) / 1e9, 1e-6),
        latency_us=small_s / hops * 1e6 if ranks > 1 else 0.0,
    )
    device = Device(
        name="a process of this machine",
        memory_gb=SHARE * _free_bytes() / ranks / 1e9,
        tflops=flops / work_s / 1e12,
        launch_us=launch_s * 1e6,
        bandwidth_gb_s=WEIGHTS * (4 * 2 + 2 * 8) / update_s / 1e9,
        # A third of an update is of weights and gradients, which stay where they are.
        host_gb_s=WEIGHTS * 2 * 8 / max(far_s - update_s / 3, update_s * 2 / 3) / 1e9,
        gemm_share=1.0,
        watts=watts()[1],
        of_layers=True,
    )
    return Cluster(device, ranks, ranks, link, link, title="this place", overhead=1.0)


def _pieces(chain: Chain, x: Tensor, cond: Tensor) -> list[tuple[Tensor, Tensor, int]]:
    """Designs, conditions and steps of the rows of a batch that a rank computes together."""
    ranks, known = dist.get_world_size(), chain.known_steps(x)
    (mine,) = dealt(chain.pieces(x), RankLayout(ranks), dist.get_rank())
    return [(x[rows], cond[rows], int(known[rows].max())) for rows in mine]


def _layer_s(chain: Chain, pieces: list[tuple[Tensor, Tensor, int]], clock: Clock) -> float:
    """Seconds of a layer, forwards and backwards."""
    block, width, rng = deepcopy(chain.parts[1]), chain.size.width, torch.Generator()
    read = [torch.zeros(len(x), steps, width).normal_(generator=rng) for x, _, steps in pieces]
    for own in read:
        own.requires_grad_()

    def work() -> None:
        with chain.precision():
            out = [block(own) for own in read]
        torch.stack([one.float().square().mean() for one in out]).sum().backward()

    return _timed(work, clock)


def _ends_s(chain: Chain, pieces: list[tuple[Tensor, Tensor, int]], clock: Clock) -> float:
    """Seconds of the parts before and after the layers, and of the loss."""
    entry, head = deepcopy((chain.parts[0], chain.parts[-1]))

    def work() -> None:
        with chain.precision():
            lost = [
                chain.loss(head(entry(*chain.inputs(x, cond, None))), x) for x, cond, _ in pieces
            ]
        torch.stack(lost).sum().backward()

    return _timed(work, clock)


def _update_s(clock: Clock, *, offloaded: bool) -> float:
    """Seconds of a step of the optimiser."""
    weights = torch.nn.Parameter(torch.zeros(WEIGHTS))
    weights.grad = torch.ones(WEIGHTS)
    optimiser = torch.optim.AdamW([weights])
    if offloaded:
        offload([optimiser])
    return _timed(optimiser.step, clock)


def _exchange_s(ranks: int, clock: Clock) -> tuple[float, float]:
    """Seconds of a sum over all ranks, for few numbers and for many."""
    if ranks == 1:
        return 0.0, 0.0
    few, many = torch.zeros(SMALL), torch.zeros(LARGE)
    sums = (lambda: dist.all_reduce(few)), (lambda: dist.all_reduce(many))
    return _timed(sums[0], clock), _timed(sums[1], clock)


def _timed(work: Callable[[], object], clock: Clock) -> float:
    """Seconds of one call: the least of some repeats, which all ranks begin and end together."""
    work()
    taken = []
    for _ in range(REPEATS):
        dist.barrier()
        began = clock()
        for _ in range(TOGETHER):
            work()
        dist.barrier()  # where to wait takes no processor
        taken.append((clock() - began) / TOGETHER)
    return min(taken)


def _free_bytes() -> float:
    """Bytes of memory available to programs (Linux), or a fourth of all."""
    try:
        reported = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        lines = dict(line.split(":", 1) for line in reported)
        return float(lines["MemAvailable"].split()[0]) * 1024
    except (OSError, KeyError, ValueError):
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 4


def peak_bytes(work: Callable[[], object]) -> int:
    """Measure the peak of tensor memory during a piece of work, beyond that before it (bytes).

    PyTorch's own profiler counts it at each allocation.
    """
    os.environ.setdefault("KINETO_LOG_LEVEL", "99")  # otherwise it logs its start and stop
    from torch.profiler import ProfilerActivity, profile

    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as found:
        work()
    now = most = 0
    for event in found.profiler.kineto_results.events():
        if event.name() == "[memory]":
            now += event.nbytes()
            most = max(most, now)
    return most
