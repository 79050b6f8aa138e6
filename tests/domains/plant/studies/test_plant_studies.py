"""Studies of the plant on planted readings, and on streams whose correlations are known."""

import numpy as np
import pytest
import torch

from ingenium.domains.plant.studies import (
    epochs_to_learn,
    made_streams,
    oversampled_attacks,
    told_attacks,
)
from ingenium.evaluate.measured import Value
from ingenium.evaluate.trials import Readings


def planted(arms: object, values: dict[str, dict[str, list[float]]]) -> Readings:
    """Pieces by arm: a list a name, a value a seed."""
    seeds = len(next(iter(next(iter(values.values())).values())))
    pieces = {
        arm: [{k: v[i] for k, v in own.items()} for i in range(seeds)]
        for arm, own in values.items()
    }
    return Readings(tuple(range(seeds)), pieces)


def test_gains_of_oversampling_are_differences_on_the_same_seeds() -> None:
    base = {"auc": [0.8, 0.9], "missed": [0.2, 0.1], "missed_unseen": [0.5, 0.4]}
    values = dict.fromkeys(oversampled_attacks.ARMS, base)
    values["diffusion"] = base | {"auc": [0.85, 0.92]}
    found = oversampled_attacks.read(planted(oversampled_attacks.ARMS, values))
    np.testing.assert_allclose(np.asarray(found["gain_over_none"]), [0.05, 0.02])


def test_steps_are_compared_by_their_ratio() -> None:
    values = {
        arm: {"steps": [steps, 2 * steps], "best": [0.9, 0.95]}
        for arm, steps in (("none", 400.0), ("gan", 300.0), ("diffusion", 200.0))
    }
    found = epochs_to_learn.read(planted(epochs_to_learn.ARMS, values))
    half = found["steps_by_none"]
    assert isinstance(half, Value)
    assert half.interval.value == pytest.approx(0.5)


def test_errors_of_made_streams_are_compared_by_their_ratio() -> None:
    names = ("acf_error", "cross_error", "auc_made", "auc_real")
    values = {arm: {n: [0.2, 0.4] for n in names} for arm in made_streams.ARMS}
    values["latent_gan"] = {n: [0.1, 0.2] for n in names}
    found = made_streams.read(planted(made_streams.ARMS, values))
    gain = found["acf_error_by_gan"]
    assert isinstance(gain, Value)
    assert gain.interval.value == pytest.approx(0.5)


def test_correlations_of_known_streams() -> None:
    """An autoregression remembers by its factor, and a doubled tag goes along."""
    rng = torch.Generator().manual_seed(0)
    x = torch.randn(400, 24, 2, generator=rng)
    for i in range(1, 24):
        x[:, i] = 0.8 * x[:, i - 1] + 0.6 * x[:, i]
    found = made_streams.autocorrelation(x)
    assert found[0] == pytest.approx(0.8, abs=0.03)
    assert found[3] == pytest.approx(0.8**4, abs=0.05)
    both = torch.cat([x, -2 * x[..., :1]], 2)
    assert made_streams.between(both)[0, 2] == pytest.approx(-1.0)


def test_gains_in_accuracy() -> None:
    names = ("s", "s_time_to_detection", "s_classification", "accuracy")
    values = {arm: {n: [0.9, 0.8] for n in names} for arm in told_attacks.ARMS}
    values["diffusion"] = {n: [0.95, 0.9] for n in names}
    found = told_attacks.read(planted(told_attacks.ARMS, values))
    np.testing.assert_allclose(np.asarray(found["accuracy_gain"]), [0.05, 0.1])
