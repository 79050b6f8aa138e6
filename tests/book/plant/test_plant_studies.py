"""Studies of the plant on planted readings, and on streams whose correlations are known."""

from pathlib import Path

import numpy as np
import pytest
import torch

from ingenium.core.errors import InputError
from ingenium.evaluate.measured import Value
from ingenium.evaluate.trials import Readings
from ingenium_book.checks.plant.scorecard import AXES
from ingenium_book.studies.plant import (
    batadal,
    classified_attacks,
    epochs_to_learn,
    oversampled_attacks,
    synthetic_streams,
)


def planted(arms: object, values: dict[str, dict[str, list]]) -> Readings:  # type: ignore[type-arg]
    """Pieces by arm: a list a name, a value a seed."""
    seeds = len(next(iter(next(iter(values.values())).values())))
    pieces = {
        arm: [{k: v[i] for k, v in own.items()} for i in range(seeds)]
        for arm, own in values.items()
    }
    return Readings(tuple(range(seeds)), pieces)


def test_gains_of_oversampling_are_differences_on_the_same_seeds() -> None:
    base: dict[str, list] = {"auc": [0.8, 0.9], "missed": [0.2, 0.1]}  # type: ignore[type-arg]
    base |= {"missed_unseen": [0.5, 0.4], "false_alarms": [1.0, 2.0]}
    base |= {"losses": [[0.3, 0.2], [0.3, 0.2]], "membership": [0.5, 0.6]}
    values = dict.fromkeys(oversampled_attacks.ARMS, base)
    values["diffusion"] = base | {"auc": [0.85, 0.92]}
    found = oversampled_attacks.read(planted(oversampled_attacks.ARMS, values))
    np.testing.assert_allclose(np.asarray(found["gain_over_none"]), [0.05, 0.02])
    np.testing.assert_allclose(np.asarray(found["membership_gan"]), [0.5, 0.6])
    np.testing.assert_allclose(np.asarray(found["false_alarms_lstm"]), [1.0, 2.0])


def test_steps_are_compared_at_an_accuracy_that_both_arms_reach() -> None:
    trajectories = {
        "none": [[0.5, 0.6, 0.6, 0.7], [0.5, 0.5, 0.6, 0.7]],  # reaches 0.70 with its last look
        "gan": [[0.5, 0.5, 0.5, 0.5], [0.4, 0.5, 0.5, 0.5]],
        "diffusion": [[0.5, 0.75, 0.95, 0.9], [0.6, 0.7, 0.8, 0.8]],
    }
    values = {arm: {"course": course} for arm, course in trajectories.items()}
    found = epochs_to_learn.read(planted(epochs_to_learn.ARMS, values))
    half = found["steps_by_none"]
    assert isinstance(half, Value)
    assert half.interval.value == pytest.approx(0.5)
    np.testing.assert_allclose(np.asarray(found["steps_none"]), [80, 80])
    np.testing.assert_allclose(np.asarray(found["steps_gan"]), [20, 40])
    np.testing.assert_allclose(np.asarray(found["steps_diffusion_to_gan"]), [20, 20])
    reached = found["enough_diffusion"]
    assert isinstance(reached, Value)
    assert reached.interval.value == 0.5


def test_errors_of_made_streams_are_compared_by_their_ratio() -> None:
    names = ("acf_error", "cross_error", "acf_floor", "cross_floor", "auc_made", "auc_real")
    values = {arm: {n: [0.2, 0.4] for n in names} for arm in synthetic_streams.ARMS}
    values["timegan"] = {n: [0.1, 0.2] for n in names}
    found = synthetic_streams.read(planted(synthetic_streams.ARMS, values))
    gain = found["acf_error_by_gan"]
    assert isinstance(gain, Value)
    assert gain.interval.value == pytest.approx(0.5)


def test_correlations_of_known_streams() -> None:
    """An autoregression has its factor as correlation, and a doubled tag correlates fully."""
    rng = torch.Generator().manual_seed(0)
    x = torch.randn(400, 24, 2, generator=rng)
    for i in range(1, 24):
        x[:, i] = 0.8 * x[:, i - 1] + 0.6 * x[:, i]
    found = synthetic_streams.autocorrelation(x)
    assert found[0] == pytest.approx(0.8, abs=0.03)
    assert found[3] == pytest.approx(0.8**4, abs=0.05)
    both = torch.cat([x, -2 * x[..., :1]], 2)
    assert synthetic_streams.between(both)[0, 2] == pytest.approx(-1.0)


def test_gains_in_accuracy() -> None:
    names = (*classified_attacks.NAMES, "calm", "chance")
    more: dict[str, list] = {"delay": [[3, 50], [4, 50]], "losses": [[0.3, 0.2], [0.3, 0.2]]}  # type: ignore[type-arg]
    values = {arm: {n: [0.9, 0.8] for n in names} | more for arm in classified_attacks.ARMS}
    values["diffusion"] = values["diffusion"] | {n: [0.95, 0.9] for n in classified_attacks.NAMES}
    found = classified_attacks.read(planted(classified_attacks.ARMS, values))
    np.testing.assert_allclose(np.asarray(found["accuracy_gain"]), [0.05, 0.1])
    np.testing.assert_allclose(np.asarray(found["delay_none_1"]), [3, 4])
    np.testing.assert_allclose(np.asarray(found["loss_full_none"]), [0.2, 0.2])


def test_the_scorecard_reads_values_that_studies_keep() -> None:
    own = {"auc": [0.8], "missed": [0.2], "missed_unseen": [0.5], "false_alarms": [2.0]}
    own |= {"losses": [[0.3, 0.2]], "membership": [0.5]}
    reported = {n: [0.9] for n in (*classified_attacks.NAMES, "calm", "chance")}
    reported |= {"delay": [[3]], "losses": [[0.3, 0.2]]}
    retained = {
        "22.2": oversampled_attacks.read(
            planted(oversampled_attacks.ARMS, dict.fromkeys(oversampled_attacks.ARMS, own))
        ),
        "22.6": classified_attacks.read(
            planted(classified_attacks.ARMS, dict.fromkeys(classified_attacks.ARMS, reported))
        ),
    }
    for axis in AXES:
        assert set(axis.values) <= set(retained.get(axis.row, axis.values)), axis.use
    by_use = {axis.use: axis for axis in AXES}

    def scores(use: str, *values: float) -> dict[str, float]:
        names = [name for name in by_use[use].values if name]
        reported = zip(names, values, strict=True)
        return by_use[use].scores({name: {"interval": {"value": x}} for name, x in reported})

    assert scores("energy", 0.5, 0.4) == pytest.approx({"classical": 0.8, "generative": 1.0})
    assert scores("false alarms", 2.0, 0.5, 0.0)["classical"] == 0.5
    assert scores("false alarms", 2.0, 0.5, 0.0)["generative"] == 1.0


def test_each_attack_of_batadal_judges_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(batadal.PLACE, raising=False)
    with pytest.raises(InputError, match=r"batadal\.net, got nothing"):
        batadal.records()
    monkeypatch.setenv(batadal.PLACE, str(tmp_path))
    with pytest.raises(InputError, match=f"no {batadal.CALM}"):
        batadal.records()
    hours = np.arange(168 * 20)
    for name, attacks in ((batadal.CALM, 0), (batadal.ATTACKED, 7)):
        flag = np.zeros(len(hours), dtype=int)
        for i in range(attacks):
            flag[400 * i + 200 : 400 * i + 230] = 1
        stamps = np.datetime64("2016-01-01T00", "s") + hours * np.timedelta64(3600, "s")
        lines = [f"{s},{h % 24},{f}" for s, h, f in zip(stamps, hours, flag, strict=True)]
        (tmp_path / name).write_text("\n".join(["DATETIME,L_T1,ATT_FLAG", *lines]))
    own = batadal.folds()
    judged = [str(s.stamps[e.first]) for turn in own for s in turn.judging for e in s.events]
    assert len(judged) == len(set(judged)) == 7
    for turn in own:
        parts = [{s.name for s in p} for p in (turn.learned, turn.setting, turn.judging)]
        assert not parts[0] & parts[1]
        assert not (parts[0] | parts[1]) & parts[2]
        assert sum(len(s.events) for p in (turn.learned, turn.setting) for s in p) == 7 - sum(
            len(s.events) for s in turn.judging
        )
