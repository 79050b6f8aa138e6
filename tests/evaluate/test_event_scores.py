"""Scores of alarms against answers by hand and scikit-learn."""

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from ingenium.evaluate import event_scores


def some(rows: int = 200) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    label = np.zeros(rows, dtype=bool)
    label[60:80] = True
    return label, rng.random(rows) + 0.4 * label


def test_area_is_that_of_scikit_learn_also_with_ties() -> None:
    label, score = some()
    assert event_scores.auc(label, score) == pytest.approx(roc_auc_score(label, score))
    tied = np.round(score, 1)
    assert event_scores.auc(label, tied) == pytest.approx(roc_auc_score(label, tied))


def test_without_a_border_the_volume_is_average_precision() -> None:
    label, score = some()
    found = event_scores.vus_pr(label, score, 0)
    assert found == pytest.approx(average_precision_score(label, score), abs=1e-12)


def test_a_perfect_score_fills_the_volume_and_chance_does_not() -> None:
    label, _ = some(240)
    assert event_scores.vus_pr(label, event_scores.softened(label, 8), 8) > 0.9
    assert event_scores.vus_pr(label, np.random.default_rng(1).random(240), 8) < 0.25


def test_half_of_the_events_leave_half_of_the_recall() -> None:
    """One of two equal events is never detected: recall of rows 1/2, and existence 1/2."""
    label = np.zeros(100, dtype=bool)
    label[10:20] = label[60:70] = True
    score = np.where(np.arange(100) < 50, label, 0).astype(float)
    found = event_scores._range_pr(label, score + 1e-6 * np.arange(100)[::-1], 0)
    assert found < 0.55


def test_affiliation_of_what_is_known() -> None:
    alarm = np.zeros(101, dtype=bool)
    alarm[45:56] = True
    assert event_scores.affiliation(alarm, [(45, 55)]) == ([1.0], [1.0])
    far = np.zeros(101, dtype=bool)
    far[0] = True
    precision, recall = event_scores.affiliation(far, [(45, 55)])
    # of 101 rows 2 lie as far from the event as row 0, which is the furthest
    assert precision == [pytest.approx(2 / 101)]
    assert recall[0] < 0.2
    assert event_scores.affiliation(np.zeros(101, dtype=bool), [(45, 55)]) == ([], [0.0])


def test_zones_belong_to_the_nearest_event() -> None:
    alarm = np.zeros(100, dtype=bool)
    alarm[20] = True
    precision, recall = event_scores.affiliation(alarm, [(18, 22), (80, 84)])
    assert precision == [1.0]
    assert recall[1] == 0.0


def test_the_ranking_score_by_hand() -> None:
    """One event of ten rows detected at its fifth, one missed, and one false row of eighty."""
    label = np.zeros(100, dtype=bool)
    label[10:20] = label[50:60] = True
    alarm = np.zeros(100, dtype=bool)
    alarm[14:20] = alarm[90] = True
    found = event_scores.ranking(label, alarm)
    assert found["s_time_to_detection"] == pytest.approx(1 - (0.4 + 1.0) / 2)
    assert found["s_classification"] == pytest.approx((6 / 20 + 79 / 80) / 2)
    assert found["accuracy"] == pytest.approx(0.85)
    everything = event_scores.ranking(label, np.ones(100, dtype=bool))
    assert everything["s"] == pytest.approx((1 + 0.5) / 2)


def test_point_adjustment_flatters_chance() -> None:
    label = np.zeros(2000, dtype=bool)
    for first in range(100, 2000, 400):
        label[first : first + 100] = True
    score = np.random.default_rng(0).random(2000)
    assert event_scores.point_adjusted_f1(label, score) > 0.8
    assert abs(event_scores.auc(label, score) - 0.5) < 0.05
