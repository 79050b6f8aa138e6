"""Families against closed forms and other libraries, and each as a file."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.ensemble import IsolationForest as Sklearn
from synthetic import week, weeks

from ingenium.core.errors import InputError
from ingenium.monitor import exported
from ingenium.monitor.augment import ARMS, augmented
from ingenium.monitor.evasion import SensorReach, evaded
from ingenium.monitor.families import table
from ingenium.monitor.families.charts import CUSUM, PCA
from ingenium.monitor.families.detector import WindowExamples
from ingenium.monitor.families.forest import ROWS, TREES, IsolationForest
from ingenium.monitor.stream import windows
from ingenium.monitor.training_sets import event_windows, normal_windows
from ingenium.train.plan import Plan

SHORT = Plan(steps=60, batch=32, learning_rate=3e-3, ema_decay=0.9, check_every=30)


def examples(length: int) -> WindowExamples:
    own = weeks(6)
    return WindowExamples(normal_windows(own, length, 24, 0), event_windows(own, length), SHORT)


@pytest.mark.parametrize("name", table.FAMILIES)
def test_each_tells_a_jump_and_is_the_same_as_a_file(name: str, tmp_path: Path) -> None:
    detector = table.build(name, 4, window=None, seed=0)
    detector.fit(examples(detector.window))
    detector.eval()
    exported.write(detector, tmp_path / "monitor.onnx")
    file = exported.Exported(tmp_path / "monitor.onnx")
    assert file.window == detector.window
    new = week(21, attacked=True)
    score = file.stream(new)
    assert np.isnan(score[: detector.window - 1]).all()
    with torch.no_grad():
        rows = np.arange(detector.window - 1, len(score))
        x = torch.from_numpy(windows(new.values, rows, detector.window))
        own = detector(x).numpy()
    np.testing.assert_allclose(score[rows], own, rtol=1e-4, atol=1e-4)
    late = score[new.events[0].first + 12 : new.events[0].last + 1]
    assert np.median(late) > np.nanquantile(score[: new.events[0].first], 0.9), name


def test_pca_has_the_statistics_of_the_textbook() -> None:
    """T² = x' P L⁻¹ P' x and the squared residual, from the covariance by numpy."""
    own = examples(1)
    detector = PCA(4, 1, components=2)
    detector.fit(own)
    x = ((own.normal[:, 0] - detector.mean) / detector.scale).double().numpy()
    value, vector = np.linalg.eigh(np.cov(x.T, ddof=1, bias=False))
    p, spread = vector[:, ::-1][:, :2], value[::-1][:2]
    t2, error = detector.statistics(torch.from_numpy(x[:, None]).float())
    np.testing.assert_allclose(t2, ((x @ p) ** 2 / spread).sum(1), rtol=1e-2, atol=1e-3)
    np.testing.assert_allclose(error, ((x - x @ p @ p.T) ** 2).sum(1), rtol=1e-3, atol=1e-4)


def test_the_forest_is_that_of_scikit_learn() -> None:
    own = examples(1)
    detector = IsolationForest(4, 1)
    detector.fit(own)
    rows = ((own.normal[:, 0] - detector.mean) / detector.scale).numpy()
    theirs = Sklearn(n_estimators=TREES, max_samples=min(ROWS, len(rows)), random_state=0).fit(rows)
    with torch.no_grad():
        found = detector(own.normal).numpy()
    np.testing.assert_allclose(found, -theirs.score_samples(rows), rtol=2e-3, atol=2e-3)


def test_cusum_is_the_recursion() -> None:
    x = torch.randn(1, 24, 1, generator=torch.Generator().manual_seed(2))
    up = down = 0.0
    for value in x[0, :, 0].tolist():
        up, down = max(0.0, up + value - 0.5), max(0.0, down - value - 0.5)
    assert float(CUSUM(1, 24).score(x)) == pytest.approx(max(up, down), abs=1e-5)


@pytest.mark.parametrize("arm", ARMS)
def test_arms_make_windows_like_the_few(arm: str) -> None:
    few = examples(8).events[:60]
    made = augmented(arm, few, 40, seed=1, steps=10)
    if arm == "none":
        assert len(made) == 0
        return
    assert tuple(made.shape) == (40, 8, 4)
    assert bool(made.isfinite().all())
    assert float((made - few.mean((0, 1))).abs().max()) < 12.0
    if arm == "oversampling":
        assert bool((made >= few.amin(0) - 1e-5).all())
        assert bool((made <= few.amax(0) + 1e-5).all())
        assert torch.equal(made, augmented(arm, few, 40, seed=1))
    if arm == "blocks":
        for row in range(8):  # each as it was in some window, at its own place
            same = (made[:, row, None] == few[None, :, row]).all(-1)
            assert bool(same.any(1).all())


@pytest.mark.slow
def test_timegan_learns_how_rows_follow_each_other() -> None:
    """Oscillations of a random phase: generated ones oscillate as well, unlike independent rows."""
    rng = torch.Generator().manual_seed(0)
    phase = 6.28 * torch.rand(400, 1, 1, generator=rng)
    real = torch.sin(torch.arange(8.0)[None, :, None] * 0.6 + phase + torch.tensor([0.0, 1.6]))

    def memory(x: torch.Tensor) -> float:
        return float(torch.corrcoef(torch.stack([x[:, 1:, 0].ravel(), x[:, :-1, 0].ravel()]))[0, 1])

    made = augmented("timegan", real, 300, seed=0, steps=200)
    assert memory(real) > 0.8
    assert memory(made) > 0.6
    assert 0.7 < float(made.std() / real.std()) < 1.3
    assert float((made.mean((0, 1)) - real.mean((0, 1))).abs().max()) < 0.2


def test_an_attacker_stays_within_reach_and_lowers_the_score() -> None:
    own = examples(24)
    detector = table.build("lstm", 4, window=None, seed=0)
    detector.fit(own)
    reach = SensorReach.of(own.normal)
    moved = evaded(detector.eval(), own.events, reach)
    change = (moved - own.events).abs()
    assert bool((change <= reach.spreads * detector.scale * (1 + 1e-4)).all())
    with torch.no_grad():
        assert float(detector(moved).mean()) < float(detector(own.events).mean()) - 0.1


def test_unknown_names_are_refused() -> None:
    with pytest.raises(InputError, match="family of monitors"):
        table.build("oracle", 4, window=None, seed=0)
    assert table.plan("lstm", steps=7, seed=3) == replace(table.BUDGET, steps=7, seed=3)
