"""Voltages of days with wrong infeed forecasts: scenarios, their share, and their run."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import ingenium
from ingenium.core.designs import DESIGN, to_arrays
from ingenium.core.errors import InputError
from ingenium.core.scenarios import Sampled
from ingenium.core.spec import Spec, load, parse
from ingenium.domains import open_problem
from ingenium.domains.grid.feeder.feeder_day import FeederDay
from ingenium.domains.grid.feeder.forecast import InfeedScenarios
from ingenium.trust.ledger import open_ledger

EXAMPLE = Path(__file__).parents[3] / "examples" / "grid" / "forecast_error.toml"


@pytest.fixture(scope="module")
def problem() -> FeederDay:
    opened = open_problem(load(EXAMPLE))
    assert isinstance(opened, FeederDay)
    return opened


@pytest.fixture(scope="module")
def samples(problem: FeederDay) -> InfeedScenarios:
    assert isinstance(problem.verifier, Sampled)
    assert isinstance(problem.verifier.samples, InfeedScenarios)
    return problem.verifier.samples


def test_errors_have_the_mean_and_the_deviation_that_was_asked(samples: InfeedScenarios) -> None:
    factor = samples.factors(range(4000), 96).numpy()
    assert factor.mean() == pytest.approx(1.0, abs=0.01)
    assert factor.std(0) == pytest.approx(0.3, abs=0.03)
    log = np.log(factor)
    after = [np.corrcoef(log[:, 20], log[:, 20 + k])[0, 1] for k in (0, 4, 16)]
    assert after == pytest.approx([1.0, np.exp(-1 / 4), np.exp(-1.0)], abs=0.05)
    assert torch.equal(samples.factors(range(7, 9), 96), samples.factors(range(20), 96)[7:9])


def test_the_share_is_that_of_days_solved_one_by_one(
    problem: FeederDay, samples: InfeedScenarios
) -> None:
    days = problem.data().isel({DESIGN: [180, 200]})
    load_p, load_q, infeed_p = to_arrays(days, problem.variables)
    found = samples.outcomes(load_p, load_q, infeed_p, scenarios=range(20))
    names = [q.name for q in problem.quantities]
    for j in (0, 5, 19):
        factor = samples.factors([j], 96)
        moved = torch.minimum(infeed_p * factor, infeed_p.clamp(min=1.0))
        solved = samples.verifier.measure(load_p, load_q, moved).numpy()
        low, high = (solved[:, names.index(n)] for n in ("min_voltage", "max_voltage"))
        assert found[:, j, 0].tolist() == ((low < 0.9) | (high > 1.04)).tolist()


@pytest.mark.slow
def test_a_run_holds_its_risk_by_the_whole_interval_and_replays(tmp_path: Path) -> None:
    requested: dict[str, Any] = {"problem": "grid.feeder_day", "setup": dict(load(EXAMPLE).setup)}
    requested |= {"conditions": {"season": "summer"}, "generator": {"family": "bootstrap"}}
    requested |= {"limits": [{"quantity": "voltage_risk", "at_most": 0.05}]}
    requested["setup"] |= {"scenarios": 256}
    spec, out = parse(requested, Spec, "spec"), tmp_path / "out"
    with open_ledger(tmp_path / "ledger.db") as book:
        run = ingenium.propose(spec, 8, 1, out, ledger=book)
        s, found = run.summary, run.verdicts
        assert s.accepted + s.rejected + s.failed == 8
        assert s.accepted > 0
        assert s.rejected > 0
        risk, error = (found[k].to_numpy() for k in ("voltage_risk", "voltage_risk_error"))
        code = found["verdict"].to_numpy()
        assert {"accepted", "rejected"} <= set(code.tolist())
        assert (risk + 3 * error <= 0.05)[code == "accepted"].all()
        assert (risk - 3 * error > 0.05)[code == "rejected"].all()
        assert (found["scenarios"].to_numpy()[code == "failed"] == 256).all()
        assert s.undecided == s.failed
        for design in (int(np.flatnonzero(code == c)[0]) for c in set(code.tolist())):
            assert ingenium.replay(out, design, ledger=book).reproduced
        # Under another limit other pains are taken, which is no forgery.
        loose = parse(
            requested | {"limits": [{"quantity": "max_voltage", "at_most": 2}]}, Spec, "spec"
        )
        assert not ingenium.verify(loose, out, ledger=book).altered
        assert not ingenium.verify(spec, out, ledger=book).altered


@pytest.mark.parametrize(
    ("setup", "reported"),
    [
        ({"infeed_error": 2.0}, "infeed_error from 0 to 1"),
        ({"infeed_error": 0.1, "scenarios": 8}, "from 32 to 4096"),
        ({"voltage_high": 0.5}, "voltage_low below voltage_high"),
    ],
)
def test_what_cannot_be_drawn_is_refused(setup: dict[str, Any], reported: str) -> None:
    with pytest.raises(InputError, match=reported):
        open_problem(Spec("grid.feeder_day", setup=setup))
