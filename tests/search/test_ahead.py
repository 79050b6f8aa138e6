"""Concurrent rounds: proposals depend on the order of completion, and on it alone."""

import json
import os
import signal
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch

import ingenium
import known_fronts
from ingenium.core.errors import EngineError, InputError
from ingenium.core.problem import silent
from ingenium.core.resolving import resolve
from ingenium.core.verdict import Verdict
from ingenium.runs.loop import training
from ingenium.runs.search_plan import ScreenPlan, SearchPlan
from ingenium.runs.store import Store
from ingenium.scale.processes import ProcessSite
from ingenium.searches.search import Search
from ingenium.searches.spread import Spread
from ingenium.searches.stopping import Stop
from ingenium.searches.strategies import NAMES, Task, make
from ingenium.searches.strategy import Ahead
from ingenium.searches.workers import Here, InOrder, Ticket

LEAST = known_fronts.spec(objectives=known_fronts.LEAST_SQUARE)
BOTH = known_fronts.spec(objectives=known_fronts.BOTH)
LONG = ("cma_me", "map_elites", "parzen")  # which take half of the time of all
QUICK = [name for name in NAMES if name not in ("bayesian", "fidelity", "two_regimes")]


class Shuffled(Here):
    """Workers that finish concurrent parts in random order, and stop after some."""

    def __init__(self, search: Search, seed: int, count: int = 3, most: int = 10**9) -> None:
        super().__init__(search.problem)
        self.rng, self.count, self.left = np.random.default_rng(seed), count, most

    def together(self, round: int, n: int) -> int:
        return 5

    def ready(self, round: int, waiting: int, measured: int) -> bool:
        return waiting < self.count

    def done(self, patience_s: float) -> tuple[Ticket, np.ndarray] | None:
        if self.left == 0:
            raise KeyboardInterrupt
        self.left -= 1
        self.queue.rotate(int(self.rng.integers(len(self.queue))))
        return super().done(patience_s)


def rows(search: Search) -> list[object]:
    stored = [(n, search.store.proposed(n)["digest"].tolist()) for n in search.store.begun()]
    return [stored, search.store.parts(), search.places, search.store.verified()]


@pytest.mark.parametrize(
    "strategy",
    [pytest.param(n, marks=[pytest.mark.slow] if n in LONG else []) for n in QUICK],
)
def test_followed_in_its_order_a_search_is_the_same(begun, strategy: str) -> None:
    settings = {"function": "zdt1", "known": 200, "batch": 8}
    one = begun(strategy, BOTH, name="one", **settings)
    one.run(Stop(calls=90), workers=Shuffled(one, 7))
    assert one.calls == len(one.store.verified()) == 90
    ends = [r.round for r in one.history]
    if strategy in ("random", "dataset", "generator", "tuned", "evolution"):  # generations are wide
        assert isinstance(one.strategy, Ahead)
        assert ends != sorted(ends), "rounds overtook each other"
    other = begun(strategy, BOTH, name="other", **settings)
    other.run(Stop(calls=90), workers=InOrder(other.problem, one.store))
    assert rows(other) == rows(one)
    np.testing.assert_array_equal(np.array(other.measured), np.array(one.measured))
    third = begun(strategy, BOTH, name="third", **settings)
    third.run(Stop(calls=90), workers=Shuffled(third, 8))
    assert third.store.parts() != one.store.parts()
    assert one.store.check() == other.store.check() == []


@pytest.mark.parametrize("strategy", ["evolution", "cma_es", "portfolio", "dataset"])
def test_stopped_with_designs_in_flight_nothing_is_lost_or_doubled(
    begun, strategy: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingenium.searches.search.STORE_S", 0.0)  # the state is saved in each round
    log = tmp_path / "log"
    settings = {"function": "zdt1", "known": 120, "batch": 8, "log": str(log)}
    for seed in range(40):
        search = begun(strategy, BOTH, name="cut", **settings)
        assert search.store.check() == []
        try:
            search.run(Stop(calls=80), workers=Shuffled(search, seed, most=3))
            break
        except KeyboardInterrupt:
            assert search.flights or search.calls < 80
    measured = [tuple(json.loads(line)) for line in log.read_text().splitlines()]
    assert len(measured) == len(set(measured)) == 80 == search.calls
    again = begun(strategy, BOTH, name="again", **settings | {"log": ""})
    again.run(Stop(calls=80), workers=InOrder(again.problem, search.store))
    assert rows(again) == rows(search), "kills change nothing but the order"


def test_screens_too_hang_on_the_order_alone(begun) -> None:
    plan = ScreenPlan("cheap", pass_fraction=0.5, audit=0.2)
    settings = {"batch": 8, "rough": 0.2, "screen": plan}
    one = begun("evolution", LEAST, name="one", **settings)
    one.run(Stop(calls=60), workers=Shuffled(one, 5))
    other = begun("evolution", LEAST, name="other", **settings)
    other.run(Stop(calls=60), workers=InOrder(other.problem, one.store))
    assert rows(other) == rows(one)
    assert other.history[-1].audit == one.history[-1].audit
    again = begun("evolution", LEAST, name="one", **settings)
    assert again.history == one.history
    assert again.unmeasured == one.unmeasured


def test_a_round_waits_for_a_design_that_another_one_is_measuring(begun) -> None:
    search = begun("random", BOTH, function="zdt1", batch=4)
    own, first = search.strategy, search.strategy.ask(4, torch.Generator().manual_seed(0))

    class Twice:
        def ask(self, n: int, rng: torch.Generator) -> object:
            return first if not search.history else own.ask(n, rng)

        def ask_ahead(self, n: int, rng: torch.Generator, flying: object) -> object:
            return self.ask(n, rng)

        def tell(self, designs: object, verdicts: object) -> None:
            assert np.isfinite(verdicts["f0"].to_numpy()).all()

        def state_dict(self) -> dict[str, np.ndarray]:
            return {}

        def load_state_dict(self, state: object) -> None: ...

    search.strategy = Twice()
    search.run(Stop(calls=12), workers=Shuffled(search, 3))
    assert search.calls == 12
    assert search.history[-1].repeated >= 4


@pytest.fixture
def opened(tmp_path: Path):
    """A search whose engine takes longer for some designs than for others."""

    def open_one(name: str, **settings: object) -> tuple[Search, object]:
        opener = partial(known_fronts.Front, known_fronts.Settings(**settings))
        problem = opener()
        spec = resolve(BOTH, problem)
        store = Store(tmp_path / name / "search.sqlite")
        store.sit({})
        made = make("random", Task(problem, spec, training(problem), 0, silent))
        return Search(problem, spec, made.strategy, store, seed=0, batch=2), opener

    return open_one


@pytest.mark.slow
def test_processes_measure_while_more_is_proposed(opened) -> None:
    search, opener = opened("several", function="zdt1", slow=0.02)
    pool = Spread(ProcessSite(2), opener, batch_size=16)
    try:
        assert search.run(Stop(calls=20), workers=pool) == "calls"
    finally:
        pool.close()
    assert search.calls == len(search.store.verified()) == 20
    stored = [search._stored(n) for n in search.store.begun()]
    before = np.cumsum([0, *(p.parts for p in stored)])
    waiting = [int(sent) - p.after for sent, p in zip(before, stored, strict=False)]
    assert max(waiting) >= 1, "what was proposed before is still being measured"
    x = torch.from_numpy(search.designs(range(20))["x"].to_numpy())
    np.testing.assert_array_equal(np.array(search.measured), known_fronts.zdt1(x).numpy())
    assert not any(worker.process.is_alive() for worker in pool.pool.workers)


class Breaking(known_fronts.Closed):
    """An engine that takes its process down where the first number is above its gap."""

    def measure(self, x: torch.Tensor) -> torch.Tensor:
        if (x[:, 0] > self.settings.gap).any():
            os.kill(os.getpid(), signal.SIGKILL)
        return known_fronts.zdt1(x)


def breaking(gap: float) -> known_fronts.Front:
    problem = known_fronts.Front(known_fronts.Settings(function="zdt1", gap=gap))
    problem.tiers = (Breaking(problem.settings),)
    return problem


def absent() -> known_fronts.Front:
    raise InputError("a net", "none", "Write one.")


@pytest.mark.parametrize(
    ("opener", "error", "words"),
    [
        pytest.param(
            partial(breaking, -1.0), EngineError, "ended by itself", marks=pytest.mark.slow
        ),
        (absent, InputError, "a net"),
    ],
)
def test_an_engine_that_breaks_down_as_a_whole_is_told(opened, opener, error, words: str) -> None:
    search, _ = opened("broken")
    pool = Spread(ProcessSite(1), opener, batch_size=16)
    try:
        with pytest.raises(error, match=words):
            search.run(Stop(calls=4), workers=pool)
    finally:
        pool.close()
    assert search.calls == 0


@pytest.mark.slow
def test_designs_that_take_their_process_down_have_no_answer_and_others_do(opened) -> None:
    search, _ = opened("some", function="zdt1")
    pool = Spread(ProcessSite(2), partial(breaking, 0.7), batch_size=16)
    try:
        assert search.run(Stop(calls=12), workers=pool) == "calls"
    finally:
        pool.close()
    first = search.designs(range(12))["x"].to_numpy()[:, 0]
    failed = search.verdicts()["verdict"].to_numpy() == Verdict.FAILED
    np.testing.assert_array_equal(failed, first > 0.7)
    assert 0 < failed.sum() < 12


@pytest.mark.usefixtures("fronts")
def test_the_replay_of_several_processes_follows_their_order(tmp_path: Path) -> None:
    requested = known_fronts.spec(objectives=known_fronts.LEAST_SQUARE, setup={"slow": 0.01})
    plan = SearchPlan("evolution", 2, 4)
    ingenium.search(requested, plan, Stop(24), tmp_path / "o", on="processes:2")
    evidence = (tmp_path / "o" / "result" / "evidence.jsonl").read_text()
    assert f"--follow {tmp_path / 'o'}" in evidence
    ingenium.search(requested, plan, Stop(24), tmp_path / "again", follow=tmp_path / "o")
    with (
        Store(tmp_path / "o" / "search.sqlite") as one,
        Store(tmp_path / "again" / "search.sqlite") as other,
    ):
        assert one.verified() == other.verified()
        assert one.parts() == other.parts()
    with pytest.raises(InputError, match="to follow"):
        ingenium.search(requested, plan, Stop(8), tmp_path / "x", follow=tmp_path / "nowhere")
    with pytest.raises(InputError, match="another seed"):
        ingenium.search(
            requested, SearchPlan("evolution", 3, 4), Stop(8), tmp_path / "y", follow=tmp_path / "o"
        )
