"""The study of explanations and intervals in small: truths are recovered, and scores are right."""

import numpy as np
import pytest

from ingenium.domains.molecules.studies import planted_motifs as planting
from ingenium.domains.molecules.studies.covered_solubility import (
    Solubilities,
    coverage,
    shifts,
)
from ingenium.kits.chemistry.parsing import parsed, pattern
from ingenium.trust.conformal import bound

NITRILES = tuple(map(parsed, ("N#Cc1ccc(CCO)cc1", "CC(=O)NCC#N", "N#CCCN1CCOCC1")))


def test_auroc_of_known_numbers() -> None:
    inside = np.array([True, True, False, False])
    assert planting.auroc(np.array([4.0, 3.0, 2.0, 1.0]), inside) == 1
    assert planting.auroc(np.array([1.0, 4.0, 2.0, 3.0]), inside) == 0.5
    assert planting.auroc(np.ones(4), inside) == 0.5


def test_a_model_that_is_the_truth_is_explained_wholly() -> None:
    motif = pattern("C#N", "a motif")
    case = planting.Planted(motif, (), np.empty(0), NITRILES, (parsed("CCO"),))
    truth = planting.by_shares(
        lambda mols: np.array([2.0 * m.HasSubstructMatch(motif) for m in mols]), 0.0
    )
    rng = np.random.default_rng(0)
    for score in (truth, planting.spread(truth)):
        assert planting.recovery(case, score, rng) == {"area": 1.0, "top": 1.0}
    assert planting.told(case.present, truth) == 1
    assert planting.told(case.absent, truth) == 0


def test_kernel_ridge_learns_what_is_planted() -> None:
    case = planting.planted("furan", 5, np.random.default_rng(0))
    predict, _ = planting.kernel_ridge(case.mols, case.value)
    assert planting.learned(case, predict) > planting.EFFECT / 2


def test_quantile_of_a_calibration_set() -> None:
    wrong = np.arange(1.0, 20.0)  # 19, so that with one more there are 20
    assert [bound(wrong, level) for level in (0.8, 0.9, 0.95)] == [16, 18, 19]
    assert bound(wrong[:8], 0.9) == np.inf


def test_intervals_and_flags_of_one_truth() -> None:
    """Noise that grows with the descriptors, which intervals of one width cannot follow."""
    rng = np.random.default_rng(1)
    x = rng.normal(size=(600, 3))
    y = x[:, 0] + 0.2 * rng.normal(size=600)
    whole = Solubilities(x, y, rng.integers(0, 60, 600))
    rows = [coverage(whole, rng) for _ in range(3)]
    kinds = ("in deviations", "of one width", "by weight")
    for kind in kinds:
        assert np.mean([r[f"coverage 90% {kind}"] for r in rows]) == pytest.approx(0.9, abs=0.06)
    found = shifts(whole, rng)
    assert found["flagged molecules, like the others, not heavier"] < 0.12
    assert (
        found["flagged batches, heavier"] > found["flagged batches, like the others, not heavier"]
    )
