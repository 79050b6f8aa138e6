"""What is said of a small generator beside the one that it was made of."""

import numpy as np

from ingenium.core.spec import Limit
from ingenium.edge.judging import Original, quality
from ingenium.evaluate.interval_limits import MarginVerdict


def test_what_is_kept_of_nothing_is_unknown_and_holds_no_limit() -> None:
    """An original without an accepted design has no acceptance of which a share could be kept."""
    own = np.arange(64) < 16
    found = quality(own, None, Original(np.zeros(64, dtype=bool), None), seed=0)
    for sure in (False, True):
        limit = Limit("kept_acceptance", at_least=0.9, beyond_uncertainty=sure)
        assert MarginVerdict.of(found, [limit]).word == "failed"


def test_what_is_kept_is_the_ratio_of_acceptances() -> None:
    found = quality(np.arange(64) < 16, None, Original(np.arange(64) < 32, None), seed=0)
    kept = found["kept_acceptance"]
    assert kept.value == 0.5
    assert kept.low < 0.5 < kept.high
