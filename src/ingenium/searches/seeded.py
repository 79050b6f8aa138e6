"""Libraries that draw from the global state, with a state of their own."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from ingenium.core.seeds import one_thread
from ingenium.searches.packages import package


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Let BoTorch draw from a state of its own, and be quiet.

    Sums are taken in one order, so that the same seed gives the same points.
    """
    quiet = package("botorch.exceptions.warnings").BotorchWarning
    loud = package("linear_operator.utils.warnings").NumericalWarning
    with torch.random.fork_rng(devices=[]), one_thread(), warnings.catch_warnings():
        torch.manual_seed(seed)
        for kind in (quiet, loud):
            warnings.simplefilter("ignore", kind)
        yield
