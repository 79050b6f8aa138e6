"""The comparison on beams in closed form: single measurements, and inputs of a classifier."""

from pathlib import Path

import numpy as np
import pytest
import torch

from ingenium.comparison import families as compare
from ingenium.core.designs import to_arrays
from ingenium.core.errors import InputError
from ingenium.core.problem import Problem, silent
from ingenium.core.spec import Spec
from ingenium.domains import open_problem

PROTOCOL = compare.Protocol(families=("bootstrap", "random"), seeds=(0, 1), members=10)


@pytest.fixture(scope="module")
def problem(beams: None) -> Problem:
    return open_problem(Spec(problem="toy.cantilever"))


def test_what_was_measured_is_not_measured_again_unless_the_code_changed(
    problem: Problem, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = compare.compare(problem, PROTOCOL, tmp_path)
    assert [(e.family, e.seed) for e in first] == [
        ("bootstrap", 0), ("bootstrap", 1), ("random", 0), ("random", 1)
    ]  # fmt: skip
    measured = []
    inner = compare._measure

    def counted(*words: object) -> compare.FamilyResult:
        measured.append(words[1])
        return inner(*words)  # type: ignore[arg-type]

    monkeypatch.setattr(compare, "_measure", counted)
    assert compare.compare(problem, PROTOCOL, tmp_path) == first
    assert not measured
    next((tmp_path / "parts").glob("random-1-*.json")).unlink()
    again = compare.compare(problem, PROTOCOL, tmp_path)
    assert [e.card for e in again] == [e.card for e in first]
    assert measured == ["random"]
    monkeypatch.setattr(compare, "code_digest", lambda: "sha256:other")
    compare.compare(problem, PROTOCOL, tmp_path)
    assert len(measured) == 5


def test_it_says_how_many_fits_are_left_and_keeps_designs(problem: Problem, tmp_path: Path) -> None:
    begun = compare.Comparing.of(problem, PROTOCOL, tmp_path, None, silent)
    assert begun.takes().startswith("4 fits, 0 of them stored")
    begun.run()
    assert {name: d.sizes["design"] > 0 for name, d in begun.shown().items()} == {
        "bootstrap": True,
        "random": True,
    }
    begun.part("random", 1).unlink()
    assert "3 of them stored already; about 1 min of fitting are left" in begun.takes()


@pytest.mark.slow
def test_the_table_ranks_known_designs_above_random_ones(problem: Problem, tmp_path: Path) -> None:
    entries = compare.compare(problem, PROTOCOL, tmp_path)
    table = compare.tabulate(problem, entries)
    compare.write(table, entries, tmp_path)
    names = {"comparison.json", "comparison.md", "comparison.png", "costs.json", "parts"}
    assert {f.name for f in tmp_path.iterdir()} == names
    assert table.paired("bootstrap", "random", "energy_score").difference.high < 0


def test_rounding_to_single_precision_tells_no_design_from_its_proposal(problem: Problem) -> None:
    known = to_arrays(problem.data(), problem.variables)
    codec = problem.codec
    proposed = codec.decode(codec.encode(known).to(torch.float32).to(torch.float64))
    assert not torch.equal(codec.encode(proposed), codec.encode(known))
    np.testing.assert_array_equal(compare._seen(problem, proposed), compare._seen(problem, known))


def test_an_unknown_family_is_refused(problem: Problem, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="bootstrap"):
        compare.compare(problem, compare.Protocol(families=("bootstrp",), seeds=(0,)), tmp_path)
