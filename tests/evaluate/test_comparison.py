"""The table, its JSON and Markdown, the figure, and the scorecard that fills it."""

import json
import math

import numpy as np
import pytest

from ingenium.comparison.markdown import markdown, number_with_interval
from ingenium.comparison.plots import comparison_figure, save_comparison
from ingenium.comparison.scores import Comparison
from ingenium.core.errors import InputError
from ingenium.evaluate.intervals import Interval, t_interval
from ingenium.scores.metrics import METRICS, Metric
from ingenium.scores.scorecard import CardSettings, scorecard


@pytest.fixture(scope="module")
def comparison():
    rng = np.random.default_rng(0)
    day = 10 * rng.random(28)  # some days are hard for all
    table = Comparison(groups=tuple((np.arange(28) // 7).tolist()), baselines=("random",))
    for family, error, cover, width in (("flow", 1.0, 0.91, 0.7), ("random", 1.5, 0.99, 0.7)):
        for seed in range(5):
            card = {
                "crps": day + error + 0.1 * rng.normal(size=28),
                "coverage_90": cover + 0.01 * rng.normal(size=28),
                "width_90": width + 0.01 * rng.normal(size=28),
                "classifier_auc": 0.4 + error / 10 + 0.01 * rng.normal(),
                "vendi_ratio": math.nan if family == "random" else 1.0,
            }
            table = table.add(family, seed, card)
    return table


def test_best_follows_the_direction_of_each_metric(comparison):
    assert comparison.best(METRICS["crps"]) == "flow"
    assert comparison.best(METRICS["coverage_90"]) == "flow"  # 0.91, though 0.99 is higher
    high = Metric("crps", "as if higher were better", "higher")
    assert comparison.best(high) == "random"
    assert [METRICS["coverage_90"].loss(x) for x in (0.9, 0.8)] == pytest.approx([0.0, 0.1])


def test_ties_are_paired(comparison):
    # Unpaired intervals of the scores overlap widely; by pairs the difference is clear.
    assert comparison.interval("flow", "crps").high > comparison.interval("random", "crps").low
    assert comparison.tied(METRICS["crps"]) == ("flow",)
    assert set(comparison.tied(METRICS["width_90"])) == {"flow", "random"}
    assert comparison.tied(METRICS["classifier_auc"]) == ("random",) or comparison.tied(
        METRICS["classifier_auc"]
    ) == ("flow",)


def test_paired_names_the_difference_and_the_seeds_won(comparison):
    found = comparison.paired("flow", "random", "crps")
    assert found.difference.holds(-0.5)
    assert found.difference.high < 0
    assert (found.seeds_won, found.seeds) == (1.0, 5)


def test_one_number_a_seed_has_students_interval(comparison):
    values = comparison.values("flow", "classifier_auc")
    assert values.shape == (5, 1)
    assert comparison.interval("flow", "classifier_auc") == t_interval(values[:, 0])


def test_a_baseline_run_once_stands_against_every_seed(comparison):
    once = comparison.add("persistence", 0, {"crps": np.full(28, 9.0)})
    assert once.paired("flow", "persistence", "crps").seeds == 5
    twice = once.add("persistence", 9, {"crps": np.full(28, 9.0)})
    assert twice.paired("flow", "persistence", "crps").seeds == 1


def test_json_round_trip_keeps_everything(comparison):
    text = comparison.to_json()
    back = Comparison.from_json(text)
    assert back.to_json() == text
    assert "NaN" not in text
    assert back.metrics == comparison.metrics
    assert back.summary().equals(comparison.summary())
    assert math.isnan(
        next(e for e in back.entries if e.metric == "vendi_ratio" and e.family == "random").values[
            0
        ]
    )


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"groups": 3}'])
def test_foreign_json_is_refused(text):
    with pytest.raises(InputError, match="to_json"):
        Comparison.from_json(text)
    assert json.loads(Comparison().to_json())["entries"] == []


def test_frame_is_tidy(comparison):
    frame = comparison.frame()
    assert list(frame.columns) == ["family", "seed", "metric", "value"]
    assert len(frame) == 2 * 5 * 5
    row = frame.query("family == 'flow' and seed == 3 and metric == 'crps'")
    assert row["value"].item() == pytest.approx(comparison.values("flow", "crps")[3].mean())


def test_markdown_marks_best_and_ties(comparison):
    text = markdown(comparison)
    flow, random = (
        next(x for x in text.splitlines() if x.startswith(f"| {n}"))
        for n in ("flow", "random (baseline)")
    )
    assert flow.split("|")[2].strip().startswith("**")
    assert not random.split("|")[2].strip().startswith("**")
    width = 4
    assert "≈" in flow.split("|")[width] + random.split("|")[width]
    assert "n/a" in text
    assert "95 % interval" in text


def test_numbers_keep_the_digits_that_mean_something():
    assert number_with_interval(Interval(12.3456, 11.9, 12.8)) == "12.35 [11.90, 12.80]"
    assert number_with_interval(Interval(1234.5, 1100.0, 1400.0)) == "1234 [1100, 1400]"
    assert number_with_interval(Interval(0.25, math.nan, math.nan)) == "0.25"
    assert number_with_interval(Interval(0.0, 0.0, 0.0)) == "0 [0, 0]"


@pytest.mark.parametrize(
    ("seed", "card", "message"),
    [
        (0, {"crps": 1.0}, "already"),
        (9, {"crps": np.zeros(3)}, "28"),
        (9, {"crps": np.full(28, np.nan)}, "finite"),
        (9, {"beauty": 1.0}, "beauty"),
    ],
)
def test_wrong_cards_are_explained(comparison, seed, card, message):
    with pytest.raises(InputError, match="in yet" if message == "already" else message):
        comparison.add("flow", seed, card)


def test_the_figure_shows_each_family_at_its_mean(comparison, tmp_path):
    figure = comparison_figure(comparison)
    panel = figure.axes[0]
    assert panel.get_title(loc="left") == "CRPS"
    assert [label.get_text() for label in panel.get_yticklabels()] == ["random", "flow"]
    dots = [line.get_xdata() for line in panel.lines if line.get_marker() in ("o", "D", "s")]
    means = [comparison.values(f, "crps").mean() for f in ("random", "flow")]
    assert [float(x[0]) for x in dots if len(x)] == pytest.approx(means)
    save_comparison(comparison, tmp_path / "comparison.png", dpi=50)
    assert (tmp_path / "comparison.png").read_bytes()[1:4] == b"PNG"
    with pytest.raises(InputError, match="empty"):
        comparison_figure(Comparison())


SMALL = CardSettings(pairs=200, matched=2, pooled=5)


@pytest.mark.parametrize("shape", [(3,), (1,), (2, 16), (1, 2)])
def test_scorecard_of_the_truth_fits_the_table(shape):
    rng = np.random.default_rng(1)
    n, m = 24, 30
    week = np.arange(n) // 6

    def draw(*lead):
        return rng.normal(size=(*lead, *shape)).cumsum(-1)

    card = scorecard(draw(n), draw(m, n), draw(60), draw(60), rng, groups=week, settings=SMALL)
    assert set(card) <= set(METRICS)
    assert np.shape(card["crps"]) == (n,)
    assert np.mean(card["coverage_90"]) == pytest.approx(0.9, abs=0.15)
    assert card["duplicates"] == 0.0
    table = Comparison(groups=tuple(week.tolist())).add("truth", 0, card)
    assert all(math.isfinite(v) for entry in table.entries for v in entry.values)


def test_scorecard_tells_a_poor_family_from_a_good_one():
    rng = np.random.default_rng(2)
    level = rng.normal(size=(40, 2, 1))

    def day(*lead):
        return rng.normal(size=(*lead, 40, 2, 24)) * 0.3 + level

    training, real = day(), day()
    good = scorecard(real, day(30), day(), training, rng, settings=SMALL)
    poor = rng.permuted(day(30), axis=1)  # every cell from another day
    bad = scorecard(real, poor, training, training, rng, settings=SMALL)
    for name in ("energy_score", "variogram_score", "crps", "pinball", "width_90"):
        assert np.mean(good[name]) < np.mean(bad[name]), name
    assert bad["classifier_auc"] > 0.9 > good["classifier_auc"]
    assert bad["autocorrelation_distance"] > 5 * good["autocorrelation_distance"]
    assert (bad["duplicates"], bad["copy_ratio"]) == (40.0, 0.0)


def test_scorecard_refuses_what_does_not_fit():
    rng = np.random.default_rng(3)
    with pytest.raises(InputError, match="one shape"):
        scorecard(np.zeros((4, 2)), np.zeros((3, 4, 2)), np.ones((5, 3)), np.ones((5, 2)), rng)
    with pytest.raises(InputError, match="pairs"):
        CardSettings(pairs=0)
