"""Screens: excluded designs are reported as such, and losses are measured."""

import json
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import ingenium
import known_fronts
from ingenium.core.errors import InputError
from ingenium.core.spec import Limit
from ingenium.core.verdict import Verdict
from ingenium.runs.aim import Aim
from ingenium.runs.rounds import ScreenAudit
from ingenium.runs.search_plan import REQUESTED, ScreenPlan, SearchPlan
from ingenium.searches.proposal import AUDITED, CUT, FRESH, Cut, Proposal
from ingenium.searches.screening import Outlook, Screening, ranking
from ingenium.searches.search import Search
from ingenium.searches.stopping import Stop
from ingenium.searches.tiers import cheap_tier, check_reported
from ingenium.trust.conformal import upper_error

LEAST = known_fronts.spec(objectives=known_fronts.LEAST_SQUARE)
CHEAP = ScreenPlan("cheap", pass_fraction=0.5, audit=0.2)


def logged(path: Path) -> list[tuple[float, ...]]:
    return [tuple(json.loads(line)) for line in path.read_text().splitlines()]


def proposals(search: Search) -> list[Proposal]:
    return [search._stored(n) for n in search.store.begun()]


def test_only_what_passes_and_the_random_share_is_measured(begun, tmp_path: Path) -> None:
    log = tmp_path / "log"
    search = begun("random", LEAST, screen=CHEAP, rough=0.05, log=str(log))
    assert search.run(Stop(calls=100)) == "calls"
    assert len(logged(log)) == len(set(logged(log))) == search.calls == 100
    last, seen = search.history[-1], proposals(search)
    assert last.accepted + last.rejected + last.failed == 100, "no screened design among them"
    cut = sum(int(((p.cut != Cut.NOT) & ~p.audited & p.fresh).sum()) for p in seen)
    assert last.screened == cut == len(search.unmeasured) > 50
    for one in seen:
        own = one.fresh & (one.cut == Cut.NOT)
        assert own.sum() <= np.ceil(CHEAP.pass_fraction * one.fresh.sum())
        assert set(one.sent) == set(np.flatnonzero(own | (one.fresh & one.audited)))
    shown = sum(int(p.fresh.sum()) for p in seen)
    assert last.audit.seen == shown
    assert 0.1 < last.audit.audited / shown < 0.3
    assert last.audit.audited == sum(int((p.fresh & p.audited).sum()) for p in seen)


def test_the_audit_counts_what_the_screen_would_have_lost(begun) -> None:
    search = begun("random", LEAST, screen=CHEAP, rough=1.0, d=2)
    search.run(Stop(calls=200))
    held = lost = wrong = 0
    for one in proposals(search):  # by hand, from the closed form
        x = one.designs(search.problem)["x"].to_numpy()
        accepted = one.fresh & one.audited & (x.mean(1) >= 0.6)
        held += int(accepted.sum())
        lost += int((accepted & (one.cut != Cut.NOT)).sum())
        wrong += int((accepted & (one.cut == Cut.HOPELESS)).sum())
    audit = search.history[-1].audit
    assert (audit.satisfied, audit.lost, audit.wrong) == (held, lost, wrong)
    assert 0 < lost < held
    low, high = audit.interval
    assert low < audit.rate == lost / held < high


def test_strategies_hear_of_what_was_screened_as_neither_rejected_nor_accepted(begun) -> None:
    class Listening:
        def __init__(self, own: object) -> None:
            self.own, self.heard = own, []

        def __getattr__(self, name: str) -> object:
            return getattr(self.own, name)

        def tell(self, designs: xr.Dataset, verdicts: xr.Dataset) -> None:
            self.heard.append(verdicts)
            self.own.tell(designs, verdicts)

    search = begun("evolution", LEAST, screen=CHEAP, rough=0.05)
    search.strategy = Listening(search.strategy)
    search.run(Stop(calls=60))
    reported = xr.concat(search.strategy.heard, "design")
    code = reported["verdict"].to_numpy()
    out = code == Verdict.SCREENED
    assert out.sum() >= search.history[-1].screened > 0
    assert np.isinf(reported["cost"].to_numpy()[out]).all()
    assert np.isnan(reported["f0"].to_numpy()[out]).all()
    seen = np.isfinite(reported["cheap_margin"].to_numpy()).all(1)
    assert seen[out].all(), "the cheap tier saw them"
    assert (~seen).sum() == search.history[-1].repeated, "it sees each new design, and none twice"


def test_a_screened_search_that_is_stopped_goes_on_as_if_it_was_not(begun) -> None:
    whole = begun("evolution", LEAST, name="whole", screen=CHEAP, rough=0.1)
    whole.run(Stop(calls=120))
    for until in (30, 70, 120):
        part = begun("evolution", LEAST, name="part", screen=CHEAP, rough=0.1)

        def stop(stage: str, done: int, total: int, until: int = until) -> None:
            if until <= done < 120:
                raise KeyboardInterrupt

        try:
            part.run(Stop(calls=120), watch=stop)
        except KeyboardInterrupt:
            continue
    assert part.calls == 120
    np.testing.assert_array_equal(np.array(part.measured), np.array(whole.measured))
    assert part.history[-1].audit == whole.history[-1].audit
    assert part.unmeasured == whole.unmeasured
    assert part.store.check() == []


def test_a_rough_screen_finds_better_designs_for_the_same_calls(begun) -> None:
    best = []
    for name, screen in (("plain", None), ("screened", CHEAP)):
        found = []
        for seed in range(3):
            search = begun("random", LEAST, name=f"{name}{seed}", screen=screen, rough=0.02,
                           seed=seed, d=4)  # fmt: skip
            search.run(Stop(calls=80))
            found.append(search.history[-1].best)
        best.append(np.mean(found))
    assert best[1] < best[0]


def test_nearly_nothing_that_holds_is_lost_to_a_bound_of_the_errors(begun) -> None:
    plan = ScreenPlan("cheap", pass_fraction=1.0, audit=0.5, miscoverage=0.05)
    search = begun("random", LEAST, screen=plan, rough=0.1, d=3, batch=64)
    search.run(Stop(calls=600))
    audit = search.history[-1].audit
    assert audit.satisfied > 30
    assert audit.cut > 100, "it does keep designs out"
    assert audit.wrong_interval[0] <= plan.miscoverage


def test_an_error_is_bounded_as_often_as_was_asked() -> None:
    rng, over = np.random.default_rng(0), []
    for _ in range(400):
        errors = rng.standard_normal((30, 1)) ** 3
        bound = upper_error(errors[:29], 0.2, 10)
        over.append(errors[29] > bound)
    assert 0.12 < np.mean(over) <= 0.26
    assert np.isinf(upper_error(rng.standard_normal((5, 2)), 0.2, 10)).all()
    assert np.isinf(upper_error(rng.standard_normal((12, 2)), 0.01, 10)).all(), "no rank is as high"


def test_what_is_not_known_stands_between_what_holds_and_what_breaks() -> None:
    aim = Aim((Limit("f1", at_least=0.0),), (), np.ones(1), np.ones(0), np.zeros(0))
    margin = np.array([[-1.0], [np.nan], [2.0], [-3.0]])
    outlook = Outlook(margin, np.full((4, 1), np.inf), np.empty((4, 0)))
    assert ranking(outlook, aim).tolist() == [2, 1, 0, 3]


def test_where_all_is_hopeless_the_nearest_are_measured() -> None:
    class Grim:
        name = "grim"

        def measure(self, designs: xr.Dataset) -> None:
            return None

        def expect(self, designs: xr.Dataset, cheap: None) -> Outlook:
            margin = -np.arange(1.0, 9.0)[:, None]
            return Outlook(margin, margin + 0.5, np.empty((8, 0)))

        def tell(self, designs: xr.Dataset, verdicts: xr.Dataset, cheap: None) -> None: ...

    aim = Aim((Limit("f1", at_least=0.0),), (), np.ones(1), np.ones(0), np.zeros(0))
    screening = Screening(ScreenPlan("cheap", audit=1e-9), Grim(), 0)
    proposal = Proposal(0, {FRESH: np.ones(8, dtype=bool)}, 8)
    cut = screening.sift(proposal, xr.Dataset(coords={"design": np.arange(8)}), 100, aim)[CUT]
    assert cut.tolist() == [Cut.NOT] + 7 * [Cut.HOPELESS]


def test_a_round_of_designs_that_are_known_passes_the_cheap_tier(begun) -> None:
    search = begun("random", LEAST, screen=CHEAP, rough=0.05)
    assert search.screening is not None
    proposal = Proposal(0, {FRESH: np.zeros(3, dtype=bool)}, 3)
    designs = xr.Dataset({"x": (("design", "m"), np.zeros((3, 2)))})
    found = search.screening.sift(proposal, designs, 100, search.aim)
    assert found[CUT].tolist() == [Cut.NOT] * 3
    assert not found[AUDITED].any()


def test_part_of_an_exact_tier_can_be_the_cheap_one(begun) -> None:
    search = begun("random", LEAST)
    with pytest.raises(InputError, match=r"cheap tier, got known\.front\. Write --screen ens"):
        cheap_tier(search.problem)
    with pytest.raises(InputError, match="Write --strategy portfolio"):
        begun("fidelity", LEAST, name="asked", screen=ScreenPlan(REQUESTED, cost_ratio=0.1))
    with pytest.raises(InputError, match="nothing"):
        cheap_tier(search.problem, ("nothing",))
    with pytest.raises(InputError, match="some quantities alone"):
        cheap_tier(search.problem, ("f0",))


def test_a_cheap_tier_that_says_nothing_of_what_is_asked_is_refused() -> None:
    blind = known_fronts.Rough(known_fronts.Settings(), quantities=known_fronts.QUANTITIES[2:])
    with pytest.raises(InputError, match="a limit or an objective"):
        check_reported(blind, LEAST)
    check_reported(known_fronts.Rough(known_fronts.Settings()), LEAST)


@pytest.mark.parametrize(
    "entry", [{"pass_fraction": 0.0}, {"audit": 0.0}, {"audit": 1.5}, {"miscoverage": 1.0}]
)
def test_screens_that_make_no_sense_are_refused(entry: dict[str, float]) -> None:
    with pytest.raises(InputError, match="Write"):
        ScreenPlan("cheap", **entry)


def test_without_a_held_design_the_rate_is_not_known() -> None:
    assert ScreenAudit(audited=10).rate is None
    assert ScreenAudit(audited=10).interval == (0.0, 1.0)


@pytest.mark.usefixtures("fronts")
def test_a_run_tells_what_was_screened(tmp_path: Path) -> None:
    requested = known_fronts.spec(objectives=known_fronts.LEAST_SQUARE, setup={"rough": 0.05})
    plan = SearchPlan("random", 1, 32, CHEAP)
    found = ingenium.search(requested, plan, Stop(64), tmp_path / "o")
    reported = json.loads((tmp_path / "o" / "result" / "search.json").read_text())
    audit = reported["screen"]
    assert audit["name"] == "rough 1"
    for rate in (audit["false_reject"], audit["wrongly_hopeless"]):
        assert rate["low"] <= rate["rate"] <= rate["high"]
    assert reported["screened"] == found.session.last.screened > 0
    assert found.summary.proposed == 64
    words = (tmp_path / "o" / "result" / "evidence.jsonl").read_text()
    assert "--screen cheap --pass-fraction 0.5 --audit 0.2" in words
    with pytest.raises(InputError, match="screen"):
        ingenium.search(requested, SearchPlan("random", 1, 32), Stop(64), tmp_path / "o")
