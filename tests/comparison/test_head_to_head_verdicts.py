"""Verdicts of packaged comparisons: their distinctions, their words, and the defaults they set."""

import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from unittest.mock import Mock

import pytest

from ingenium.comparison.head_to_head_table import HeadToHeadTable
from ingenium.comparison.judging import ArmResult, TargetOutcome
from ingenium.comparison.targets import BEYOND, INSIDE
from ingenium.comparison.verdicts import (
    COMPARISONS,
    HeadToHeadVerdict,
    as_json,
    comparisons_of,
    verdict_on,
)
from ingenium.core.field_comparison import FieldComparison
from ingenium.core.problem import Problem
from ingenium.domains import load, own, problem_class


def result(arm: str, inside: int, beyond: int, seed: int = 0) -> ArmResult:
    """Result in which the first ones of twelve targets of each zone are met."""
    targets = [
        TargetOutcome(zone, 3.0 if i < met else None, 3.0 if i < met else None, 0.5, 0.5, 1, 0.1)
        for zone, met in ((INSIDE, inside), (BEYOND, beyond))
        for i in range(12)
    ]
    return ArmResult(arm, seed, None, (), 0.1, 4.0, None, tuple(targets))


def table(*results: ArmResult) -> HeadToHeadTable:
    return HeadToHeadTable("toy.cantilever", 8, {}, 0.1, results)


def kind(name: str, module: str) -> type[Problem]:
    return type("Stranger", (Problem,), {"name": name, "__module__": module})


SPREAD = table(
    result("nearest_known", 2, 0),
    result("nearest_known, repaired", 12, 0),
    result("random", 1, 0),
    result("optimiser (evolution)", 11, 9),
    result("flow:500", 3, 4, 0),
    result("flow:500", 3, 4, 1),
    result("flow:500, repaired", 4, 4, 0),
    result("flow:500, repaired", 4, 4, 1),
)


def test_a_difference_of_one_wish_tells_nobody_apart_and_one_of_eight_does() -> None:
    assert SPREAD.level([INSIDE], SPREAD.arms) == (
        "nearest_known, repaired",
        "optimiser (evolution)",
    )
    assert SPREAD.level([BEYOND], SPREAD.arms) == ("optimiser (evolution)",)
    nobody = table(result("nearest_known", 0, 0), result("random", 0, 0))
    assert nobody.level([INSIDE], nobody.arms) == ()


def test_few_calls_are_written_at_the_axis_as_they_are() -> None:
    figure = SPREAD.figure()
    figure.draw_without_rendering()
    written = {t.get_text() for t in figure.axes[-1].get_xticklabels(which="both")}
    assert written >= {"1", "2", "4", "8"}
    assert not any("$" in text for text in written)


def test_who_proposes_is_told_what_is_better_where() -> None:
    verdict = SPREAD.verdict()
    assert verdict.ahead("flow") == {
        INSIDE: "nearest_known, repaired",
        BEYOND: "optimiser (evolution)",
    }
    assert verdict.reported("flow") == (
        "Benchmark on held-out targets (8 engine calls each), share met by new designs: "
        "inside the data 33 % by "
        "flow:500, repaired, 100 % by nearest_known, repaired; beyond it 33 % by flow:500, 75 % by "
        'optimiser (evolution). Better inside the data: family = "nearest_known" under '
        "[generator]. Better beyond it: ingenium search toy.cantilever."
    )
    assert "Better inside" not in verdict.reported("nearest_known")
    assert "100 % by nearest_known, repaired; " in verdict.reported("nearest_known")
    known = result("nearest_known", 1, 0)
    targets = (*known.targets[:-1], replace(known.targets[-1], met=3.0))
    flow = table(result("flow:500", 12, 0), replace(known, targets=targets)).verdict()
    assert flow.reported("nearest_known").endswith(
        "beyond it 0 % by every tool, but 8 % by known designs. Better inside the data: family "
        '= "flow" '
        "and steps = 500 under [generator]."
    )


def test_of_several_searches_the_best_is_named() -> None:
    """A result by the strategy of the problem needs no name."""
    two = table(result("random", 1, 0), *SPREAD.results, result("optimiser (genetic)", 1, 12))
    assert (
        two.verdict()
        .reported("nearest_known")
        .endswith("Better beyond it: ingenium search toy.cantilever --strategy genetic.")
    )


def test_of_what_proposes_all_zones_together_say_who_is_best() -> None:
    assert SPREAD.verdict().proposers == ("nearest_known", "flow")
    worse = [
        replace(r, targets=result("", 1, 0).targets) for r in SPREAD.results if "flow" in r.arm
    ]
    left = [r for r in SPREAD.results if "flow" not in r.arm]
    assert table(*left, *worse).verdict().proposers == ("nearest_known",)


def test_a_verdict_is_found_beside_its_problem(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = ModuleType("strangers")
    module.__file__ = str(tmp_path / "__init__.py")
    monkeypatch.setitem(sys.modules, "strangers", module)
    problem = kind("toy.cantilever", "strangers.beams")
    assert verdict_on(problem) is None
    (tmp_path / COMPARISONS).write_text(as_json((SPREAD.verdict(),)))
    assert verdict_on(problem) == SPREAD.verdict()
    assert verdict_on(kind("toy.other", "strangers.beams")) is None
    soft = replace(SPREAD, setup="soft").verdict()
    (tmp_path / COMPARISONS).write_text(as_json((soft,)))
    assert verdict_on(problem) is None
    opened = Mock(spec=Problem, comparison=lambda: FieldComparison(setup="soft"))
    opened.name, opened.__module__ = problem.name, problem.__module__
    assert verdict_on(opened) == soft
    (tmp_path / COMPARISONS).write_text("[{}]")
    assert verdict_on(problem) is None
    assert verdict_on(kind("toy.cantilever", "__main__")) is None  # as typed into a shell


def pretrained() -> list[HeadToHeadVerdict]:
    """All verdicts of comparisons in the package."""
    kinds = [problem_class(f"{field}.{key}") for field in own() for key in load(field).problems]
    return [v for kind in kinds for v in comparisons_of(kind)]


@pytest.mark.parametrize("verdict", pretrained(), ids=lambda v: f"{v.problem} {v.setup}".strip())
def test_no_default_is_behind_another_that_could_propose(verdict: HeadToHeadVerdict) -> None:
    kind = problem_class(verdict.problem)
    best = verdict.proposers or (kind.default_family,)  # none where nothing new met any target
    assert kind.default_family in best, verdict.reported(kind.default_family)
