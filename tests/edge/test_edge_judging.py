"""Values of a small generator compared with its original."""

import numpy as np

from ingenium.core.judgement import Judgement
from ingenium.core.spec import Limit
from ingenium.edge.judging import JudgedGenerator, quality

NOTHING = np.zeros((64, 0))


def judged(accepted: np.ndarray, measured: np.ndarray = NOTHING) -> JudgedGenerator:
    return JudgedGenerator(accepted, measured, None)


def test_what_is_kept_of_nothing_is_unknown_and_holds_no_limit() -> None:
    """An original without an accepted design has no acceptance that a share could refer to."""
    own = np.arange(64) < 16
    found = quality(judged(own), judged(np.zeros(64, dtype=bool)), seed=0)
    for sure in (False, True):
        limit = Limit("acceptance_ratio", at_least=0.9, beyond_uncertainty=sure)
        assert Judgement.of(found, [limit]).verdict == "failed"


def test_what_is_kept_is_the_ratio_of_acceptances() -> None:
    found = quality(judged(np.arange(64) < 16), judged(np.arange(64) < 32), seed=0)
    cached = found["acceptance_ratio"]
    assert cached.value == 0.5
    assert cached.low < 0.5 < cached.high


def test_one_good_design_again_and_again_is_apart() -> None:
    """All are accepted; only the distribution of measured values reveals it."""
    rng, held = np.random.default_rng(0), np.ones(256, dtype=bool)
    first, second = (judged(held, rng.normal(size=(256, 3))) for _ in range(2))
    one = judged(held, np.full((256, 3), 0.1))
    near, far = (quality(k, first, seed=0)["distance"] for k in (second, one))
    assert near.low == 0.0
    assert near.value < 0.15
    assert far.low > 0.3
    assert 0.5 < far.value < 0.6  # the share on the longer side of 0.1
    gone = judged(held, np.full((256, 3), np.nan))
    assert np.isnan(quality(gone, first, seed=0)["distance"].value)
