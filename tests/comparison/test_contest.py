"""Comparisons on beams in closed form, where the result of nearest neighbours is known."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from contest_beams import WishedBeam

from ingenium.comparison.contest import Contest, ContestPlan
from ingenium.comparison.contest_table import ContestTable
from ingenium.comparison.contestants import Desk
from ingenium.comparison.judging import Referee
from ingenium.comparison.targets import BEYOND, EDGE, GAP, INSIDE, RIM, WishSet
from ingenium.core.designs import DESIGN
from ingenium.core.errors import InputError
from ingenium.core.spec import Between, Limit, Objective, Spec
from ingenium.core.verdict import Verdict
from ingenium.domains import open_problem
from ingenium.runs.loop import training
from toy import Settings

PLAN = ContestPlan(("gaussian_copula",), wishes=6, calls=8, seeds=(0, 1))
MENDED = "nearest_known, mended"


@pytest.fixture(scope="module")
def beam() -> WishedBeam:
    return WishedBeam(Settings())


@pytest.fixture(scope="module")
def ended(beam: WishedBeam, tmp_path_factory: pytest.TempPathFactory) -> ContestTable:
    asked = Spec(problem=beam.name, objectives=(Objective("mass_kg", "minimise"),))
    return Contest.of(beam, PLAN, tmp_path_factory.mktemp("contest"), asked).run()


def shares(table: ContestTable, arm: str, measure: str) -> dict[str, float]:
    return {zone: table.share(arm, measure, zone).value for zone in table.zones}


def test_wishes_lie_where_their_zone_says(beam: WishedBeam) -> None:
    known, wishes = beam.data(), WishSet.of(beam, Spec(problem=beam.name), 6)
    points, out = wishes.scale.wished(known), known["held_out"].to_numpy()
    low, high = np.quantile(points[~out], [RIM, 1 - RIM], axis=0)
    assert wishes.zone == (INSIDE,) * 6 + (EDGE,) * 6 + (BEYOND,) * 6
    rim = ((wishes.asked < low) | (wishes.asked > high)).any(1)
    np.testing.assert_array_equal(rim[:12], np.arange(12) >= 6)
    nearest = np.abs(wishes.asked[:, None] - points[None]).max(2).min(1)
    assert nearest[:12].max() == 0
    assert nearest[12:].min() >= GAP
    told = wishes.scale.told()
    assert told["mass"] == f"{0.1 * known['mass'].to_numpy()[~out].std():.3g} kg"
    assert told["deflection"].startswith("a factor of")


def test_look_up_meets_known_wishes_with_nothing_new_and_none_beyond(beam: WishedBeam) -> None:
    learned, asked = training(beam), WishSet.of(beam, Spec(problem=beam.name), 6)
    known = asked.scale.wished(learned)[:6]
    both = np.concatenate([known, asked.asked[12:]])
    wanted = [{k: Between(v, v) for k, v in asked.scale.values(row).items()} for row in known]
    itself = np.stack([np.roll(np.arange(learned.sizes[DESIGN]), -i) for i in range(6)])
    wishes = replace(
        asked,
        asked=both,
        zone=(INSIDE,) * 6 + (BEYOND,) * 6,
        wanted=(*wanted, *asked.wanted[12:]),
        nearest=np.concatenate([itself, asked.nearest[12:]]),
    )
    spec = Spec(problem=beam.name, limits=beam.limits)
    desk = Desk(Referee(beam, spec, learned, wishes), 8, 0)
    found = desk.referee.outcomes(desk.answers(desk.looked_up, None))
    assert [w.met for w in found[:6]] == [1.0] * 6
    assert [w.miss for w in found[:6]] == pytest.approx([0.0] * 6, abs=1e-9)
    assert all(w.met_new is None and w.distinct == 0 for w in found)
    assert all(w.met is None and w.on_target == 0 for w in found[6:])
    assert all(w.miss >= GAP for w in found[6:] if w.miss is not None)


def test_what_is_mended_in_closed_form_meets_all(ended: ContestTable) -> None:
    everywhere = dict.fromkeys((INSIDE, EDGE, BEYOND), 1.0)
    assert shares(ended, MENDED, "met") == everywhere
    assert shares(ended, "gaussian_copula, mended", "met") == everywhere
    calls = ended.calls_to(MENDED, "met", BEYOND)
    assert (calls == 2).all()  # one of the engine to repair, one to measure
    assert shares(ended, MENDED, "met_new")[BEYOND] > 0.5  # the rest lies near a known beam
    assert shares(ended, "nearest_known", "met_new") == dict.fromkeys(everywhere, 0.0)
    assert ended.best("met_new", BEYOND).endswith("mended")


def test_where_nothing_new_meets_a_wish_nobody_is_named(ended: ContestTable) -> None:
    alone = replace(ended, results=tuple(r for r in ended.results if r.arm == "nearest_known"))
    assert alone.sentence().count("nobody") == 3
    assert "nobody" not in ended.sentence()


def test_all_arms_have_the_same_calls(ended: ContestTable) -> None:
    assert ended.arms == (
        "nearest_known", "nearest_known, touched up", MENDED,
        "random", "random, mended", "optimiser (random)",
        "gaussian_copula", "gaussian_copula, mended",
    )  # fmt: skip
    assert {r.calls for r in ended.results} == {8}
    assert all(r.losses == () for r in ended.results)  # nothing here descends
    assert sum(r.arm == "nearest_known" for r in ended.results) == 1  # not random
    assert sum(r.arm == "random" for r in ended.results) == 2


def test_a_search_by_another_strategy_stands_beside_that_of_the_problem(
    beam: WishedBeam, tmp_path: Path
) -> None:
    plan = ContestPlan(("optimiser:evolution",), wishes=1, calls=4, seeds=(0,))
    both = Contest.of(beam, plan, tmp_path).run()
    assert both.arms[-2:] == ("optimiser (random)", "optimiser (evolution)")
    with pytest.raises(InputError, match="evolution"):
        Contest.of(beam, replace(plan, families=("optimiser:evolutoin",)), tmp_path)


def test_fewer_calls_than_one_mended_design_takes_are_refused(
    beam: WishedBeam, tmp_path: Path
) -> None:
    """Otherwise the repaired arm would have spent more than the others."""
    plan = replace(PLAN, wishes=1, calls=1)
    with pytest.raises(InputError, match="at least 2"):
        Contest.of(beam, plan, tmp_path)


def test_a_problem_without_wishes_is_refused_before_known_designs_are_measured(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Lattices would otherwise take half an hour."""
    bare = WishedBeam(Settings())
    bare.conditions = ()
    monkeypatch.setattr("ingenium.comparison.targets.verified", None)
    with pytest.raises(InputError, match="an objective in the spec"):
        WishSet.of(bare, Spec(problem=bare.name), 2)


def test_without_conditions_the_best_known_designs_are_looked_up_first(tmp_path: Path) -> None:
    bare = WishedBeam(Settings())
    bare.conditions = ()
    asked = Spec(problem=bare.name, objectives=(Objective("mass_kg", "minimise"),))
    contest = Contest.of(bare, replace(PLAN, wishes=2), tmp_path, asked)
    wishes, learned = contest.referee.wishes, contest.referee.learned
    assert wishes.zone == (INSIDE, INSIDE)
    assert wishes.wanted == ({}, {})
    mass = learned["mass"].to_numpy()[wishes.nearest[0]]
    assert (np.diff(mass) >= 0).all()
    found = contest.referee.outcomes(
        Desk(contest.referee, 8, 0).answers(Desk(contest.referee, 8, 0).looked_up, None)
    )
    assert all(w.met == 1.0 for w in found)


def test_known_beams_dominate_no_more_than_themselves(ended: ContestTable) -> None:
    gains = {r.arm: r.gain for r in ended.results}
    assert gains["nearest_known"] == 0
    assert gains[MENDED] is not None
    assert gains[MENDED] > 0


def test_a_stopped_contest_goes_on_and_its_file_holds_all(
    beam: WishedBeam, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = replace(PLAN, families=(), wishes=2, seeds=(0,))
    first = Contest.of(beam, plan, tmp_path).run()
    monkeypatch.setattr(Contest, "_measured", None)
    again = Contest.of(beam, plan, tmp_path).run()
    assert again == first
    again.write(tmp_path)
    assert ContestTable.load(tmp_path / "contest.json") == first
    assert "| nearest_known, mended |" in (tmp_path / "contest.md").read_text()
    assert (tmp_path / "contest.png").stat().st_size > 10_000


def test_a_problem_without_measured_conditions_is_refused(beams: None, tmp_path: Path) -> None:
    problem = open_problem(Spec(problem="toy.cantilever"))
    with pytest.raises(
        InputError, match=r"condition of toy\.cantilever that its engine measures, or an objective"
    ):
        Contest.of(problem, PLAN, tmp_path)
    assert problem.data().sizes[DESIGN]


def test_without_measured_conditions_the_wish_is_to_be_as_good(beams: None, tmp_path: Path) -> None:
    asked = Spec(problem="toy.cantilever", objectives=(Objective("mass_kg", "minimise"),))
    problem = open_problem(asked)
    contest = Contest.of(problem, replace(PLAN, families=(), seeds=(0,)), tmp_path, asked)
    wishes = contest.referee.wishes
    assert set(wishes.zone) == {INSIDE, EDGE}  # beyond the data the best designs are unknown
    first = contest.referee.spec_of(0)
    held = problem.data().isel({DESIGN: np.flatnonzero(problem.data()["held_out"].to_numpy())})
    mass = (7850 * held["width_m"] * held["height_m"]).to_numpy()
    load = first.conditions["load_n"]
    assert isinstance(load, Between)
    at = int(np.abs(held["load_n"].to_numpy() - load.at_least).argmin())
    (limit,) = first.limits[len(contest.referee.spec.limits) :]
    factor = float(wishes.scale.told()["mass_kg"].removeprefix("a factor of "))
    assert limit.at_least is None  # lighter is as good
    assert limit.at_most == pytest.approx(factor * mass[at], rel=1e-2)


def test_the_energy_that_a_lattice_is_asked_for_can_be_wished() -> None:
    """A design has the requested number as a condition, but its energy is measured."""
    lattice = open_problem(Spec(problem="structures.lattice"))
    wishes = WishSet.of(lattice, Spec(problem="structures.lattice"), 2)
    assert wishes.scale.names == ("energy",)
    assert set(wishes.zone) == {INSIDE, EDGE, BEYOND}


def test_searches_are_told_all_margins_of_what_is_rejected() -> None:
    """Alerts of molecules are expensive, and left out by runs where a target is missed anyhow."""
    asked = Spec(problem="molecules.lead", setup={"known": 100})
    lead = open_problem(asked)
    spec = replace(asked, limits=(Limit("alerts", at_most=0.0),))
    wishes = WishSet.of(lead, spec, 1)
    referee = Referee(lead, spec, training(lead), wishes)
    found = referee.verdicts(0, referee.learned.isel({DESIGN: slice(20)}))
    assert (found["verdict"] != Verdict.ACCEPTED).any()
    assert np.isfinite(found["margin"].to_numpy()).all()
