"""Studies run, continue while undecided, and are saved."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ingenium.core.errors import CorruptError, InputError
from ingenium.core.problem import Watch, silent
from ingenium.evaluate.measured import Budget, Interval, Measured, Value
from ingenium.evaluate.trials import Readings, Trials
from ingenium.scale.place import WorkPlace
from ingenium_book import claims, results
from ingenium_book.results import read, store
from ingenium_book.study import Result, Study
from ingenium_book.verdicts import RowVerdict


@pytest.fixture
def study(house: Path) -> Study:
    return Study(claims.claims()["dice.1"])


@pytest.fixture
def result(study: Study, tmp_path: Path) -> Result:
    return study.run(None, quick=False, folder=tmp_path / "pieces")


def test_a_result_says_all_and_comes_back(study: Study, result: Result, tmp_path: Path) -> None:
    assert study.verdict(result).status is RowVerdict.CONFIRMED
    assert result.sequential
    assert result.main == "gain: at least 0.5"
    assert result.seeds == (0, 1, 2, 3, 4)
    gains = result.values["gain"].by_seed
    assert len(gains) == 5
    assert result.values["gain"].interval.value == pytest.approx(np.mean(gains))
    assert result.values["throws"].interval == Interval(200.0, 200.0, 200.0)
    assert result.command == "ingenium study run dice.1 --seeds 5"
    assert {"ingenium", "python", "numpy"} <= set(result.versions)
    assert result.cpu_seconds is not None
    assert store(result, tmp_path)
    json.loads((tmp_path / "dice.1.json").read_text(), parse_constant=pytest.fail)
    assert read("dice.1", tmp_path) == result


def test_the_protocol_is_the_docstring(study: Study) -> None:
    assert study.protocol.startswith("Row dice.1: a loaded die")
    assert "never shows a one or a two." in study.protocol


def test_a_full_result_is_not_overwritten_by_a_quick_one(
    study: Study, result: Result, tmp_path: Path
) -> None:
    quick = study.run(1, quick=True, folder=tmp_path / "pieces")
    assert store(quick, tmp_path)
    assert store(result, tmp_path)
    assert not store(quick, tmp_path)
    retained = read("dice.1", tmp_path)
    assert retained is not None
    assert not retained.quick


@pytest.mark.slow
def test_workers_measure_what_this_process_does(
    study: Study, result: Result, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    two = WorkPlace.parse("processes:2")
    found = study.run(None, quick=False, folder=tmp_path / "by two", on=two)
    assert found.values == result.values
    whole = Measured({name: Value(Interval(1.0, 1.0, 1.0)) for name in ("gain", "throws")})
    monkeypatch.setattr(Study, "measure", lambda self: lambda budget, watch: whole)
    with pytest.raises(InputError, match=r"arms and seeds.*dice\.1, which measures as a whole"):
        study.run(None, quick=False, folder=tmp_path / "whole", on=two)


def test_a_full_study_has_five_seeds(study: Study, tmp_path: Path) -> None:
    for count, quick in ((4, False), (0, True)):
        with pytest.raises(InputError, match="at least"):
            study.run(count, quick=quick, folder=tmp_path)


@pytest.mark.parametrize(
    ("bound", "cost_s", "seeds"),
    [
        (3.0, 0.0, 5),  # far on the claimed side
        (4.5, 0.0, 30),  # about where the values lie
        (4.5, 100.0, 5),  # too expensive to continue
        (6.0, 0.0, 5),  # far on the other side
    ],
)
def test_seeds_go_on_while_the_main_claim_is_open(
    study: Study,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    bound: float,
    cost_s: float,
    seeds: int,
) -> None:
    ran: list[int] = []

    def run(arm: None, seed: int, size: int) -> dict[str, float]:
        ran.append(seed)
        return {"gain": 4.0 + seed % 2}  # 4.5 on average, wherever it stops

    trials = Trials({"one": None}, (1, 1), run, lambda found: {"gain": found("one", "gain")})
    monkeypatch.setattr(Study, "measure", lambda self: trials)
    monkeypatch.setattr("ingenium_book.study.EXPENSIVE_S", 300.0 if not cost_s else -1.0)
    main = replace(study.claim.main, at_least=bound)
    own = Study(replace(study.claim, main=main, side=()))
    found = own.run(None, quick=False, folder=tmp_path)
    assert len(found.seeds) == len(found.values["gain"].by_seed) == seeds
    assert sorted(ran) == list(range(seeds))  # none twice
    assert own.run(7, quick=False, folder=tmp_path).seeds == tuple(range(7))


def test_a_part_that_was_not_measured_ends_the_run(study: Study, tmp_path: Path) -> None:
    claim = replace(study.claim, side=(replace(study.claim.side[0], name="height"),))
    with pytest.raises(InputError, match="height"):
        Study(claim).run(1, quick=True, folder=tmp_path)


def test_pieces_of_a_stopped_study_are_kept_and_those_of_a_finished_one_are_not(
    study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(budget: Budget, watch: Watch) -> Measured:
        whole(replace(budget, seeds=budget.seeds[:2]), watch)
        raise KeyboardInterrupt

    whole = study.measure()
    monkeypatch.setattr(Study, "measure", lambda self: stop)
    with pytest.raises(KeyboardInterrupt):
        study.run(5, quick=False, folder=tmp_path, watch=silent)
    assert len(list(tmp_path.rglob("*.json"))) == 4
    monkeypatch.undo()
    assert study.run(5, quick=False, folder=tmp_path).seeds == (0, 1, 2, 3, 4)
    assert not list(tmp_path.rglob("*.json"))


def test_a_damaged_result_is_named(tmp_path: Path) -> None:
    (tmp_path / "dice.1.json").write_text('{"row": "dice.1"}')
    with pytest.raises(CorruptError, match=r"dice\.1\.json"):
        read("dice.1", tmp_path)


def test_results_lie_beside_the_project_of_the_package_or_in_the_cache(
    house: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert results.results_folder("dice_house") == house.parents[1] / "outcomes" / "results"
    (house.parents[1] / "pyproject.toml").unlink()
    monkeypatch.setenv("INGENIUM_CACHE", str(tmp_path / "cache"))
    there = tmp_path / "cache" / "studies" / "dice_house" / "results"
    assert results.results_folder("dice_house") == there


def test_an_experiment_that_is_no_trials_may_measure_too(
    study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def measure(budget: Budget, watch: Watch) -> Measured:
        near = Value(Interval(0.6, 0.4, 0.8))
        return Measured({"gain": near, "throws": Value(Interval(200.0, 200.0, 200.0))})

    monkeypatch.setattr(Study, "measure", lambda self: measure)
    found = study.run(None, quick=False, folder=tmp_path)
    assert study.verdict(found).status is RowVerdict.CONSISTENT
    assert not found.sequential
    assert len(found.seeds) == 5  # it stores no pieces, so that continuing would begin again


def test_readings_are_those_of_the_seeds() -> None:
    found = Readings((3, 4), {"a": [{"x": 1.0}, {"x": 2.0}]})
    assert found("a", "x").tolist() == [1.0, 2.0]
