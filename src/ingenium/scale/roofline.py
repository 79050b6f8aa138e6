"""Roofline of a core of this machine: its bounds, and the speed of model kernels under them.

Source: Williams, Waterman and Patterson, CACM 52(4), 2009.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

REPEATS = 7  # of which the least counts: other processes only add time
LARGE = 1024  # rows and columns of a product that stays in fast memory block by block
LONG = 1 << 24  # numbers of an array that no cache holds
ROWS, WIDTH = 1 << 14, 1024


@dataclass(frozen=True)
class Roof:
    """Bounds of a machine: peak compute and memory bandwidth."""

    gflops: float
    gb_s: float

    @property
    def ridge(self) -> float:
        """FLOP a byte from which a kernel is bound by compute."""
        return self.gflops / self.gb_s

    def over(self, intensity: float) -> float:
        """Return the bound in GFLOP/s for a kernel of an intensity."""
        return min(self.gflops, intensity * self.gb_s)


@dataclass(frozen=True)
class Kernel:
    """A kernel by its operations, the bytes that it has to move, and its seconds."""

    name: str
    flops: float
    bytes: float
    seconds: float

    @property
    def intensity(self) -> float:
        """FLOP a byte."""
        return self.flops / self.bytes

    @property
    def gflops(self) -> float:
        """Measured GFLOP/s."""
        return self.flops / self.seconds / 1e9

    def bound(self, roof: Roof) -> str:
        """Return the resource that bounds it: compute or memory."""
        return "compute" if self.intensity >= roof.ridge else "memory"


def measured() -> tuple[Roof, list[Kernel]]:
    """Measure the bounds of one thread here, and kernels of a transformer in full precision."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return _measured()
    finally:
        torch.set_num_threads(threads)


def _measured() -> tuple[Roof, list[Kernel]]:
    rng = torch.Generator().manual_seed(0)
    square = torch.rand(LARGE, LARGE, generator=rng)
    wide = torch.rand(ROWS, WIDTH, generator=rng)
    thin = torch.rand(WIDTH, 1, generator=rng)
    long, out = torch.rand(LONG, generator=rng), torch.empty(LONG)
    product = torch.empty(LARGE, LARGE)
    kernels = [
        _kernel("product of matrices", lambda: torch.mm(square, square, out=product),
                2 * LARGE**3, 3 * product.nbytes),
        _kernel("matrix times vector", lambda: wide @ thin, 2 * wide.numel(), wide.nbytes),
        _kernel("softmax", lambda: functional.softmax(wide, -1), 5 * wide.numel(), 2 * wide.nbytes),
        _kernel("layer norm", lambda: functional.layer_norm(wide, (WIDTH,)), 8 * wide.numel(),
                2 * wide.nbytes),
        _kernel("sum of two arrays", lambda: torch.add(long, long, out=out), LONG, 2 * out.nbytes),
    ]  # fmt: skip
    read_s = _least(lambda: long.sum())
    copy_s = _least(lambda: out.copy_(long))
    gb_s = max(long.nbytes / read_s, 2 * long.nbytes / copy_s) / 1e9
    return Roof(_peak(), gb_s), kernels


def _peak() -> float:
    """GFLOP/s of the fastest matrix product among some sizes."""
    found = []
    for n in (512, LARGE, 2048):
        a, b = torch.ones(n, n), torch.empty(n, n)
        found.append(2 * n**3 / _least(lambda a=a, b=b: torch.mm(a, a, out=b)) / 1e9)  # type: ignore[misc]
    return max(found)


def _kernel(name: str, work: Callable[[], Tensor], flops: float, size: float) -> Kernel:
    return Kernel(name, float(flops), float(size), _least(work))


def _least(work: Callable[[], object]) -> float:
    work()
    taken = []
    for _ in range(REPEATS):
        began = time.thread_time()  # CPU time of this thread
        work()
        taken.append(time.thread_time() - began)
    return min(taken)
