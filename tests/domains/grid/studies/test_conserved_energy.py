"""Energies held in generation, on days whose truth is known."""

import math

import numpy as np
import pytest
import torch
from ingenium.studies.rules import Outcome, Status, decide, outcomes

from ingenium.core.designs import to_arrays
from ingenium.core.problem import Problem
from ingenium.domains.grid.feeder_day import FeederDay
from ingenium.domains.grid.studies import conserved_energy
from ingenium.domains.grid.studies.conserved_energy import ENERGIES, NIGHT, STUDY, Asked
from ingenium.domains.grid.studies.day_ahead import Work
from ingenium.domains.grid.studies.solved_runs import of_kind
from ingenium.loop import silent
from ingenium.studies.study import Budget

HOURS = 0.25  # of a step


@pytest.fixture(scope="module")
def asked(rural_days: Problem) -> Asked:
    assert isinstance(rural_days, FeederDay)
    return Asked.of(rural_days)


@pytest.fixture(scope="module")
def real(asked: Asked) -> tuple[torch.Tensor, ...]:
    return tuple(a.repeat(2, 1, 1) for a in to_arrays(asked.held, asked.problem.variables))


def test_what_is_asked_is_the_energy_of_all_elements(asked, real):
    profiles, n = asked.problem.feeder.verifier.profiles, len(asked.week)
    for name, array, mw in (
        ("load_energy", real[0], profiles.load_p_mw),
        ("infeed_energy", real[2], profiles.infeed_p_mw),
    ):
        mwh = sum(array[:n, i].sum(1) * HOURS * mw[i].sum() for i in range(array.shape[1]))
        np.testing.assert_allclose(asked.energy[name], 1000 * mwh.numpy(), rtol=1e-9)


def test_real_nights_are_dark_and_real_days_break_nothing(asked, real):
    known = asked.problem.data()["infeed_p"].to_numpy()
    assert known[:, of_kind(asked.problem, "solar")][..., NIGHT].max() == 0
    for arrays in asked.variants(real).values():
        rows = asked.judged(arrays)
        for what in ("load_residual_worst", "infeed_residual_worst"):
            assert rows[what].max() < 1e-12
        for what in ("crps", "energy_score"):
            assert rows[what].max() < 1e-6
        assert rows["negative_load"].max() == rows["night_pv"].max() == 0
        assert rows["balance"].max() < 1e-6


def test_days_of_half_the_power_are_off_by_half_until_they_are_held(asked, real):
    found = asked.variants((real[0] / 2, real[1], real[2] / 2))
    rows = {name: asked.judged(arrays) for name, arrays in found.items()}
    for side, energy in ENERGIES.items():
        half = asked.energy[energy] / asked.energy[energy].mean() / 2
        for name in ("unconstrained", "bounded"):
            np.testing.assert_allclose(rows[name][f"{side}_residual"], half, rtol=1e-9)
        for name in ("scaled", "projected"):
            assert rows[name][f"{side}_residual_worst"].max() < 1e-9
    assert rows["scaled"]["crps"].max() < 1e-9  # the real days again
    assert rows["projected"]["crps"].min() > 1e-3


def test_broken_physics_is_counted_and_mended(asked, real):
    load = real[0].clone()
    load[: len(asked.week), 0, :24] = -0.1  # one profile of one round, a quarter of the day
    found = asked.variants((load, real[1], real[2] + 0.01))
    free, held = (asked.judged(found[name]) for name in ("unconstrained", "projected"))
    np.testing.assert_allclose(free["negative_load"], 100 / 2 / load.shape[1] / 4)
    np.testing.assert_allclose(free["night_pv"], 1.0)  # % of rated power
    assert held["negative_load"].max() == held["night_pv"].max() == 0
    assert max(held[f"{side}_residual_worst"].max() for side in ENERGIES) < 1e-9


@pytest.mark.slow
def test_the_half_that_is_not_tested_stays_open(asked, tmp_path, monkeypatch):
    monkeypatch.setattr(conserved_energy, "QUICK", Work(steps=3, members=2))
    found = conserved_energy.measure_energies(asked, Budget((0,), True, tmp_path), silent)
    assert math.isnan(found.values["calibration"].value)
    assert outcomes(STUDY.parts, found.values)["calibration"] is Outcome.OPEN
    assert decide(STUDY.parts, found.values) is Status.PARTLY
