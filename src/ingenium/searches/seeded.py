"""Private random states for libraries that use the global one."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from ingenium.core.seeds import one_thread
from ingenium.searches.packages import package


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Give BoTorch a random state of its own inside the block, and silence its warnings.

    Sums run in one order, so that the same seed gives the same points.
    """
    quiet = package("botorch.exceptions.warnings").BotorchWarning
    loud = package("linear_operator.utils.warnings").NumericalWarning
    with torch.random.fork_rng(devices=[]), one_thread(), warnings.catch_warnings():
        torch.manual_seed(seed)
        for kind in (quiet, loud):
            warnings.simplefilter("ignore", kind)
        yield
