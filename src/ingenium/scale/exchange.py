"""Communication of ranks in a step: bytes, the share hidden by computation, and waiting times."""

import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any

import torch
import torch.distributed as dist
from torch.nn.parallel import DistributedDataParallel
from torch.utils._python_dispatch import TorchDispatchMode

from ingenium.scale.ranked_descent import RankedDescent

REPEATS = 5
SUMS = ("all_reduce",)  # of tensor ranks


class CountedSums(TorchDispatchMode):
    """Context that counts the bytes of sums over ranks."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.bytes, self.calls = 0, 0

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> object:
        if func.namespace == "_c10d_functional" and func._schema.name.endswith(SUMS):
            self.bytes += args[0].nbytes
            self.calls += 1
        return func(*args, **(kwargs or {}))


def hidden_share(
    module: DistributedDataParallel, backward: Callable[[], object], *, repeats: int = REPEATS
) -> dict[str, float | None]:
    """Measure the exchange of gradients, alone and within a step, and its hidden share.

    Args:
        module: module of data ranks, whose gradients are exchanged in buckets.
        backward: a whole pass that sets gradients; all ranks call it.
        repeats: number of passes with an exchange, and without one.
    """
    sizes = [p.numel() for p in module.parameters()]
    flat = torch.zeros(sum(sizes))
    whole, lone = [], []
    for _ in range(repeats):  # in turns, so that a machine that slows down slows both
        whole.append(_slowest(backward))
        with module.no_sync():
            lone.append(_slowest(backward))
    alone = statistics.median(_slowest(lambda: dist.all_reduce(flat)) for _ in range(repeats))
    return hidden_of(whole, lone, alone)


def hidden_of(
    whole: Sequence[float], lone: Sequence[float], alone: float
) -> dict[str, float | None]:
    """Compute the hidden share from seconds of passes with and without exchange, and of it alone.

    None where the uncertainty of the median difference of passes exceeds the exchange itself (95 %
    interval by order statistics).
    """
    from scipy import stats  # a second of imports, here alone

    distance = sorted(a - b for a, b in zip(whole, lone, strict=True))
    left_out = max(int(stats.binom.ppf(0.025, len(distance), 0.5)) - 1, 0)  # at either end
    seen, noise = statistics.median(distance), (distance[-1 - left_out] - distance[left_out]) / 2
    hidden = 1 - seen / alone if noise < alone else None
    return {
        "step_s": statistics.median(whole),
        "without_s": statistics.median(lone),
        "alone_s": alone,
        "seen_s": seen,
        "noise_s": noise,
        "hidden": hidden,
    }


def idle_share(descent: RankedDescent, work: Callable[[], object]) -> float:
    """Measure the share of time in which the stages of a pipeline did not compute."""
    work()
    dist.barrier()
    before, began = descent.busy_s, time.perf_counter()
    for _ in range(REPEATS):
        work()
    dist.barrier()
    spent = torch.tensor([descent.busy_s - before, time.perf_counter() - began])
    dist.all_reduce(spent)
    return 1 - float(spent[0] / spent[1])


def _slowest(work: Callable[[], object]) -> float:
    """Seconds of the slowest rank, all starting together."""
    dist.barrier()
    began = time.perf_counter()
    work()
    slowest = torch.tensor(time.perf_counter() - began)
    dist.all_reduce(slowest, op=dist.ReduceOp.MAX)
    return float(slowest)
