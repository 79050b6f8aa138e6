"""Comparisons on beams in closed form, where the result of nearest neighbours is known."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from compared_beams import WishedBeam

from ingenium.comparison.contestants import Desk
from ingenium.comparison.head_to_head import HeadToHead, TargetPlan
from ingenium.comparison.head_to_head_table import HeadToHeadTable
from ingenium.comparison.judging import Referee
from ingenium.comparison.targets import BEYOND, EDGE, GAP, INSIDE, RIM, TargetSet
from ingenium.core.designs import DESIGN
from ingenium.core.errors import InputError
from ingenium.core.spec import Between, Limit, Objective, Spec
from ingenium.core.verdict import Verdict
from ingenium.domains import open_problem
from ingenium.runs.loop import training
from toy import Settings

PLAN = TargetPlan(("gaussian_copula",), targets=6, calls=8, seeds=(0, 1))
REPAIRED = "nearest_known, repaired"


@pytest.fixture(scope="module")
def beam() -> WishedBeam:
    return WishedBeam(Settings())


@pytest.fixture(scope="module")
def ended(beam: WishedBeam, tmp_path_factory: pytest.TempPathFactory) -> HeadToHeadTable:
    requested = Spec(problem=beam.name, objectives=(Objective("mass_kg", "minimise"),))
    return HeadToHead.of(beam, PLAN, tmp_path_factory.mktemp("contest"), requested).run()


def shares(table: HeadToHeadTable, arm: str, measure: str) -> dict[str, float]:
    return {zone: table.share(arm, measure, zone).value for zone in table.zones}


def test_wishes_lie_where_their_zone_says(beam: WishedBeam) -> None:
    known, targets = beam.data(), TargetSet.of(beam, Spec(problem=beam.name), 6)
    points, out = targets.scale.target_values(known), known["held_out"].to_numpy()
    low, high = np.quantile(points[~out], [RIM, 1 - RIM], axis=0)
    assert targets.zone == (INSIDE,) * 6 + (EDGE,) * 6 + (BEYOND,) * 6
    rim = ((targets.requested < low) | (targets.requested > high)).any(1)
    np.testing.assert_array_equal(rim[:12], np.arange(12) >= 6)
    nearest = np.abs(targets.requested[:, None] - points[None]).max(2).min(1)
    assert nearest[:12].max() == 0
    assert nearest[12:].min() >= GAP
    reported = targets.scale.reported()
    assert reported["mass"] == f"{0.1 * known['mass'].to_numpy()[~out].std():.3g} kg"
    assert reported["deflection"].startswith("a factor of")


def test_look_up_meets_known_wishes_with_nothing_new_and_none_beyond(beam: WishedBeam) -> None:
    learned, requested = training(beam), TargetSet.of(beam, Spec(problem=beam.name), 6)
    known = requested.scale.target_values(learned)[:6]
    both = np.concatenate([known, requested.requested[12:]])
    wanted = [{k: Between(v, v) for k, v in requested.scale.values(row).items()} for row in known]
    itself = np.stack([np.roll(np.arange(learned.sizes[DESIGN]), -i) for i in range(6)])
    targets = replace(
        requested,
        requested=both,
        zone=(INSIDE,) * 6 + (BEYOND,) * 6,
        wanted=(*wanted, *requested.wanted[12:]),
        nearest=np.concatenate([itself, requested.nearest[12:]]),
    )
    spec = Spec(problem=beam.name, limits=beam.limits)
    desk = Desk(Referee(beam, spec, learned, targets), 8, 0)
    found = desk.referee.outcomes(desk.answers(desk.looked_up, None))
    assert [w.met for w in found[:6]] == [1.0] * 6
    assert [w.miss for w in found[:6]] == pytest.approx([0.0] * 6, abs=1e-9)
    assert all(w.met_new is None and w.distinct == 0 for w in found)
    assert all(w.met is None and w.on_target == 0 for w in found[6:])
    assert all(w.miss >= GAP for w in found[6:] if w.miss is not None)


def test_what_is_mended_in_closed_form_meets_all(ended: HeadToHeadTable) -> None:
    everywhere = dict.fromkeys((INSIDE, EDGE, BEYOND), 1.0)
    assert shares(ended, REPAIRED, "met") == everywhere
    assert shares(ended, "gaussian_copula, repaired", "met") == everywhere
    calls = ended.calls_to(REPAIRED, "met", BEYOND)
    assert (calls == 2).all()  # one of the engine to repair, one to measure
    assert shares(ended, REPAIRED, "met_new")[BEYOND] > 0.5  # the rest lies near a known beam
    assert shares(ended, "nearest_known", "met_new") == dict.fromkeys(everywhere, 0.0)
    assert ended.best("met_new", BEYOND).endswith("repaired")


def test_where_nothing_new_meets_a_wish_nobody_is_named(ended: HeadToHeadTable) -> None:
    alone = replace(ended, results=tuple(r for r in ended.results if r.arm == "nearest_known"))
    assert alone.sentence().count(", none") == 3
    assert ", none" not in ended.sentence()


def test_all_arms_have_the_same_calls(ended: HeadToHeadTable) -> None:
    assert ended.arms == (
        "nearest_known", "nearest_known, touched up", REPAIRED,
        "random", "random, repaired", "optimiser (random)",
        "gaussian_copula", "gaussian_copula, repaired",
    )  # fmt: skip
    assert {r.calls for r in ended.results} == {8}
    assert all(r.losses == () for r in ended.results)  # nothing here descends
    assert sum(r.arm == "nearest_known" for r in ended.results) == 1  # not random
    assert sum(r.arm == "random" for r in ended.results) == 2


def test_a_search_by_another_strategy_stands_beside_that_of_the_problem(
    beam: WishedBeam, tmp_path: Path
) -> None:
    plan = TargetPlan(("optimiser:evolution",), targets=1, calls=4, seeds=(0,))
    both = HeadToHead.of(beam, plan, tmp_path).run()
    assert both.arms[-2:] == ("optimiser (random)", "optimiser (evolution)")
    with pytest.raises(InputError, match="evolution"):
        HeadToHead.of(beam, replace(plan, families=("optimiser:evolutoin",)), tmp_path)


def test_fewer_calls_than_one_mended_design_takes_are_refused(
    beam: WishedBeam, tmp_path: Path
) -> None:
    """Otherwise the repaired arm would have spent more than the others."""
    plan = replace(PLAN, targets=1, calls=1)
    with pytest.raises(InputError, match="at least 2"):
        HeadToHead.of(beam, plan, tmp_path)


def test_a_problem_without_wishes_is_refused_before_known_designs_are_measured(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Lattices would otherwise take half an hour."""
    bare = WishedBeam(Settings())
    bare.conditions = ()
    monkeypatch.setattr("ingenium.comparison.targets.verified", None)
    with pytest.raises(InputError, match="an objective in the spec"):
        TargetSet.of(bare, Spec(problem=bare.name), 2)


def test_without_conditions_the_best_known_designs_are_looked_up_first(tmp_path: Path) -> None:
    bare = WishedBeam(Settings())
    bare.conditions = ()
    requested = Spec(problem=bare.name, objectives=(Objective("mass_kg", "minimise"),))
    comparison = HeadToHead.of(bare, replace(PLAN, targets=2), tmp_path, requested)
    targets, learned = comparison.referee.targets, comparison.referee.learned
    assert targets.zone == (INSIDE, INSIDE)
    assert targets.wanted == ({}, {})
    mass = learned["mass"].to_numpy()[targets.nearest[0]]
    assert (np.diff(mass) >= 0).all()
    found = comparison.referee.outcomes(
        Desk(comparison.referee, 8, 0).answers(Desk(comparison.referee, 8, 0).looked_up, None)
    )
    assert all(w.met == 1.0 for w in found)


def test_known_beams_dominate_no_more_than_themselves(ended: HeadToHeadTable) -> None:
    gains = {r.arm: r.gain for r in ended.results}
    assert gains["nearest_known"] == 0
    assert gains[REPAIRED] is not None
    assert gains[REPAIRED] > 0


def test_a_stopped_contest_goes_on_and_its_file_holds_all(
    beam: WishedBeam, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = replace(PLAN, families=(), targets=2, seeds=(0,))
    first = HeadToHead.of(beam, plan, tmp_path).run()
    monkeypatch.setattr(HeadToHead, "_measured", None)
    again = HeadToHead.of(beam, plan, tmp_path).run()
    assert again == first
    again.write(tmp_path)
    assert HeadToHeadTable.load(tmp_path / "head_to_head.json") == first
    assert "| nearest_known, repaired |" in (tmp_path / "head_to_head.md").read_text()
    assert (tmp_path / "head_to_head.png").stat().st_size > 10_000


def test_a_problem_without_measured_conditions_is_refused(beams: None, tmp_path: Path) -> None:
    problem = open_problem(Spec(problem="toy.cantilever"))
    with pytest.raises(
        InputError, match=r"condition of toy\.cantilever that its engine measures, or an objective"
    ):
        HeadToHead.of(problem, PLAN, tmp_path)
    assert problem.data().sizes[DESIGN]


def test_without_measured_conditions_the_wish_is_to_be_as_good(beams: None, tmp_path: Path) -> None:
    requested = Spec(problem="toy.cantilever", objectives=(Objective("mass_kg", "minimise"),))
    problem = open_problem(requested)
    comparison = HeadToHead.of(problem, replace(PLAN, families=(), seeds=(0,)), tmp_path, requested)
    targets = comparison.referee.targets
    assert set(targets.zone) == {INSIDE, EDGE}  # beyond the data the best designs are unknown
    first = comparison.referee.spec_of(0)
    held = problem.data().isel({DESIGN: np.flatnonzero(problem.data()["held_out"].to_numpy())})
    mass = (7850 * held["width_m"] * held["height_m"]).to_numpy()
    load = first.conditions["load_n"]
    assert isinstance(load, Between)
    at = int(np.abs(held["load_n"].to_numpy() - load.at_least).argmin())
    (limit,) = first.limits[len(comparison.referee.spec.limits) :]
    factor = float(targets.scale.reported()["mass_kg"].removeprefix("a factor of "))
    assert limit.at_least is None  # lighter is as good
    assert limit.at_most == pytest.approx(factor * mass[at], rel=1e-2)


def test_the_energy_that_a_lattice_is_asked_for_can_be_wished() -> None:
    """A design has the requested number as a condition, but its energy is measured."""
    lattice = open_problem(Spec(problem="structures.lattice"))
    targets = TargetSet.of(lattice, Spec(problem="structures.lattice"), 2)
    assert targets.scale.names == ("energy",)
    assert set(targets.zone) == {INSIDE, EDGE, BEYOND}


def test_searches_are_told_all_margins_of_what_is_rejected() -> None:
    """Alerts of molecules are expensive, and left out by runs where a target is missed anyhow."""
    requested = Spec(problem="molecules.lead", setup={"known": 100})
    lead = open_problem(requested)
    spec = replace(requested, limits=(Limit("alerts", at_most=0.0),))
    targets = TargetSet.of(lead, spec, 1)
    referee = Referee(lead, spec, training(lead), targets)
    found = referee.verdicts(0, referee.learned.isel({DESIGN: slice(20)}))
    assert (found["verdict"] != Verdict.ACCEPTED).any()
    assert np.isfinite(found["margin"].to_numpy()).all()
