"""Tables and pictures of the contest of strategies from the searches that were run through."""

import torch

from benchmarks.strategies import CONTESTS, compete


def run() -> None:
    """All domains, without any search."""
    torch.set_num_threads(1)
    for contest in CONTESTS:
        compete(contest, search=False)
