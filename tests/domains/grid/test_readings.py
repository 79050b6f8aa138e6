"""Days that agree with the readings of their morning, and their stored readings."""

from pathlib import Path

import numpy as np
import pytest
import torch

import ingenium
from ingenium.core.designs import DESIGN, to_arrays
from ingenium.core.errors import InputError
from ingenium.core.problem import distance_to_given
from ingenium.core.spec import GeneratorChoice, Limit, Spec, load, parse
from ingenium.domains import open_problem
from ingenium.domains.grid.feeder.feeder_day import FeederDay
from ingenium.domains.grid.feeder.readings import FeederReadings
from ingenium.trust.ledger import open_ledger

BOOTSTRAP = GeneratorChoice(family="bootstrap")


def opened(**given: object) -> FeederDay:
    problem = open_problem(Spec("grid.feeder_day", given=given))
    assert isinstance(problem, FeederDay)
    return problem


@pytest.fixture(scope="module")
def morning(rural_days: FeederDay) -> list[float]:
    """Readings of a held-out day."""
    days = rural_days.data()
    one = days.isel({DESIGN: [int(np.flatnonzero(days["held_out"].to_numpy())[3])]})
    trace = rural_days.feeder.verifier.trace(*to_arrays(one, rural_days.variables))
    return [float(x) for x in trace.import_kw[0, :32]]


def test_a_known_day_agrees_with_its_own_readings_alone(morning: list[float]) -> None:
    problem = opened(readings=morning)
    days = problem.data()
    held = np.flatnonzero(days["held_out"].to_numpy())[:6]
    found = problem.verifier.measure(*to_arrays(days.isel({DESIGN: held}), problem.variables))
    error = found[:, [q.name for q in problem.quantities].index("readings_error")].numpy()
    own = days["readings"].to_numpy()[held]
    np.testing.assert_allclose(error, np.abs(own - np.array(morning)).max(1), atol=1e-9)
    (agrees,) = (x.at_most for x in problem.limits if x.quantity == "readings_error")
    assert agrees is not None
    assert error[3] < 1e-9 < agrees < np.delete(error, 3).min()
    assert distance_to_given(problem, days).argmin() == held[3]  # type: ignore[union-attr]


def test_loads_follow_readings_and_losses() -> None:
    """Loads of 1 and 3 kW and one plant, by hand."""
    readings = FeederReadings(np.array([5.0, 9.0, -4.0]), np.array([1.0, 1.0, 0.0]))
    load = torch.tensor([[[1.0, 0.0, 1.0, 7.0], [1.0, 0.0, 1.0, 7.0]]], dtype=torch.float64)
    infeed = torch.tensor([[[0.0, 2.0, 1.0, 9.0]]], dtype=torch.float64)
    rated = torch.tensor([1e-3, 3e-3], dtype=torch.float64), torch.tensor([2e-3]).double()
    found = readings.agreeing(load, infeed, *rated)
    assert found[0, 0].tolist() == pytest.approx([1.0, 3.0, 0.0, 7.0])
    assert torch.equal(found[0, 0], found[0, 1])


def test_a_run_agrees_and_its_readings_cannot_be_changed(
    morning: list[float], tmp_path: Path
) -> None:
    lines = "".join(f"{x:.3f}\n" for x in morning)
    (tmp_path / "meter.csv").write_text(f"kw\n{lines}")
    (tmp_path / "spec.toml").write_text(
        'problem = "grid.feeder_day"\ngiven.readings = { file = "meter.csv" }\n'
        'generator = { family = "bootstrap" }\n'
    )
    spec, out = load(tmp_path / "spec.toml"), tmp_path / "out"
    with open_ledger(tmp_path / "ledger.db") as book:
        run = ingenium.propose(spec, 3, 1, out, ledger=book)
        assert run.summary.accepted == 3
        assert (run.verdicts["readings_error"].to_numpy() < 0.5).all()
        assert run.spec.limits[-1].quantity == "readings_error"
        (tmp_path / "meter.csv").unlink()  # the folder of the run has its own
        assert ingenium.replay(out, 2, ledger=book).reproduced
        retained = load(out / "spec.toml")
        assert not ingenium.verify(retained, out, ledger=book).altered
        (out / "given" / "readings.csv").write_text(f"kw\n{lines}".replace(".", ".9", 1))
        found = ingenium.replay(out, 2, ledger=book)
        broken = {c.part for c in found.checks if not c.reproduced}
        assert {"given", "spec"} <= broken
        assert "what the spec gives is not what it gave to the run" in found.reasons
        assert len(ingenium.verify(retained, out, ledger=book).altered) > 0


def test_own_limits_keep_the_agreement_unless_they_name_it(morning: list[float]) -> None:
    problem = opened(readings=morning)
    from ingenium.core.resolving import resolve

    other = resolve(Spec("grid.feeder_day", limits=(Limit("min_voltage", at_least=0.9),)), problem)
    assert {x.quantity: x.at_least for x in other.limits}["min_voltage"] == 0.9
    assert [x.quantity for x in other.limits][-1] == "readings_error"
    own = resolve(Spec("grid.feeder_day", limits=(Limit("readings_error", at_most=9.0),)), problem)
    assert [x.at_most for x in own.limits if x.quantity == "readings_error"] == [9.0]


@pytest.mark.parametrize("given", [[1.0] * 96, "morning.csv"])
def test_what_are_no_readings_is_refused(given: object) -> None:
    spec = Spec("grid.feeder_day", given={"readings": given})
    with pytest.raises(InputError, match=r"readings under \[given\]"):
        open_problem(spec)


def test_the_energy_of_days_that_follow_readings_is_not_fixed(morning: list[float]) -> None:
    assert [q.name for q in opened(readings=morning).fixable()] == ["infeed_energy"]
    assert len(opened().fixable()) == 2


@pytest.mark.slow
def test_one_fitted_generator_serves_every_morning(tmp_path: Path) -> None:
    """Days after a morning of much power continue with more than those after one of little."""
    mean = []
    for level in (15.0, 40.0):
        requested = {"problem": "grid.feeder_day", "given": {"readings": [level] * 32}}
        requested |= {"generator": {"family": "flow_matching", "steps": 200}}
        spec = parse(requested, Spec, "spec")
        with open_ledger(tmp_path / "ledger.db") as book:
            assert ingenium.fit(spec, ledger=book).cached == bool(mean)
            run = ingenium.propose(spec, 64, 1, tmp_path / str(level), ledger=book)
        trace = open_problem(Spec("grid.feeder_day"))
        assert isinstance(trace, FeederDay)
        course = trace.feeder.verifier.trace(*to_arrays(run.designs, trace.variables)).import_kw
        mean.append(float(course[:, 32:].mean()))
    assert mean[1] > mean[0] + 1.0
