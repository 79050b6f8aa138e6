"""Tables and pictures of the comparison of strategies from cached searches."""

import torch

from benchmarks.strategies import COMPARISONS, compete


def run() -> None:
    """Write those of all domains, without any search."""
    torch.set_num_threads(1)
    for comparison in COMPARISONS:
        compete(comparison, search=False)
